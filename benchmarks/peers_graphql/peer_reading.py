"""What the peers read of the records' database: one statement for all objects of a level.

Written for them, with the same indexes as watchword's own: who joins the organizations in needs
no second look, and no resolver waits for another one.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import apsw

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    Row = tuple[Any, ...]

_MOST_COUNTS: Final = 10_000
_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

_PERSON: Final = "SELECT id, name, date_of_birth FROM person WHERE id = ?"
_PEOPLE: Final = "SELECT id, name, date_of_birth FROM person ORDER BY id LIMIT ?"
_ROLES: Final = """
SELECT person_id, role.title, nullif(role.start_date, ''), role.end_date,
  CASE WHEN end_date IS NULL OR end_date > :today
    OR (length(end_date) < 10 AND instr(:today, end_date) = 1) THEN 'CURRENT' ELSE 'PRIOR' END,
  organization.id, organization.name
FROM json_each(:numbers) CROSS JOIN role ON person_id = value
CROSS JOIN organization ON organization.id = organization_id
WHERE {} ORDER BY start_date DESC, role.id
"""
_ORGANIZATIONS: Final = (
    "SELECT id, name FROM organization WHERE id IN (SELECT value FROM json_each(?))"
)
_PART: Final = """SELECT * FROM (SELECT {rank} AS rank, rowid AS hit FROM {table}
WHERE {table} MATCH {match}{without} ORDER BY rowid LIMIT :size)"""
_WITHOUT: Final = """
AND rowid NOT IN (SELECT rowid FROM person_name_keyword WHERE person_name_keyword MATCH :begun)"""
_PARTS: Final = (
    _PART.format(rank=0, table="person_name_keyword", match=":exact", without=""),
    _PART.format(rank=1, table="person_name_keyword", match=":only_begun", without=""),
    _PART.format(rank=2, table="person_keyword", match=":exact", without=_WITHOUT),
    _PART.format(rank=3, table="person_keyword", match=":only_begun", without=_WITHOUT),
)
_FOUND: Final = f"""
WITH found AS MATERIALIZED ({" UNION ALL ".join(_PARTS)} LIMIT :size)
SELECT id, name, date_of_birth FROM found CROSS JOIN person ON id = hit ORDER BY rank, hit
"""  # noqa: S608 - text of this program
_COUNT: Final = "SELECT count(*) FROM person_keyword WHERE person_keyword MATCH ?"


class Reader:
    """Reads the database on the one connection of the one worker."""

    def __init__(self, database: Path) -> None:
        self._connection = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READWRITE)
        self._connection.pragma("query_only", True)
        self._connection.pragma("temp_store", "memory")
        self._counts: dict[str, int] = {}
        self._counted: object = None

    def find_person(self, number: int) -> Row | None:
        """Return number, name and date of birth of a person."""
        row: Row | None = self._connection.execute(_PERSON, (number,)).fetchone()
        return row

    def people(self, size: int) -> list[Row]:
        """Return the first people, by number."""
        return self._connection.execute(_PEOPLE, (size,)).fetchall()

    def roles(self, flag: str, numbers: Sequence[int]) -> Mapping[int, list[Row]]:
        """Return the roles of one sort of all these people, newest first, by person.

        Each is title, start, end, status, and number and name of the organization.
        """
        bindings = {
            "numbers": str(list(numbers)),
            "today": datetime.now(UTC).date().isoformat(),
        }
        found: dict[int, list[Row]] = {}
        for person, *row in self._connection.execute(_ROLES.format(flag), bindings):
            found.setdefault(person, []).append(tuple(row))
        return found

    def organizations(self, numbers: Sequence[int]) -> dict[int, str]:
        """Return the names of organizations, by number."""
        return dict(self._connection.execute(_ORGANIZATIONS, (str(list(numbers)),)))

    def search(self, keyword: str, size: int) -> list[Row]:
        """Return the first people whom a keyword finds, best matches first."""
        exact, begun = _expressions(keyword)
        bindings = {
            "exact": exact,
            "begun": begun,
            "only_begun": f"({begun}) NOT ({exact})",
            "size": size,
        }
        return self._connection.execute(_FOUND, bindings).fetchall()

    def count(self, keyword: str) -> int:
        """Return how many people a keyword finds; remembered until the file changes, as ours is."""
        version = self._connection.pragma("data_version")
        if version != self._counted:
            self._counts.clear()
            self._counted = version
        _, begun = _expressions(keyword)
        known = self._counts.pop(begun, None)
        if known is None:
            known = int(str(self._connection.execute(_COUNT, (begun,)).get))
            if len(self._counts) >= _MOST_COUNTS:
                del self._counts[next(iter(self._counts))]
        self._counts[begun] = known
        return known


class Siblings:
    """The people of one page. What one is asked for is read for all, once."""

    def __init__(self, reader: Reader, people: Sequence[Row]) -> None:
        self._reader = reader
        self._numbers = [row[0] for row in people]
        self._read: dict[str, Mapping[int, list[Row]]] = {}

    def roles(self, flag: str, number: int, size: int) -> list[Row]:
        """Return the first roles of one sort of one of them."""
        found = self._read.get(flag)
        if found is None:
            found = self._read[flag] = self._reader.roles(flag, self._numbers)
        return found.get(number, [])[:size]


def find_number(public_id: str) -> int | None:
    """Return the number that a public id of a person holds, or None."""
    digits = public_id.removeprefix("1-per-")
    return int(digits) if digits.isascii() and digits.isdigit() else None


@lru_cache(maxsize=1 << 15)
def display(date: str) -> str:
    """Return a date, as much of it as is known, in English."""
    year, *rest = date.split("-")
    words = [_MONTHS[int(rest[0]) - 1], year] if rest else [year]
    return " ".join([str(int(rest[1])), *words] if rest[1:] else words)


def _expressions(keyword: str) -> tuple[str, str]:
    words = ['"{}"'.format(word.replace('"', '""')) for word in dict.fromkeys(keyword.split())]
    return " AND ".join(words), " AND ".join(f"{word}*" for word in words)
