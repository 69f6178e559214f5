"""A clock that tests move, and dice that always fall the same way."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from watchword.access.metering import BucketName, Kept, Settled


class StoppedClock:
    """Stands still until a test advances it."""

    def __init__(self, moment: datetime | None = None) -> None:
        self.moment = moment or datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def advance(self, duration: timedelta) -> None:
        self.moment += duration


class CountedDice:
    """Draws a fixed sequence, different for each seed."""

    def __init__(self, seed: str = "dice") -> None:
        self._seed = seed
        self._draws = 0

    def token_bytes(self, count: int) -> bytes:
        self._draws += 1
        return hashlib.shake_256(f"{self._seed}:{self._draws}".encode()).digest(count)

    def below(self, limit: int) -> int:
        return int.from_bytes(self.token_bytes(8), "big") % limit


class BucketsInMemory:
    """Keeps the buckets of the usage plans as a store does, for as long as it lives."""

    def __init__(self) -> None:
        self.kept: dict[BucketName, Kept] = {}
        self.times_asked = 0

    async def settle_bucket(
        self, name: BucketName, judge: Callable[[Kept | None], Settled]
    ) -> Settled:
        self.times_asked += 1
        settled = judge(self.kept.get(name))
        if settled.is_new:
            self.kept[name] = settled.kept
        return settled
