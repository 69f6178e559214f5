"""A worker's share of the buckets: takes blocks ahead, and serves from them in memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from watchword.access.errors import LimitRefusal, QuotaExceeded, RateLimited
from watchword.access.metering import TOKEN, Allowance, Ask, end_of, settle

if TYPE_CHECKING:
    from watchword.access.metering import BucketName, Kept, Settled
    from watchword.access.model import Limit
    from watchword.access.ports import Clock, PlanBuckets

_LARGEST_BLOCK: Final = 10_000
_GROWTH: Final = 2
"""A block is so many times what was used of the last one."""
_MARGIN: Final = timedelta(seconds=1)
"""A block is given back so long before its lease ends: what is left then counts."""
_LONGEST_MEMORY: Final = timedelta(seconds=1)
"""So long a refusal is repeated without asking the store: another worker may give back."""
_LONGEST_IDLE: Final = timedelta(minutes=1)
_MICROSECOND: Final = timedelta(microseconds=1)
_NEVER: Final = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class _Block:
    """What this worker knows of a bucket, and what it took of it ahead.

    Attributes:
        left: Tokens that may be used, from `taken_at` until `use_until`.
        used: How many requests were admitted since tokens were last taken ahead.
        is_asking: Whether a request is taking a new block: one at a time.
        refusal: What a request was refused for, from `known_at` until `refused_until`.
        tokens: What was in the bucket at `known_at`, in millionths.
    """

    limit: Limit
    left: int = 0
    taken_at: datetime = _NEVER
    use_until: datetime = _NEVER
    used: int = 0
    is_asking: bool = False
    refusal: type[LimitRefusal] | None = None
    refused_until: datetime = _NEVER
    known_at: datetime = _NEVER
    day_ends: datetime = _NEVER
    tokens: int = 0
    quota_left: int | None = None

    def is_usable(self, now: datetime) -> bool:
        """Tell whether a token may be used now. A clock that was set back ends the block."""
        return self.left > 0 and self.taken_at <= now < self.use_until

    def is_refused(self, now: datetime) -> bool:
        """Tell whether the store would refuse a request now, as far as is known."""
        return self.refusal is not None and self.known_at <= now < self.refused_until

    def learn(self, settled: Settled, now: datetime) -> None:
        """Take over what the store says of the bucket."""
        refusal = settled.refusal
        self.known_at = now
        self.tokens = settled.kept.tokens
        self.quota_left = settled.quota_left
        self.day_ends = end_of(settled.kept.day)
        self.refusal = None if refusal is None else type(refusal)
        if refusal is not None:
            self.refused_until = now + min(refusal.retry_after, _LONGEST_MEMORY)

    def allowance(self, now: datetime) -> Allowance:
        """Return where the caller stands."""
        limit = self.limit
        tokens = self.tokens + self.left * TOKEN
        size = limit.burst * TOKEN
        if tokens < size:
            gained = limit.rate * max(0, (now - self.known_at) // _MICROSECOND)
            tokens = min(size, tokens + gained)
        quota = self.quota_left
        left = None if quota is None else quota + self.left
        return Allowance(limit, tokens, left, now, self.day_ends)


class Meter:
    """Admits what usage plans grant, and nothing beyond, together with all other workers.

    Args:
        buckets: Keeps the buckets.
        clock: Tells the time.
        worker: Names this worker among all; never used again by another.
    """

    def __init__(self, buckets: PlanBuckets, *, clock: Clock, worker: str) -> None:
        self._buckets = buckets
        self._clock = clock
        self._worker = worker
        self._blocks: dict[BucketName, _Block] = {}

    async def take(self, name: BucketName, limit: Limit) -> Allowance:
        """Take a token for one request, and one off the day's quota.

        Args:
            name: The bucket.
            limit: What the plan grants now; tokens taken under another limit are given back.

        Raises:
            RateLimited: If the bucket is empty.
            QuotaExceeded: If the day's requests are used up.
            StoreUnavailable: If nobody can say.
        """
        block = self._blocks.get(name)
        if block is None or (block.limit is not limit and block.limit != limit):
            block = self._begin(name, limit, block)
        now = self._clock.now()
        if now < block.taken_at:
            # The clock was set back, and the store shortens the lease. It must not be used again
            # when the clock gets there.
            block.use_until = _NEVER
        if block.is_usable(now):
            block.left -= 1
            block.used += 1
            return block.allowance(now)
        if block.is_refused(now):
            raise self._refuse(block, now)
        return await self._ask(name, block)

    async def give_back(self, *, everything: bool = False) -> None:
        """Give back what was taken ahead and not used in time.

        Args:
            everything: Give back what may still be used, too: the worker stops.

        Raises:
            StoreUnavailable: If it could not be given back. Then it is lost with its leases.
        """
        now = self._clock.now()
        for name, block in list(self._blocks.items()):
            is_over = everything or not block.taken_at <= now < block.use_until
            if block.left and is_over and not block.is_asking:
                await self._settle(name, block, needed=False, ahead=0)
            elif not block.left and not block.is_asking and _is_idle(block, now):
                del self._blocks[name]

    def _begin(self, name: BucketName, limit: Limit, old: _Block | None) -> _Block:
        # What is left of a block under another limit is given back with the next block.
        block = _Block(limit) if old is None else _Block(limit, left=old.left, used=old.used)
        self._blocks[name] = block
        return block

    async def _ask(self, name: BucketName, block: _Block) -> Allowance:
        if block.is_asking:
            # Another request is taking a block; this one takes its token alone.
            settled, now = await self._settle_once(name, block, Ask(self._worker))
        else:
            ahead = min(_GROWTH * block.used, _LARGEST_BLOCK)
            settled, now = await self._settle(name, block, needed=True, ahead=ahead)
        if settled.refusal is not None:
            raise self._refuse(block, now)
        block.used += 1
        return block.allowance(now)

    async def _settle(
        self, name: BucketName, block: _Block, *, needed: bool, ahead: int
    ) -> tuple[Settled, datetime]:
        # From here on nobody uses what is left: it is on its way back.
        given_back, block.left = block.left, 0
        block.is_asking = True
        try:
            settled, now = await self._settle_once(
                name, block, Ask(self._worker, needed, ahead, given_back)
            )
        finally:
            block.is_asking = False
        if needed:
            block.used = 0
        # Not before it is recorded: what a crash loses was counted, and never the other way.
        lease = settled.lease
        if lease is not None:
            block.left, block.taken_at = lease.count, now
            block.use_until = lease.until - _MARGIN
        return settled, now

    async def _settle_once(
        self, name: BucketName, block: _Block, ask: Ask
    ) -> tuple[Settled, datetime]:
        moment = self._clock.now()

        def judge(kept: Kept | None) -> Settled:
            nonlocal moment
            # Read under the lock: so no worker writes a moment before the one it finds.
            moment = self._clock.now()
            return settle(kept, ask, block.limit, moment)

        settled = await self._buckets.settle_bucket(name, judge)
        block.learn(settled, moment)
        return settled, moment

    def _refuse(self, block: _Block, now: datetime) -> LimitRefusal:
        allowance = block.allowance(now)
        if block.refusal is QuotaExceeded:
            return QuotaExceeded(retry_after=allowance.day_ends_in, allowance=allowance)
        until = max(block.refused_until - now, _MICROSECOND)
        return RateLimited(retry_after=until, allowance=allowance)


def _is_idle(block: _Block, now: datetime) -> bool:
    return not block.known_at <= now < block.known_at + _LONGEST_IDLE
