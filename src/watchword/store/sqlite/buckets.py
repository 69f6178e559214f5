"""The buckets of the usage plans."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

import msgspec

from watchword.access.metering import BucketName, Kept, Lease
from watchword.store.sqlite.database import to_microseconds, to_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import apsw

    from watchword.access.metering import Settled
    from watchword.store.sqlite.database import Database

_FIND: Final = """
SELECT tokens, at, day, taken, leases FROM bucket WHERE account = ? AND plan = ? AND service = ?
"""
_KEEP: Final = "INSERT OR REPLACE INTO bucket VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_read_leases: Final = msgspec.json.Decoder(dict[str, tuple[int, int]]).decode


class BucketTables:
    """Keeps the buckets of the usage plans (see `PlanBuckets`)."""

    def __init__(self, usage: Database) -> None:
        self._usage = usage

    async def settle_bucket(
        self, name: BucketName, judge: Callable[[Kept | None], Settled]
    ) -> Settled:
        """Look a bucket up, judge it and record what follows (see `PlanBuckets`)."""

        def change(connection: apsw.Connection) -> Settled:
            row = connection.execute(_FIND, name).fetchone()
            settled = judge(None if row is None else _to_kept(*row))
            if settled.is_new:
                _keep(connection, name, settled.kept)
            return settled

        return await self._usage.write(change, lambda _: ())

    async def find_bucket(self, name: BucketName) -> Kept | None:
        """Return a bucket as it was last recorded (see `BucketReads`)."""
        rows = self._usage.read(_FIND, name)
        return _to_kept(*rows[0]) if rows else None


def _keep(connection: apsw.Connection, name: BucketName, kept: Kept) -> None:
    connection.execute(
        _KEEP,
        (
            *name,
            kept.tokens,
            to_microseconds(kept.at),
            to_day(kept.day),
            kept.taken,
            _to_text(kept.leases),
        ),
    )


def to_day(day: date) -> int:
    """Return a day as it is stored."""
    return day.toordinal() - _EPOCH


def from_day(day: int) -> date:
    """Read a stored day."""
    return date.fromordinal(day + _EPOCH)


_EPOCH: Final = date(1970, 1, 1).toordinal()


def _to_kept(tokens: int, at: int, day: int, taken: int, leases: str | None) -> Kept:
    return Kept(tokens, to_moment(at), from_day(day), taken, _to_leases(leases))


def _to_leases(text: str | None) -> dict[str, Lease]:
    if text is None:
        return {}
    return {
        worker: Lease(count, to_moment(until))
        for worker, (count, until) in _read_leases(text).items()
    }


def _to_text(leases: Mapping[str, Lease]) -> str | None:
    if not leases:
        return None
    listed = {name: (lease.count, to_microseconds(lease.until)) for name, lease in leases.items()}
    return msgspec.json.encode(listed).decode()
