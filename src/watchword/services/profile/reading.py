"""Reads the Profile database. Every method is one SQL statement, whatever the number of records."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import apsw

from watchword.services.profile.batches import Batch
from watchword.services.profile.errors import DatabaseUnusable, RecordsUnavailable
from watchword.services.profile.nodes import Organization, Person, Role, Side
from watchword.services.profile.paging import Page
from watchword.services.profile.records import Address, RoleType
from watchword.services.profile.tables import connect_for_reading

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence
    from pathlib import Path

    from apsw import Bindings

    from watchword.services.profile.paging import Window
    from watchword.services.profile.roles import RoleQuestion

_log: Final = logging.getLogger(__name__)
_Row = tuple[Any, ...]
# Reads run on the event loop. A reader of a WAL file waits for nobody but in rare recoveries.
_PATIENCE: Final = timedelta(milliseconds=100)

_PEOPLE: Final = """
SELECT id, first_name, middle_name, last_name, name, gender, date_of_birth FROM person
WHERE id IN (SELECT value FROM json_each(?))
"""
_ORGANIZATIONS: Final = """
SELECT id, name, type, website, address_line1, city, state, postal_code, country, phone
FROM organization WHERE id IN (SELECT value FROM json_each(?))
"""
# A name outweighs the organizations: people called Banks come before the Committee on Banking.
# An empty page has one row without a person, since it must know the total as well.
_KEYWORD: Final = """
WITH hit AS MATERIALIZED (
  SELECT rowid AS id, bm25(person_keyword, 5.0, 10.0, 5.0, 1.0) AS score
  FROM person_keyword WHERE person_keyword MATCH :expression
)
SELECT total, id, first_name, middle_name, last_name, name, gender, date_of_birth
FROM (SELECT count(*) AS total FROM hit)
LEFT JOIN (SELECT id, score FROM hit ORDER BY score, id LIMIT :size OFFSET :start)
LEFT JOIN person USING (id)
ORDER BY score, id
"""
_TYPES: Final = {
    bits: tuple(type_ for type_, bit in zip(RoleType, bits, strict=True) if bit)
    for bits in ((b, c, e, g) for b in (0, 1) for c in (0, 1) for e in (0, 1) for g in (0, 1))
}


class Reader:
    """One process's connection to the database, opened with the first read.

    SQLite connections do not survive a fork, so nothing is opened before it is needed. After a
    failure the request's other reads fail as well, and the next request opens anew: a file that
    was put right is read again without a restart.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._connection: apsw.Connection | None = None
        self._correlation_id: str | None = None
        self._failure: RecordsUnavailable | None = None

    def close(self) -> None:
        """Close the connection; the next read opens another. Closing twice is closing once."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    @contextmanager
    def snapshot(self, correlation_id: str) -> Generator[None]:
        """Read everything in the block from one state, whatever is imported meanwhile.

        Opened by the first read, so that a document that reads nothing costs nothing. Blocks
        do not overlap: a query runs to its end before the next begins.
        """
        self._correlation_id = correlation_id
        try:
            yield
        finally:
            self._correlation_id = self._failure = None
            connection = self._connection
            if connection is not None and connection.in_transaction:
                connection.execute("COMMIT")

    def check(self) -> None:
        """Read something.

        Raises:
            RecordsUnavailable: If nothing can be read. So does every other method.
        """
        self._rows("SELECT id FROM person LIMIT 1", ())

    def people(self, numbers: Iterable[int]) -> dict[int, Person]:
        """Return the people of these numbers, by number; unknown ones are left out."""
        rows = self._rows(_PEOPLE, (_as_list(numbers),))
        return {person.number: person for person in _people(rows)}

    def people_by_keyword(self, expression: str, window: Window) -> Page[Person]:
        """Return a page of the people who match a full-text expression, best match first."""
        rows = self._rows(
            _KEYWORD, {"expression": expression, "start": window.start, "size": window.size}
        )
        found = [row[1:] for row in rows if row[1] is not None]
        return Page(_people(found), window.start, rows[0][0])

    def organizations(self, numbers: Iterable[int]) -> dict[int, Organization]:
        """Return the organizations of these numbers, by number; unknown ones are left out."""
        rows = self._rows(_ORGANIZATIONS, (_as_list(numbers),))
        return {organization.number: organization for organization in _organizations(rows)}

    def roles_of(
        self, side: Side, owners: Iterable[int], question: RoleQuestion, window: Window, today: str
    ) -> dict[int, Page[Role]]:
        """Return a page of roles for each person or organization of these numbers."""
        bindings = question.bindings(window, today) | {"owners": _as_list(owners)}
        rows = self._rows(question.statement(side), bindings)
        found: dict[int, list[Role]] = {row[0]: [] for row in rows}
        for role in _roles(rows):
            found[role.person if side is Side.PERSON else role.organization].append(role)
        totals: dict[int, int] = {row[0]: row[1] for row in rows}
        return {
            owner: Page(tuple(roles), window.start, totals[owner]) for owner, roles in found.items()
        }

    def roles(self, question: RoleQuestion, window: Window, today: str) -> Page[Role]:
        """Return a page of everybody's roles."""
        rows = self._rows(question.statement(None), question.bindings(window, today))
        return Page(tuple(_roles(rows)), window.start, rows[0][1])

    def _rows(self, sql: str, bindings: Bindings) -> list[_Row]:
        if self._failure is not None:
            raise self._failure
        try:
            if self._connection is None:
                self._connection = connect_for_reading(self._database, _PATIENCE)
            if self._correlation_id is not None and not self._connection.in_transaction:
                self._connection.execute("BEGIN")
            return self._connection.execute(sql, bindings).fetchall()
        except (apsw.Error, DatabaseUnusable) as error:
            self.close()
            failure = self._fail(error)
            raise failure from error

    def _fail(self, error: apsw.Error | DatabaseUnusable) -> RecordsUnavailable:
        # Logged here, since a typed error in an answer leaves the server nothing to log. Once a
        # request, without a traceback: all reads fail at the same place.
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        _log.error(
            "the Profile database %s cannot be read",
            self._database,
            extra={"cause": repr(cause), "correlation_id": self._correlation_id},
        )
        failure = RecordsUnavailable()
        if self._correlation_id is not None:
            self._failure = failure
        return failure


def _as_list(numbers: Iterable[int]) -> str:
    # One value, as JSON, instead of one question mark a number: the SQL stays the same text, so
    # SQLite prepares it once. Python's own list of whole numbers reads the same.
    return str(list(numbers))


def _people(rows: Sequence[_Row]) -> tuple[Person, ...]:
    batch = Batch(tuple(row[0] for row in rows))
    values: list[_Row] = [(*row, batch) for row in rows]
    return tuple(Person(*value) for value in values)


def _organizations(rows: Sequence[_Row]) -> list[Organization]:
    batch = Batch(tuple(row[0] for row in rows))
    values: list[_Row] = [(*row[:4], _address(row[4:]), batch) for row in rows]
    return [Organization(*value) for value in values]


def _roles(rows: Sequence[_Row]) -> list[Role]:
    found = [row[2:] for row in rows if row[2] is not None]
    people = Batch(tuple({row[1] for row in found}))
    organizations = Batch(tuple({row[2] for row in found}))
    values: list[_Row] = [(*row[:7], _TYPES[row[7:]], people, organizations) for row in found]
    return [Role(*value) for value in values]


def _address(parts: tuple[str | None, ...]) -> Address | None:
    return Address(*parts) if any(parts) else None
