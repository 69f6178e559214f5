"""Lists of roles: of which sort, of whom, narrowed how."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Final

from watchword.services.records.criteria import Conditions, RoleFilter, read_text
from watchword.services.records.dataset import RoleType
from watchword.services.records.ids import Kind
from watchword.services.records.leads import MANY, Lead, by_title
from watchword.services.records.lists import TableListing
from watchword.services.records.nodes import IS_CURRENT, IS_PRIOR, ROLE_COLUMNS, Role
from watchword.services.records.orders import NewestFirst
from watchword.services.records.statements import Shape

if TYPE_CHECKING:
    from watchword.services.records.nodes import RoleStatus
    from watchword.services.records.reading import Reader

_ORDER: Final = NewestFirst("start_date")
_TAGS: Final = {RoleType.EMPLOYMENT: "re", RoleType.BOARD: "rb", RoleType.COMMITTEE: "rc"}
# There is no list of roles in government: one that is of no other sort is an employment.
ROLE_SORTS: Final = {
    RoleType.EMPLOYMENT: "is_employment OR (is_government AND NOT is_board AND NOT is_committee)",
    RoleType.BOARD: "is_board",
    RoleType.COMMITTEE: "is_committee",
}
"""Whether a row of `role` is in the list of a sort."""
# Each title is looked up: one owner has few roles.
_TITLED: Final = (
    "instr((SELECT folded FROM role_title WHERE role_title.title = role.title), :title_0) > 0"
)


class Side(StrEnum):
    """Whose roles are asked for; the value is the column of `role`."""

    PERSON = "person_id"
    ORGANIZATION = "organization_id"


def roles_of(side: Side, type_: RoleType, asked: RoleFilter | None, today: str) -> TableListing:
    """Return the lists of the roles of people or of organizations, who own one each.

    Args:
        side: Who owns them.
        type_: The sort of roles.
        asked: The caller's.
        today: The day that tells current from prior roles.

    Raises:
        GraphQLError: If the filter holds a malformed id or is too large.
    """
    conditions = _narrowed(asked)
    held = _find_title(asked)
    if held is not None:
        conditions.texts.append(_TITLED)
        conditions.bindings |= held.bindings
    return _listing(type_, side, conditions, today)


def all_roles(
    type_: RoleType, asked: RoleFilter | None, reader: Reader, today: str
) -> TableListing:
    """Return the list of everybody's roles.

    Args:
        type_: The sort of roles.
        asked: The caller's.
        reader: Tells which of two ways is the quicker.
        today: The day that tells current from prior roles.

    Raises:
        GraphQLError: If the filter holds a malformed id or is too large.
    """
    conditions = _narrowed(asked)
    held = _find_title(asked)
    if held is not None:
        count = held.count(reader, ROLE_SORTS[type_])
        if count == 0:
            conditions.texts.append("FALSE")
        else:
            # The plus keeps SQLite from its index of titles.
            conditions.texts.append(held.text if count < MANY else f"+{held.text}")
            conditions.bindings |= held.bindings
    return _listing(type_, None, conditions, today)


def add_status(conditions: Conditions, status: RoleStatus | None) -> None:
    """Add the condition for current or for prior roles; it names `:today`."""
    if status is not None:
        conditions.add(IS_CURRENT if status == "CURRENT" else IS_PRIOR)


def _narrowed(asked: RoleFilter | None) -> Conditions:
    conditions = Conditions("roles")
    if asked is not None:
        conditions.add_ids("personIds", Kind.PERSON, asked.person_ids, "person_id IN {}")
        conditions.add_ids(
            "organizationIds", Kind.ORGANIZATION, asked.organization_ids, "organization_id IN {}"
        )
        add_status(conditions, asked.status)
    return conditions


def _find_title(asked: RoleFilter | None) -> Lead | None:
    if asked is None or asked.title_contains is None:
        return None
    return by_title([read_text("titleContains", asked.title_contains, "roles")])


def _listing(
    type_: RoleType, side: Side | None, conditions: Conditions, today: str
) -> TableListing:
    shape = _shape(type_, side, tuple(conditions.texts))
    bindings = {**conditions.bindings, "today": today}
    return TableListing(_TAGS[type_], "roles", shape, Role, bindings)


@cache
def _shape(type_: RoleType, side: Side | None, narrowed: tuple[str, ...]) -> Shape:
    return Shape("role", ROLE_COLUMNS, _ORDER, side, (ROLE_SORTS[type_], *narrowed))
