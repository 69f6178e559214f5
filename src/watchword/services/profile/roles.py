"""Lists of roles: of which sort, of whom, narrowed how."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Final

from watchword.services.profile.criteria import Conditions, RoleFilter, read_text
from watchword.services.profile.folding import fold
from watchword.services.profile.ids import Kind
from watchword.services.profile.lists import Shape, TableListing
from watchword.services.profile.nodes import IS_CURRENT, ROLE_COLUMNS, Role
from watchword.services.profile.orders import NewestFirst
from watchword.services.profile.records import RoleType

if TYPE_CHECKING:
    from watchword.services.profile.nodes import RoleStatus

_ORDER: Final = NewestFirst("start_date")
_TAGS: Final = {RoleType.EMPLOYMENT: "re", RoleType.BOARD: "rb", RoleType.COMMITTEE: "rc"}
# Of one owner's roles each title is looked up; of everybody's, the few titles are found first.
_TITLE_OF_ROW: Final = (
    "instr((SELECT folded FROM role_title WHERE role_title.title = role.title), :title) > 0"
)
_TITLE_OF_ANY: Final = "title IN (SELECT title FROM role_title WHERE instr(folded, :title) > 0)"


class Side(StrEnum):
    """Whose roles are asked for; the value is the column of `role`."""

    PERSON = "person_id"
    ORGANIZATION = "organization_id"


def role_listing(
    type_: RoleType, side: Side | None, asked: RoleFilter | None, today: str
) -> TableListing:
    """Return the list of roles of one sort.

    Args:
        type_: The sort.
        side: Whether people or organizations own a list each; None is everybody's in one.
        asked: The caller's.
        today: The day that tells current from prior roles.

    Raises:
        GraphQLError: If the filter holds a malformed id or is too large.
    """
    narrowed = _narrowed(side, asked)
    shape = _shape(type_, side, tuple(narrowed.texts))
    return TableListing(_TAGS[type_], "roles", shape, Role, {**narrowed.bindings, "today": today})


def add_status(conditions: Conditions, status: RoleStatus | None) -> None:
    """Add the condition for current or for prior roles; it names `:today`."""
    if status is not None:
        conditions.add(IS_CURRENT if status == "CURRENT" else f"NOT {IS_CURRENT}")


def _narrowed(side: Side | None, asked: RoleFilter | None) -> Conditions:
    conditions = Conditions("roles")
    if asked is None:
        return conditions
    conditions.add_ids("personIds", Kind.PERSON, asked.person_ids, "person_id IN {}")
    conditions.add_ids(
        "organizationIds", Kind.ORGANIZATION, asked.organization_ids, "organization_id IN {}"
    )
    add_status(conditions, asked.status)
    if asked.title_contains is not None:
        title = fold(read_text("titleContains", asked.title_contains, "roles"))
        conditions.add(_TITLE_OF_ANY if side is None else _TITLE_OF_ROW, title=title)
    return conditions


@cache
def _shape(type_: RoleType, side: Side | None, narrowed: tuple[str, ...]) -> Shape:
    return Shape("role", ROLE_COLUMNS, _ORDER, side, (f"is_{type_.lower()}", *narrowed))
