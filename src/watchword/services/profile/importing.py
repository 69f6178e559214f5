"""Writes a data set into the Profile database, all of it or nothing. Knows no file format."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from watchword.services.profile.errors import DatabaseUnusable, ImportRefused
from watchword.services.profile.records import RoleType
from watchword.services.profile.tables import connect, explained

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    import apsw
    from apsw import Bindings

    from watchword.access.ports import Clock
    from watchword.services.profile.records import (
        Dataset,
        OrganizationRecord,
        PersonRecord,
        RoleRecord,
        SourceKey,
    )

    _Record = PersonRecord | OrganizationRecord | RoleRecord

PATIENCE: Final = timedelta(seconds=10)
"""How long an import waits for another one to end."""
_CHUNK: Final = 500

_EMPTY: Final = """
DELETE FROM role; DELETE FROM person; DELETE FROM organization;
INSERT INTO person_keyword (person_keyword) VALUES ('delete-all');
"""
_PERSON: Final = "INSERT INTO person VALUES (?, ?, ?, ?, ?, ?, ?)"
_ORGANIZATION: Final = "INSERT INTO organization VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ROLE: Final = "INSERT INTO role VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_KEYWORDS: Final = """
INSERT INTO person_keyword (rowid, first_name, last_name, name, organization_names)
SELECT person.id, first_name, last_name, person.name, group_concat(DISTINCT organization.name)
FROM person LEFT JOIN role ON role.person_id = person.id
LEFT JOIN organization ON organization.id = organization_id GROUP BY person.id
"""


class Progress(Protocol):
    """Told how far an import is."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """Take note that `done` of `total` parts of `step` are done."""
        ...


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What the database holds after an import."""

    people: int
    organizations: int
    roles: int
    source: str


def unwatched(step: str, done: int, total: int) -> None:
    """Take no note of progress."""


def write(
    database: Path,
    dataset: Dataset,
    *,
    clock: Clock,
    progress: Progress = unwatched,
    patience: timedelta = PATIENCE,
) -> ImportReport:
    """Replace what the database holds by `dataset`; readers see the old records until the end.

    Records keep the ids that their source keys were given before.

    Raises:
        ImportRefused: If the database cannot be written, or holds people of the other kind: real
            and invented people never share a database.
    """
    with _transaction(database, patience) as connection:
        _claim(connection, database, dataset, clock)
        connection.execute(_EMPTY)
        _Writer(connection, dataset, progress).write()
    return ImportReport(
        len(dataset.people), len(dataset.organizations), len(dataset.roles), dataset.source
    )


@contextmanager
def _transaction(database: Path, patience: timedelta) -> Generator[apsw.Connection]:
    try:
        # Closing rolls back what was not committed.
        with explained(database), closing(connect(database, patience)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
    except DatabaseUnusable as error:
        raise ImportRefused(f"{error} Nothing was changed.") from error


def _claim(connection: apsw.Connection, database: Path, dataset: Dataset, clock: Clock) -> None:
    held = connection.execute("SELECT source, is_invented FROM origin").fetchone()
    if held is not None and bool(held[1]) is not dataset.is_invented:
        kinds = ("real", "invented")
        raise ImportRefused(
            f"{database} holds {kinds[not dataset.is_invented]} people ({held[0]}); "
            f"{kinds[dataset.is_invented]} people never share a database with them. "
            "Nothing was changed. Name another database file."
        )
    connection.execute(
        "INSERT OR REPLACE INTO origin VALUES (1, ?, ?, ?)",
        (dataset.source, int(dataset.is_invented), clock.now().isoformat()),
    )


class _Writer:
    """Writes the records of one data set inside one transaction."""

    def __init__(self, connection: apsw.Connection, dataset: Dataset, progress: Progress) -> None:
        self._connection = connection
        self._dataset = dataset
        self._progress = progress
        self._done = 0
        self._total = len(dataset.people) + len(dataset.organizations) + len(dataset.roles)

    def write(self) -> None:
        """Write everything, people and organizations before the roles that name them."""
        dataset = self._dataset
        people = self._numbers("person", dataset.people)
        organizations = self._numbers("organization", dataset.organizations)
        roles = self._numbers("role", dataset.roles)
        self._insert(
            _PERSON, [_person_row(people[record.key], record) for record in dataset.people]
        )
        self._insert(
            _ORGANIZATION,
            [
                _organization_row(organizations[record.key], record)
                for record in dataset.organizations
            ],
        )
        self._insert(
            _ROLE,
            [
                _role_row(
                    roles[record.key],
                    people[record.person],
                    organizations[record.organization],
                    record,
                )
                for record in dataset.roles
            ],
        )
        self._connection.execute(_KEYWORDS)

    def _numbers(self, table: str, records: Sequence[_Record]) -> dict[SourceKey, int]:
        source = self._dataset.source
        # Nothing of the caller's is in the text: the tables are named by `write` above.
        self._connection.executemany(
            f"INSERT OR IGNORE INTO {table}_identity (source, source_key) VALUES (?, ?)",  # noqa: S608 - see above
            [(source, record.key) for record in records],
        )
        rows = self._connection.execute(
            f"SELECT source_key, id FROM {table}_identity WHERE source = ?",  # noqa: S608 - see above
            (source,),
        )
        return dict(rows)

    def _insert(self, statement: str, rows: Sequence[Bindings]) -> None:
        for start in range(0, len(rows), _CHUNK):
            chunk = rows[start : start + _CHUNK]
            self._connection.executemany(statement, chunk)
            self._done += len(chunk)
            self._progress("Writing records", self._done, self._total)


def _person_row(number: int, record: PersonRecord) -> Bindings:
    return (
        number,
        record.first_name,
        record.middle_name,
        record.last_name,
        record.name,
        record.gender,
        record.date_of_birth,
    )


def _organization_row(number: int, record: OrganizationRecord) -> Bindings:
    address = record.address
    return (
        number,
        record.name,
        record.type,
        record.website,
        address.address_line1,
        address.city,
        address.state,
        address.postal_code,
        address.country,
        address.phone,
    )


def _role_row(number: int, person: int, organization: int, record: RoleRecord) -> Bindings:
    dates = (record.start_date, record.end_date)
    types = [int(type_ in record.types) for type_ in RoleType]
    return (number, person, organization, record.title, *dates, *types)
