"""Writes a data set into the records' database, all of it or nothing. Knows no file format.

Memory is bounded, whatever the size of the data set: records are written as they are read.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

import apsw

from watchword.services.imports.numbers import Numbers
from watchword.services.imports.rows import RowMaker
from watchword.services.records.dataset import INVENTED, TABLES_OF
from watchword.services.records.errors import DatabaseUnusable, ImportRefused, refused
from watchword.services.records.tables import (
    EVENTS_SEEN,
    INDEXES,
    KEYWORDS,
    TABLE_NAMES,
    TABLES,
    connect,
    explained,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping
    from pathlib import Path

    from watchword.access.ports import Clock
    from watchword.services.imports.rows import Row
    from watchword.services.records.dataset import AnyRecord, Dataset, Place

PATIENCE: Final = timedelta(seconds=10)
"""How long an import waits for another one to end."""
_LONGEST_WAIT_FOR_READERS: Final = timedelta(seconds=1)
_CHUNK: Final = 500
# Sorting for an index may take as much again.
_CACHE_KIBIBYTES: Final = 160 * 1024
# So often Ctrl-C is noticed in a statement that takes a minute.
_STEPS_BETWEEN_LOOKS: Final = 100_000
_WRITING: Final = "Writing records"
_FINISHING: Final = "Making indexes"

_ORIGIN: Final = """
INSERT INTO origin (only_row, source, is_invented, imported_at) VALUES (1, ?, ?, ?)
ON CONFLICT DO UPDATE SET source = excluded.source, is_invented = excluded.is_invented,
  imported_at = excluded.imported_at, imports = imports + 1
"""
# Inserted as each role's own start; only who has several roles at one place can have an earlier.
_SINCE: Final = """
UPDATE role SET since_with_organization = earliest
FROM (
  SELECT person_id AS person, organization_id AS place, min(nullif(start_date, '')) AS earliest
  FROM role GROUP BY person_id, organization_id HAVING count(*) > 1
)
WHERE person_id = person AND organization_id = place AND since_with_organization <> earliest
"""


class Progress(Protocol):
    """Told how far an import is."""

    def __call__(self, step: str, done: int, total: int | None) -> None:
        """Take note that `done` of `total` parts of `step` are done; None if nobody knows."""
        ...


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What the database holds after an import.

    Attributes:
        organization_types: How many organizations there are of each type, most of one type first.
        sources: Who said all this.
        notes: What else there is to know, a sentence each.
    """

    people: int
    organizations: int
    roles: int
    memberships: int
    charitable_donations: int
    political_donations: int
    wealth_assets: int
    organization_types: Mapping[str, int]
    sources: tuple[str, ...]
    notes: tuple[str, ...] = ()


def unwatched(step: str, done: int, total: int | None) -> None:
    """Take no note of progress."""


def write(
    database: Path,
    dataset: Dataset,
    *,
    clock: Clock,
    progress: Progress = unwatched,
    patience: timedelta = PATIENCE,
    may_empty: bool = False,
) -> ImportReport:
    """Replace what the database holds by `dataset`; readers see the old records until the end.

    Records keep the ids that their source keys were given before. An import that is killed has
    changed nothing.

    Raises:
        ImportRefused: If a record names one that is not there or stands there twice, if there are
            no people while the database holds some (unless it `may_empty`), if the database
            cannot be written, or holds people of the other kind: real and invented people never
            share a database.
    """
    with _transaction(database, patience) as connection:
        _claim(connection, database, dataset)
        had_people = connection.execute("SELECT EXISTS (SELECT 1 FROM person)").get
        for name in TABLE_NAMES:
            connection.execute(f"DROP TABLE {name}")
        connection.execute(TABLES)
        writer = _Writer(connection, dataset, progress)
        writer.write()
        _finish(connection, progress)
        report = writer.report()
        if had_people and not report.people and not may_empty:
            raise ImportRefused(
                f"{database} holds people, and this data set none. Nothing was changed. "
                "If nobody is to be served, add --allow-empty."
            )
        now = clock.now()
        connection.execute(
            _ORIGIN,
            (", ".join(report.sources), int(dataset.is_invented), now.isoformat()),
        )
        connection.execute(EVENTS_SEEN, {"day": now.date().isoformat()})
    return report


@contextmanager
def _transaction(database: Path, patience: timedelta) -> Generator[apsw.Connection]:
    try:
        with explained(database), closing(connect(database, patience)) as connection:
            connection.pragma("cache_size", -_CACHE_KIBIBYTES)
            # Of a WAL file this may lose the last transaction with the power, never half of one.
            connection.pragma("synchronous", "normal")
            connection.set_progress_handler(lambda: False, _STEPS_BETWEEN_LOOKS)
            # Else COMMIT would take as long as a checkpoint, and nobody could stop it.
            connection.wal_autocheckpoint(0)
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                _commit(connection)
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                _give_back(connection)
    except DatabaseUnusable as error:
        raise ImportRefused(f"{error} Nothing was changed.") from error


def _commit(connection: apsw.Connection) -> None:
    try:
        connection.execute("COMMIT")
    except KeyboardInterrupt:
        # Too late where it is done: whoever is told that nothing was changed must be able to
        # rely on it.
        if connection.in_transaction:
            raise


def _give_back(connection: apsw.Connection) -> None:
    """Return what the import needed of the disk; whether this succeeds makes no difference."""
    connection.set_busy_timeout(_LONGEST_WAIT_FOR_READERS // timedelta(milliseconds=1))
    with suppress(apsw.Error, KeyboardInterrupt):
        pages, free = connection.pragma("page_count"), connection.pragma("freelist_count")
        if int(free) * 2 > int(pages):
            connection.execute("VACUUM")
    # A reader in the middle of a long answer: the next import gives it back.
    with suppress(apsw.Error, KeyboardInterrupt):
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)


def _claim(connection: apsw.Connection, database: Path, dataset: Dataset) -> None:
    held = connection.execute("SELECT source, is_invented FROM origin").fetchone()
    if held is not None and bool(held[1]) is not dataset.is_invented:
        kinds = ("real", "invented")
        raise ImportRefused(
            f"{database} {'holds' if held[0] else 'was made for'} "
            f"{kinds[not dataset.is_invented]} people{f' ({held[0]})' if held[0] else ''}; "
            f"{kinds[dataset.is_invented]} people never share a database with them. "
            "Nothing was changed. Import them into a data directory of their own: "
            "watchword init --data-dir NAME, then --data-dir NAME."
        )


def _finish(connection: apsw.Connection, progress: Progress) -> None:
    # After the rows: an index that is made of sorted rows is smaller, and made in less time.
    made, words = (script.strip().split(";\n") for script in (INDEXES, KEYWORDS))
    steps = [*made, _SINCE, *words]
    for done, step in enumerate(steps):
        progress(_FINISHING, done, len(steps))
        connection.execute(step)
    progress(_FINISHING, len(steps), len(steps))


class _Writer:
    """Writes the records of one data set inside one transaction, in chunks."""

    def __init__(self, connection: apsw.Connection, dataset: Dataset, progress: Progress) -> None:
        self._connection = connection
        self._dataset = dataset
        self._progress = progress
        self._numbers = Numbers(connection)
        self._chunks: dict[str, list[tuple[Row, AnyRecord, Place | None]]] = {}
        self._sources: set[str] = set()
        self._counts: Counter[str] = Counter()

    def write(self) -> None:
        """Write everything."""
        make = RowMaker(self._numbers).rows
        total = self._dataset.count
        done = 0
        for done, (record, place) in enumerate(self._dataset.records, 1):
            if (record.source == INVENTED) is not self._dataset.is_invented:
                raise _mixed(record, place)
            self._sources.add(record.source)
            for table, row in make(record, place):
                self._add(table, row, record, place)
            if total is not None and done % _CHUNK == 0:
                self._progress(_WRITING, done, total)
        for table in list(self._chunks):
            self._flush(table)
        if total is not None:
            self._progress(_WRITING, done, total)
        self._numbers.require_all()

    def report(self) -> ImportReport:
        """Return what was written."""
        counts = self._counts
        types = self._connection.execute(
            "SELECT type, count(*) FROM organization GROUP BY type ORDER BY count(*) DESC, type"
        )
        return ImportReport(
            people=counts["person"],
            organizations=counts["organization"],
            roles=counts["role"],
            memberships=counts["membership"],
            charitable_donations=counts["charitable_donation"],
            political_donations=counts["political_donation"],
            wealth_assets=counts["wealth_asset"],
            organization_types={str(name): int(str(held)) for name, held in types},
            sources=tuple(sorted(self._sources)),
            notes=tuple(self._dataset.notes),
        )

    def _add(self, table: str, row: Row, record: AnyRecord, place: Place | None) -> None:
        chunk = self._chunks.setdefault(table, [])
        chunk.append((row, record, place))
        if len(chunk) >= _CHUNK:
            self._flush(table)

    def _flush(self, table: str) -> None:
        chunk = self._chunks[table]
        self._chunks[table] = []
        reached = iter(chunk)
        current = chunk[0] if chunk else None

        def rows() -> Iterator[Row]:
            nonlocal current
            for current in reached:
                yield current[0]

        if current is None:
            return
        marks = ", ".join("?" * len(current[0]))
        try:
            # Nothing of the caller's is in the text: the tables are named by TABLES_OF.
            self._connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows())  # noqa: S608 - see above
        except apsw.ConstraintError as error:
            raise _twice(current[1], current[2]) from error
        self._counts[table] += len(chunk)


def _mixed(record: AnyRecord, place: Place | None) -> ImportRefused:
    if record.source == INVENTED:
        problem = f"the source {INVENTED!r} makes people up, and the set does not say so"
    else:
        problem = f"the set is said to be invented, and this is of the source {record.source!r}"
    if place is None:
        return ImportRefused(f"{problem[0].upper()}{problem[1:]}. Nothing was changed.")
    return refused(*place, problem)


def _twice(record: AnyRecord, place: Place | None) -> ImportRefused:
    problem = f"the {TABLES_OF[type(record)].replace('_', ' ')} {record.key} is here a second time"
    if place is None:
        return ImportRefused(f"{problem[0].upper()}{problem[1:]}. Nothing was changed.")
    return refused(*place, problem)
