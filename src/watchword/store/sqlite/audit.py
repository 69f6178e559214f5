"""The audit log's rows: appended with each group of changes, read in pages, pruned from below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from watchword.access.audit import AuditRecord, Chain, Edge, End, KeptRecord
from watchword.access.paging import Page
from watchword.store.sqlite.database import to_microseconds
from watchword.store.sqlite.schema import AUDITED_USER

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import apsw

    from watchword.access.audit import AuditFilter
    from watchword.store.sqlite.database import Database, Row

_encode: Final = msgspec.json.Encoder().encode
_EDGE: Final = "SELECT sequence, link, seal FROM audit_edge WHERE place = ?"
# The first that stays bounds what goes: a clock that was set back must not tear a hole.
_OLD: Final = """
WITH oldest AS MATERIALIZED (SELECT sequence, recorded_at FROM audit ORDER BY sequence LIMIT ?2)
SELECT sequence, link FROM audit WHERE sequence = (
    SELECT max(sequence) FROM oldest WHERE sequence < coalesce(
        (SELECT min(sequence) FROM oldest WHERE recorded_at >= ?1), 9223372036854775807))
"""
_SET_EDGE: Final = "INSERT OR REPLACE INTO audit_edge VALUES (?, ?, ?, ?)"


# As bytes: a text that somebody broke has to be judged, not to break the judge.
_RECORD: Final = "SELECT sequence, recorded_at, CAST(record AS BLOB), link FROM audit"
LOOKED_AT: Final = 5_000
"""Records that are looked at for one page of a search, however few of them are wanted."""


class AuditAppender:
    """Chains records to the log, inside the transaction of what they tell."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain

    def append(self, connection: apsw.Connection, records: Sequence[AuditRecord]) -> None:
        """Append records in their order."""
        if not records:
            return
        chain = self._chain
        head = _find_edge(connection, End.HEAD)
        sequence, link = head.sequence, head.link
        rows: list[tuple[int, int, str, bytes]] = []
        for record in records:
            sequence += 1
            recorded_at = to_microseconds(record.at)
            text = _encode(record.members()).decode()
            link = chain.link(link, sequence, recorded_at, text)
            rows.append((sequence, recorded_at, text, link))
        connection.executemany("INSERT INTO audit VALUES (?, ?, ?, ?)", rows)
        connection.execute(
            _SET_EDGE, (End.HEAD, sequence, link, chain.seal(End.HEAD, sequence, link))
        )

    def set_floor(self, connection: apsw.Connection, floor: Edge) -> None:
        """Say that everything up to a record was pruned."""
        seal = self._chain.seal(End.FLOOR, floor.sequence, floor.link)
        connection.execute(_SET_EDGE, (End.FLOOR, floor.sequence, floor.link, seal))


class AuditTables:
    """Reads and prunes the audit log (see `AuditLog`)."""

    def __init__(self, database: Database, appender: AuditAppender) -> None:
        self._database = database
        self._appender = appender

    async def read_audit(self, after: int, limit: int) -> list[KeptRecord]:
        """Return the records behind a sequence number, oldest first."""
        rows = self._database.read(
            f"{_RECORD} WHERE sequence > ? ORDER BY sequence LIMIT ?", (after, limit)
        )
        return [_to_kept(row) for row in rows]

    async def search_audit(
        self, wanted: AuditFilter, before: int | None, limit: int
    ) -> Page[KeptRecord]:
        """Return records, newest first (see `AuditLog`)."""
        below = 2**63 - 1 if before is None else before
        own, rest = _choose(wanted)
        floor = self._find_floor(own, below) if rest else 0
        terms = [*own, *rest]
        where = "".join(f"{term} AND " for term, _ in terms)
        rows = self._database.read(
            f"{_RECORD} WHERE {where}sequence < ? AND sequence > ? ORDER BY sequence DESC LIMIT ?",
            (*(value for _, value in terms), below, floor, limit + 1),
        )
        items = [_to_kept(row) for row in rows[:limit]]
        if len(rows) > limit:
            return Page(items, str(items[-1].sequence))
        return Page(items, str(floor + 1) if floor else None)

    def _find_floor(self, terms: list[tuple[str, str]], below: int) -> int:
        """Return the newest number that is not looked at any more; 0 where all are."""
        where = "".join(f"{term} AND " for term, _ in terms)
        rows = self._database.read(
            f"SELECT sequence FROM audit WHERE {where}sequence < ? "  # noqa: S608 - our own words
            "ORDER BY sequence DESC LIMIT 1 OFFSET ?",
            (*(value for _, value in terms), below, LOOKED_AT),
        )
        return rows[0][0] if rows else 0

    async def find_audit_edges(self) -> tuple[Edge, Edge]:
        """Return the last record that was pruned, and the newest."""
        rows = self._database.read("SELECT place, sequence, link, seal FROM audit_edge", ())
        edges = {place: Edge(sequence, link, seal) for place, sequence, link, seal in rows}
        return edges.get(End.FLOOR, Edge()), edges.get(End.HEAD, Edge())

    async def prune_audit(self, before: datetime, limit: int, record: AuditRecord | None) -> int:
        """Forget the oldest records up to the first that is not older than a moment."""
        appender = self._appender

        def change(connection: apsw.Connection) -> int:
            with connection:
                row = connection.execute(_OLD, (to_microseconds(before), limit)).fetchone()
                if row is None:
                    return 0
                appender.set_floor(connection, Edge(*row))
                connection.execute("DELETE FROM audit WHERE sequence <= ?", (row[0],))
            return connection.changes()

        def describe(count: int) -> Sequence[AuditRecord]:
            return (record,) if count and record is not None else ()

        return await self._database.write(change, describe)


def _choose(wanted: AuditFilter) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return what an index finds, and what else has to be true of a record."""
    own: list[tuple[str, str]] = []
    rest: list[tuple[str, str]] = []
    if wanted.username is not None:
        own.append((f"{AUDITED_USER} = ?", wanted.username))
    if wanted.account is not None:
        rest.append((f"{_member('account')} = ?", wanted.account))
    if wanted.event is not None:
        is_family = wanted.event.endswith(".")
        how = "instr({0}, ?) = 1" if is_family else "{0} = ?"
        rest.append((how.format(_member("event")), wanted.event))
    if wanted.text is not None:
        rest.append(("instr(lower(record), lower(?)) > 0", wanted.text))
    return own, rest


def _member(name: str) -> str:
    # A record that somebody broke must not end the search.
    return f"CASE WHEN json_valid(record) THEN record ->> '{name}' END"


def _to_kept(row: Row) -> KeptRecord:
    sequence, recorded_at, record, link = row
    return KeptRecord(sequence, recorded_at, record.decode(errors="replace"), link)


def _find_edge(connection: apsw.Connection, end: End) -> Edge:
    row = connection.execute(_EDGE, (end,)).fetchone()
    return Edge() if row is None else Edge(*row)
