"""The audit log's rows: appended with each group of changes, read in pages, pruned from below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from watchword.access.audit import AuditRecord, Chain, Edge, End, KeptRecord
from watchword.store.sqlite.database import to_microseconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import apsw

    from watchword.store.sqlite.database import Database

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
            # As bytes: a text that somebody broke has to be judged, not to break the judge.
            "SELECT sequence, recorded_at, CAST(record AS BLOB), link FROM audit "
            "WHERE sequence > ? ORDER BY sequence LIMIT ?",
            (after, limit),
        )
        return [
            KeptRecord(sequence, recorded_at, record.decode(errors="replace"), link)
            for sequence, recorded_at, record, link in rows
        ]

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


def _find_edge(connection: apsw.Connection, end: End) -> Edge:
    row = connection.execute(_EDGE, (end,)).fetchone()
    return Edge() if row is None else Edge(*row)
