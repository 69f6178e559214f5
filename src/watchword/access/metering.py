"""Counts requests against usage plans: a token bucket and a day's quota, judged in one step.

Exact from above. What the store has counted is never less than what was admitted: a worker takes
tokens ahead in a block, and serves from memory. A block that is out stands in the bucket as a
lease, and the bucket refills only up to its size less what is leased. So tokens in the bucket
and tokens in blocks are never more than the burst together, and no span of t seconds sees more
than `burst + rate * t` requests, whenever the tokens of a block are used.

All arithmetic is in whole numbers: time in microseconds, tokens in millionths.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from watchword.access.errors import QuotaExceeded, RateLimited

if TYPE_CHECKING:
    from collections.abc import Mapping

    from watchword.access.errors import LimitRefusal
    from watchword.access.model import AccountId, Limit, PlanName, ServiceName

TOKEN: Final = 1_000_000
"""One token, in millionths: a rate of 1 gives one of them each microsecond."""
LEASE_LIFE: Final = timedelta(seconds=5)
"""So long a worker may hold tokens that it took ahead."""
SHARE: Final = 16
"""A worker takes ahead one part in so many of what is left at most: the rest is for others."""
_MICROSECOND: Final = timedelta(microseconds=1)
_DAY: Final = timedelta(days=1)
# Workers of one machine read one clock, and still a little apart. More than this is a clock
# that was set back.
_STEP: Final = timedelta(seconds=1)


class BucketName(NamedTuple):
    """What is counted together: a second key of the plan, or a new token, is no second bucket."""

    account: AccountId
    plan: PlanName
    service: ServiceName


@dataclass(frozen=True, slots=True)
class Lease:
    """Tokens that a worker took ahead.

    Attributes:
        count: How many, at most, it still has.
        until: From then on it has none.
    """

    count: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """A bucket as the store has it.

    Attributes:
        tokens: How many are in it, in millionths.
        at: When that was so.
        day: The UTC day whose requests are counted.
        taken: How many requests of that day are admitted, or leased.
        leases: What workers took ahead, by worker.
    """

    tokens: int
    at: datetime
    day: date
    taken: int
    leases: Mapping[str, Lease] = field(default_factory=dict[str, Lease])

    @classmethod
    def full(cls, limit: Limit, now: datetime) -> Kept:
        """Return a bucket that nobody has taken from yet."""
        return cls(limit.burst * TOKEN, now, now.date(), 0)


@dataclass(frozen=True, slots=True)
class Ask:
    """What a worker asks of a bucket.

    Attributes:
        worker: Who asks.
        needed: Whether a request waits for a token.
        ahead: How many tokens it would take beyond that, for requests to come.
        given_back: How many of those it took ahead it has not used and gives back. None leaves
            its lease as it is, and takes nothing ahead.
    """

    worker: str
    needed: bool = True
    ahead: int = 0
    given_back: int | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What follows for the bucket, and for who asked.

    Attributes:
        kept: The bucket from now on.
        quota_left: How many requests the day has left; None without a quota.
        refusal: Why the request gets no token.
        lease: What was taken ahead.
        is_new: Whether the bucket has to be recorded. After a refusal it need not: the next
            one comes to the same. Unless the clock was set back, which is learned once.
    """

    kept: Kept
    quota_left: int | None
    refusal: LimitRefusal | None = None
    lease: Lease | None = None
    is_new: bool = True


class Allowance(NamedTuple):
    """Where a caller stands after its request, as far as this worker knows.

    What other workers took since this one last looked is not in it.

    Attributes:
        tokens: What is in the bucket, in millionths.
        quota_left: Requests that the day has left; None without a quota.
        at: The present moment.
        day_ends: When the quota begins anew.
    """

    limit: Limit
    tokens: int
    quota_left: int | None
    at: datetime
    day_ends: datetime

    @property
    def burst_left(self) -> int:
        """Requests that would be admitted at once."""
        return self.tokens // TOKEN

    @property
    def full_in(self) -> timedelta:
        """After how long the bucket is full, if nothing more comes."""
        missing = self.limit.burst * TOKEN - self.tokens
        return timedelta(microseconds=-(-missing // self.limit.rate))

    @property
    def day_ends_in(self) -> timedelta:
        """After how long the quota begins anew."""
        return self.day_ends - self.at


def look(kept: Kept | None, limit: Limit, now: datetime) -> Allowance:
    """Tell how full a bucket is, without taking from it.

    What workers took ahead is out of it, whether they have used it or not.
    """
    bucket = _refill(kept or Kept.full(limit, now), limit, now)
    left = None if limit.quota is None else max(0, limit.quota - bucket.taken)
    return Allowance(limit, bucket.tokens, left, now, end_of(bucket.day))


def settle(kept: Kept | None, ask: Ask, limit: Limit, now: datetime) -> Settled:
    """Judge what a worker asks of a bucket: the rate first, then the quota, or neither.

    Args:
        kept: The bucket; None when there is none yet.
        ask: What is asked.
        limit: What the plan grants now.
        now: The present moment.
    """
    bucket = _refill(kept or Kept.full(limit, now), limit, now)
    if ask.given_back is not None:
        bucket = _take_back(bucket, ask.worker, ask.given_back, limit)
    left = None if limit.quota is None else max(0, limit.quota - bucket.taken)
    if ask.needed:
        refusal = _find_refusal(bucket, limit, left, now)
        if refusal is not None:
            is_set_back = kept is not None and bucket.at < kept.at
            return Settled(bucket, left, refusal, is_new=is_set_back)
        bucket = replace(bucket, tokens=bucket.tokens - TOKEN, taken=bucket.taken + 1)
        left = None if left is None else left - 1
    ahead = 0 if ask.given_back is None else _share(ask.ahead, bucket, left)
    if not ahead:
        return Settled(bucket, left)
    lease = Lease(ahead, min(now + LEASE_LIFE, end_of(bucket.day)))
    bucket = replace(
        bucket,
        tokens=bucket.tokens - ahead * TOKEN,
        taken=bucket.taken + ahead,
        leases={**bucket.leases, ask.worker: lease},
    )
    return Settled(bucket, None if left is None else left - ahead, lease=lease)


def _refill(kept: Kept, limit: Limit, now: datetime) -> Kept:
    """Return the bucket as it is now: refilled, without leases that have ended, of this day."""
    size = limit.burst * TOKEN
    # The burst may have been lowered.
    tokens, at = min(kept.tokens, size), kept.at
    leases = dict(kept.leases)
    if at - now > _STEP:
        # The clock was set back. What is in the bucket stays, and refills from here.
        at = now
        leases = {
            worker: replace(lease, until=min(lease.until, now + LEASE_LIFE))
            for worker, lease in leases.items()
        }
    leased = sum(lease.count for lease in leases.values())
    for worker, lease in sorted(leases.items(), key=lambda item: item[1].until):
        if lease.until > now:
            break
        tokens = _grow(tokens, limit.rate, lease.until - at, size - leased * TOKEN)
        at = max(at, lease.until)
        leased -= lease.count
        del leases[worker]
    tokens = _grow(tokens, limit.rate, now - at, size - leased * TOKEN)
    today = now.date()
    if today < kept.day <= today + _DAY:
        # A day that was begun is not begun again by a clock that was set back.
        today = kept.day
    # One that is further ahead is nobody's: what was counted for it is counted for the present one.
    taken = kept.taken if today <= kept.day else 0
    return Kept(tokens, max(at, now), today, taken, leases)


def _grow(tokens: int, rate: int, duration: timedelta, most: int) -> int:
    gained = rate * max(0, duration // _MICROSECOND)
    return max(tokens, min(tokens + gained, most))


def _take_back(bucket: Kept, worker: str, given_back: int, limit: Limit) -> Kept:
    leases = dict(bucket.leases)
    lease = leases.pop(worker, None)
    # Of a lease that has ended nothing comes back: the bucket has refilled without it.
    count = 0 if lease is None else min(given_back, lease.count)
    # What was taken under a larger burst may not fit any more.
    room = (limit.burst - sum(other.count for other in leases.values())) * TOKEN
    return replace(
        bucket,
        tokens=max(bucket.tokens, min(bucket.tokens + count * TOKEN, room)),
        taken=max(0, bucket.taken - count),
        leases=leases,
    )


def _find_refusal(
    bucket: Kept, limit: Limit, left: int | None, now: datetime
) -> LimitRefusal | None:
    if bucket.tokens < TOKEN:
        missing = -((bucket.tokens - TOKEN) // limit.rate)
        return RateLimited(retry_after=timedelta(microseconds=missing))
    if left == 0:
        return QuotaExceeded(retry_after=max(end_of(bucket.day) - now, _MICROSECOND))
    return None


def _share(asked: int, bucket: Kept, left: int | None) -> int:
    most = bucket.tokens // TOKEN // SHARE
    if left is not None:
        most = min(most, left // SHARE)
    return min(asked, most)


def end_of(day: date) -> datetime:
    """Return when a UTC day is over."""
    return datetime.combine(day, time(), UTC) + _DAY
