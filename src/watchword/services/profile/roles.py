"""Questions for roles: of which sort, narrowed how. Owns the SQL that a question makes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from watchword.services.profile.ids import Kind, find_number
from watchword.services.profile.paging import bad_input

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watchword.services.profile.nodes import RoleStatus, Side
    from watchword.services.profile.paging import Window
    from watchword.services.profile.records import RoleType

MOST_IDS: Final = 100
LONGEST_TITLE: Final = 200

# An end known to the month or year only is over when that month or year is.
_IS_CURRENT: Final = """(end_date IS NULL OR end_date > :today
  OR (length(end_date) < 10 AND instr(:today, end_date) = 1))"""


@dataclass(frozen=True, slots=True)
class RoleFilter:
    """What a caller asks of roles, unchecked."""

    person_ids: Sequence[str] | None = None
    organization_ids: Sequence[str] | None = None
    status: RoleStatus | None = None
    title_contains: str | None = None


@dataclass(frozen=True, slots=True)
class RoleQuestion:
    """What is asked of roles, checked. Equal questions have equal answers within a request.

    Attributes:
        people: Their record numbers, as JSON, which SQLite takes as one value; None is everybody.
        organizations: The same of organizations.
    """

    type: RoleType
    people: str | None = None
    organizations: str | None = None
    status: RoleStatus | None = None
    title: str | None = None

    def statement(self, side: Side | None) -> str:
        """Return the SQL for one page of roles of each owner on `side`, or of everybody at once.

        An owner whose page is empty has one row without a role, since even a page behind the end
        must know the total. Each page costs what an index makes of it, not a sort of all roles.
        """
        conditions = " AND ".join(self._conditions(side))
        owners = "SELECT value AS number FROM json_each(:owners)" if side else "SELECT 0 AS number"
        # Nothing of the caller's is in the text: columns and conditions are this module's own.
        return f"""
            WITH owner AS MATERIALIZED (
              SELECT number, (SELECT count(*) FROM role WHERE {conditions}) AS total
              FROM ({owners}) AS listed
            )
            SELECT number, total, id, person_id, organization_id, title, start_date, end_date,
              CASE WHEN {_IS_CURRENT} THEN 'CURRENT' ELSE 'PRIOR' END,
              is_board, is_committee, is_employment, is_government
            FROM owner AS listed LEFT JOIN role ON id IN (
              SELECT id FROM role WHERE {conditions}
              ORDER BY start_date DESC, id LIMIT :size OFFSET :start
            )
            ORDER BY start_date DESC, id
        """  # noqa: S608 - see above

    def bindings(self, window: Window, today: str) -> dict[str, str | int | None]:
        """Return the values that `statement` names, but for the owners."""
        return {
            "people": self.people,
            "organizations": self.organizations,
            "title": self.title,
            "today": today,
            "start": window.start,
            "size": window.size,
        }

    def _conditions(self, side: Side | None) -> list[str]:
        asked = {
            f"is_{self.type.lower()}": True,
            f"{side} = listed.number": side is not None,
            "person_id IN (SELECT value FROM json_each(:people))": self.people is not None,
            "organization_id IN (SELECT value FROM json_each(:organizations))": (
                self.organizations is not None
            ),
            _IS_CURRENT: self.status == "CURRENT",
            f"NOT {_IS_CURRENT}": self.status == "PRIOR",
            "instr(lower(title), lower(:title))": self.title is not None,
        }
        return [condition for condition, is_asked in asked.items() if is_asked]


def role_question(type_: RoleType, asked: RoleFilter | None) -> RoleQuestion:
    """Return the question for roles of one sort.

    Raises:
        GraphQLError: If the filter holds a malformed id or is too large.
    """
    if asked is None:
        return RoleQuestion(type_)
    title = asked.title_contains
    if title is not None and (len(title) > LONGEST_TITLE or not _is_storable(title)):
        raise bad_input(
            f"'titleContains' must be text of {LONGEST_TITLE} characters at most @ roles"
        )
    return RoleQuestion(
        type_,
        _numbers("personIds", Kind.PERSON, asked.person_ids),
        _numbers("organizationIds", Kind.ORGANIZATION, asked.organization_ids),
        asked.status,
        title,
    )


def _numbers(name: str, kind: Kind, ids: Sequence[str] | None) -> str | None:
    if ids is None:
        return None
    if len(ids) > MOST_IDS:
        raise bad_input(f"'{name}' may hold {MOST_IDS} ids at most @ roles")
    numbers = [find_number(kind, text) for text in ids]
    if None in numbers:
        raise bad_input(f"'{name}' holds what is no id, such as 1-{kind}-1 @ roles")
    return json.dumps(numbers)


def _is_storable(text: str) -> bool:
    # JSON can carry half of a surrogate pair, which has no UTF-8.
    return not any("\ud800" <= char <= "\udfff" for char in text)
