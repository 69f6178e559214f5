"""Reads the roles of people of every sort at once, where a list of each sort would begin.

A person's roles of the three sorts lie side by side: where several are asked for, one statement
costs what each of the three would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.services.records.finding import ORGANIZATIONS
from watchword.services.records.nodes import ROLE_COLUMNS, Role
from watchword.services.records.paging import Page, read_stretch
from watchword.services.records.roles import ROLE_SORTS
from watchword.services.records.statements import as_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watchword.services.records.context import RequestContext
    from watchword.services.records.dataset import RoleType
    from watchword.services.records.lists import Listing
    from watchword.services.records.paging import PageInfoInput

    Found = dict[int, list[tuple[int, Role]]]
    """Roles by person, each with the sorts that it is of."""

# More than that, and what is not asked for would cost more than a second statement.
_MOST_OF_ONE: Final = 40
_MOST_OF_ALL: Final = 2_000
_BITS: Final = {type_: 1 << bit for bit, type_ in enumerate(ROLE_SORTS)}
_SORTED: Final = " + ".join(
    f"{_BITS[type_]} * ({condition})" for type_, condition in ROLE_SORTS.items()
)
_ONE: Final = f"""
SELECT {_SORTED}, {ROLE_COLUMNS} FROM role WHERE person_id = :owner
ORDER BY start_date DESC, id LIMIT {_MOST_OF_ONE + 1}
"""  # noqa: S608 - text of this program
_ALL: Final = f"""
WITH listed (number) AS (SELECT value FROM json_each(:owner))
SELECT {_SORTED}, {ROLE_COLUMNS} FROM listed CROSS JOIN role ON person_id = number
ORDER BY start_date DESC, id LIMIT {_MOST_OF_ALL + 1}
"""  # noqa: S608 - text of this program


def find_first_pages(
    people: tuple[int, ...],
    type_: RoleType,
    listing: Listing,
    page: PageInfoInput | None,
    context: RequestContext,
) -> list[Page] | None:
    """Return the first page of the roles of one sort of each person, or None.

    None where a page begins elsewhere, or the people have so many roles that their lists are
    better read one by one.

    Args:
        people: Their numbers.
        type_: The sort.
        listing: The list of all roles of the sort, nothing of it narrowed.
        page: The caller's.
        context: The request's; what is read is kept there for the other sorts.
    """
    if page is not None and (page.after is not None or page.before is not None):
        return None
    if people not in context.roles:
        context.roles[people] = _read(people, context)
    found = context.roles[people]
    if found is None:
        return None
    stretch, bit = read_stretch(page, listing), _BITS[type_]
    return [
        Page(
            listing,
            person,
            stretch,
            [role for sorts, role in found.get(person, ()) if sorts & bit][: stretch.size + 1],
        )
        for person in people
    ]


def _read(people: Sequence[int], context: RequestContext) -> Found | None:
    is_one = len(people) == 1
    text, most = (_ONE, _MOST_OF_ONE) if is_one else (_ALL, _MOST_OF_ALL)
    owner = people[0] if is_one else as_json(set(people))
    rows = context.reader.rows(text, {"owner": owner, "today": context.today.isoformat()})
    if len(rows) > most:
        return None
    found: Found = {}
    for sorts, *columns in rows:
        role = Role(*columns)
        found.setdefault(role.person, []).append((sorts, role))
    # Whoever asks for the organizations of one sort reads those of the others along with them.
    ORGANIZATIONS.expect({row[3] for row in rows}, context)
    return found
