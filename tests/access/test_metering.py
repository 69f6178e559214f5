"""Usage plans, as arithmetic and as a machine: never one request too many, whatever happens."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from support.fakes import BucketsInMemory, StoppedClock
from watchword.access.errors import LimitRefusal, QuotaExceeded, RateLimited, StoreUnavailable
from watchword.access.meter import Meter
from watchword.access.metering import LEASE_LIFE, SHARE, TOKEN, Ask, BucketName, Kept, settle
from watchword.access.model import AccountId, Limit, PlanName, ServiceName

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from datetime import date

    from watchword.access.metering import Allowance, Settled

T = TypeVar("T")
NAME = BucketName(AccountId("acme"), PlanName("preview"), ServiceName("profile"))
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MICROSECOND = timedelta(microseconds=1)
PREVIEW = Limit(rate=5, burst=3, quota=100)


def finish(answer: Coroutine[Any, Any, T]) -> T:
    """Run what waits for nothing: the store is in memory, and a loop each time takes longer."""
    try:
        answer.send(None)
    except StopIteration as done:
        return cast("T", done.value)
    raise AssertionError("it waits")


class Bench:
    """Workers over one store, with a clock that stands still."""

    def __init__(self, limit: Limit, workers: int = 1, now: datetime = NOON) -> None:
        self.limit = limit
        self.clock = StoppedClock(now)
        self.store = BucketsInMemory()
        self.workers = [self.start(str(number)) for number in range(workers)]

    def start(self, name: str) -> Meter:
        return Meter(self.store, clock=self.clock, worker=name)

    def take(self, worker: int = 0) -> Allowance:
        return finish(self.workers[worker].take(NAME, self.limit))

    def is_admitted(self, worker: int = 0) -> bool:
        try:
            self.take(worker)
        except LimitRefusal:
            return False
        return True

    def count_admitted(self, calls: int, worker: int = 0) -> int:
        return sum(self.is_admitted(worker) for _ in range(calls))


def test_a_new_bucket_admits_its_burst_and_no_more() -> None:
    bench = Bench(Limit(rate=5, burst=3, quota=None))

    assert bench.count_admitted(50) == 3


def test_a_large_burst_is_admitted_to_the_last_request() -> None:
    bench = Bench(Limit(rate=100, burst=5_000, quota=None))

    assert bench.count_admitted(6_000) == 5_000


def test_the_bucket_refills_at_its_rate_to_the_microsecond() -> None:
    bench = Bench(Limit(rate=3, burst=1, quota=None))
    assert bench.is_admitted()

    bench.clock.advance(timedelta(microseconds=333_333))
    assert not bench.is_admitted()

    bench.clock.advance(MICROSECOND)
    assert bench.is_admitted()
    assert not bench.is_admitted()


def test_a_bucket_may_be_smaller_than_its_rate() -> None:
    bench = Bench(Limit(rate=1_000, burst=2, quota=None))

    admitted = 0
    for _ in range(1_000):
        admitted += bench.count_admitted(5)
        bench.clock.advance(timedelta(milliseconds=1))

    assert admitted == 1_000 + 1  # one a millisecond, and the second one of the first moment


@pytest.mark.parametrize("quota", [0, 1, 17, 100, 10_000])
def test_a_quota_admits_exactly_so_many(quota: int) -> None:
    bench = Bench(Limit(rate=1_000_000, burst=1_000_000, quota=quota), workers=3)

    admitted = sum(bench.is_admitted(number % 3) for number in range(quota + 500))

    assert admitted == quota
    with pytest.raises(QuotaExceeded):
        bench.take()


def test_the_quota_begins_anew_at_midnight_utc() -> None:
    bench = Bench(Limit(rate=9, burst=9, quota=2), now=NOON.replace(hour=23, minute=59, second=59))
    assert bench.count_admitted(3) == 2

    bench.clock.advance(SECOND - MICROSECOND)
    assert not bench.is_admitted()

    bench.clock.advance(MICROSECOND)
    assert bench.count_admitted(3) == 2


def test_over_both_the_rate_is_named_first() -> None:
    bench = Bench(Limit(rate=1, burst=1, quota=1))
    bench.take()

    with pytest.raises(RateLimited):
        bench.take()
    bench.clock.advance(SECOND)
    with pytest.raises(QuotaExceeded):
        bench.take()


def test_a_refused_request_is_not_counted() -> None:
    bench = Bench(Limit(rate=1, burst=1, quota=3))

    for _ in range(3):
        assert bench.count_admitted(20) == 1
        bench.clock.advance(SECOND)

    with pytest.raises(QuotaExceeded):
        bench.take()


def test_a_refusal_says_when_it_is_worth_trying_again() -> None:
    bench = Bench(Limit(rate=4, burst=1, quota=2))
    bench.take()

    with pytest.raises(RateLimited) as rate:
        bench.take()
    bench.clock.advance(rate.value.retry_after)
    bench.take()
    bench.clock.advance(SECOND)
    with pytest.raises(QuotaExceeded) as quota:
        bench.take()

    assert rate.value.retry_after == timedelta(milliseconds=250)
    assert quota.value.retry_after == timedelta(hours=12, seconds=-1.25)
    assert quota.value.allowance is not None
    assert quota.value.allowance.quota_left == 0


def test_a_second_bucket_is_only_another_account_plan_or_service() -> None:
    bench = Bench(Limit(rate=1, burst=1, quota=None))
    others = [
        NAME._replace(account=AccountId("other")),
        NAME._replace(plan=PlanName("other")),
        NAME._replace(service=ServiceName("other")),
    ]
    bench.take()

    for other in others:
        finish(bench.workers[0].take(other, bench.limit))

    assert not bench.is_admitted()


def test_the_allowance_counts_down() -> None:
    bench = Bench(PREVIEW)

    told = [bench.take() for _ in range(3)]

    assert [(item.burst_left, item.quota_left) for item in told] == [(2, 99), (1, 98), (0, 97)]
    assert [item.full_in for item in told] == [timedelta(seconds=n / 5) for n in (1, 2, 3)]
    assert told[0].day_ends_in == timedelta(hours=12)


def test_blocks_spare_the_store() -> None:
    bench = Bench(Limit(rate=100_000, burst=1_000_000, quota=None))

    assert bench.count_admitted(50_000) == 50_000

    assert bench.store.times_asked < 50


def test_a_refusal_is_not_asked_for_again_and_again() -> None:
    bench = Bench(Limit(rate=1, burst=1, quota=None))
    bench.take()

    assert bench.count_admitted(10_000) == 0

    assert bench.store.times_asked == 2


def test_what_one_worker_took_ahead_and_does_not_use_is_there_for_another() -> None:
    bench = Bench(Limit(rate=1, burst=1_000, quota=1_000), workers=2)
    first = bench.count_admitted(100)
    before = bench.count_admitted(1_000, worker=1)

    bench.clock.advance(LEASE_LIFE - SECOND)
    finish(bench.workers[0].give_back())
    after = bench.count_admitted(1_000, worker=1)

    assert after > 0
    assert first + before + after == 1_000


def test_a_worker_that_stops_gives_back_all_it_has_not_used() -> None:
    bench = Bench(Limit(rate=1, burst=10_000, quota=10_000))
    used = bench.count_admitted(123)

    finish(bench.workers[0].give_back(everything=True))

    kept = bench.store.kept[NAME]
    assert (kept.taken, kept.tokens // TOKEN) == (used, 10_000 - used)
    assert kept.leases == {}


def test_a_crash_loses_what_was_taken_ahead_and_lets_nothing_more_through() -> None:
    bench = Bench(Limit(rate=1, burst=1_000, quota=1_000))
    before = bench.count_admitted(100)
    bench.workers[0] = bench.start("its successor")

    after = bench.count_admitted(1_000)

    assert 900 < before + after <= 1_000


def test_a_lowered_limit_holds_from_the_next_request_on() -> None:
    bench = Bench(Limit(rate=1_000, burst=1_000, quota=None))
    bench.count_admitted(10)

    bench.limit = Limit(rate=1, burst=2, quota=None)

    assert bench.count_admitted(10) == 2


def test_a_clock_that_is_set_back_admits_nothing_twice_and_locks_nobody_out() -> None:
    bench = Bench(Limit(rate=10, burst=10, quota=1_000))
    assert bench.count_admitted(20) == 10

    bench.clock.advance(timedelta(hours=-3))
    assert bench.count_admitted(20) == 0

    bench.clock.advance(SECOND)
    assert bench.count_admitted(20) == 10


def test_a_day_that_has_begun_is_not_begun_again_by_a_clock_that_is_set_back() -> None:
    bench = Bench(Limit(rate=100, burst=100, quota=10))
    assert bench.count_admitted(20) == 10
    bench.clock.advance(timedelta(days=1))
    assert bench.count_admitted(20) == 10

    bench.clock.advance(timedelta(days=-1))
    bench.clock.advance(SECOND)

    assert bench.count_admitted(20) == 0
    bench.clock.advance(timedelta(days=2))
    assert bench.count_admitted(20) == 10


def test_a_clock_that_was_far_ahead_locks_nobody_out_when_it_is_set_right() -> None:
    bench = Bench(Limit(rate=1_000, burst=1_000, quota=100))
    assert bench.count_admitted(40) == 40
    bench.clock.advance(timedelta(days=400))
    assert bench.is_admitted()

    bench.clock.advance(timedelta(days=-400, seconds=2))

    assert bench.count_admitted(200) == 99
    bench.clock.advance(timedelta(days=1))
    assert bench.count_admitted(200) == 100


def test_a_block_is_over_for_good_when_the_clock_was_set_back() -> None:
    bench = Bench(Limit(rate=1, burst=1_000, quota=None))
    bench.count_admitted(40)
    (lease,) = bench.store.kept[NAME].leases.values()
    used = lease.count  # all of the block, at most, was there to be used before

    bench.clock.advance(timedelta(seconds=-2))
    bench.take()
    bench.clock.advance(timedelta(seconds=2))

    assert used
    # A token for the first second after the step is all that has come back.
    assert bench.count_admitted(2_000) <= 1_000 - 41 + 2


class FailingStore(BucketsInMemory):
    """Judges, and then cannot record: as when the disk is full."""

    is_failing = False

    async def settle_bucket(
        self, name: BucketName, judge: Callable[[Kept | None], Settled]
    ) -> Settled:
        if not self.is_failing:
            return await super().settle_bucket(name, judge)
        judge(self.kept.get(name))
        raise StoreUnavailable("nothing was written")


def test_a_request_that_could_not_be_counted_is_not_admitted() -> None:
    bench = Bench(Limit(rate=1, burst=5, quota=None))
    bench.store = FailingStore()
    bench.workers = [bench.start("0")]
    bench.take()
    bench.store.is_failing = True

    for _ in range(10):
        with pytest.raises(StoreUnavailable):
            bench.take()
    bench.store.is_failing = False

    assert bench.count_admitted(10) == 4


amounts = st.integers(min_value=1, max_value=50)


@given(
    limit=st.builds(
        Limit,
        rate=st.integers(1, 2_000_000),
        burst=st.integers(1, 10**12),
        quota=st.none() | st.integers(0, 10**12),
    ),
    tokens=st.integers(0, 10**18),
    taken=st.integers(0, 10**12),
    ahead=st.integers(0, 10_000),
    age=st.integers(-(10**12), 10**13),
)
def test_a_settlement_stays_within_burst_and_quota(
    limit: Limit, tokens: int, taken: int, ahead: int, age: int
) -> None:
    kept = Kept(tokens, NOON - timedelta(microseconds=age), NOON.date(), taken)

    settled = settle(kept, Ask("w", ahead=ahead, given_back=0), limit, NOON)

    leased = 0 if settled.lease is None else settled.lease.count
    assert 0 <= settled.kept.tokens <= limit.burst * TOKEN - leased * TOKEN
    if settled.refusal is None and limit.quota is not None and settled.kept.day == NOON.date():
        assert settled.kept.taken <= max(limit.quota, taken)
        assert settled.quota_left == limit.quota - settled.kept.taken
    if settled.refusal is not None:
        assert settled.lease is None
        assert settled.refusal.retry_after > timedelta()


class Gateways(RuleBasedStateMachine):
    """Several workers and one plan, with crashes, idle times and clocks that are set back."""

    @initialize(
        rate=st.integers(1, 200),
        burst=st.integers(1, 400),
        quota=st.none() | st.integers(0, 900),
        workers=st.integers(1, 4),
    )
    def begin(self, rate: int, burst: int, quota: int | None, workers: int) -> None:
        late = NOON.replace(hour=23, minute=59, second=50)
        self.bench = Bench(Limit(rate, burst, quota), workers, late)
        self.passed = timedelta()
        self.admitted: list[timedelta] = []
        self.by_day: Counter[date] = Counter()
        self.crashes = 0
        self.was_set_back = False

    @rule(worker=st.integers(0, 3), calls=st.integers(1, 120))
    def call(self, worker: int, calls: int) -> None:
        for _ in range(calls):
            if self.bench.is_admitted(worker % len(self.bench.workers)):
                self.admitted.append(self.passed)
                self.by_day[self.bench.clock.now().date()] += 1

    @rule(milliseconds=st.integers(0, 4_000))
    def wait(self, milliseconds: int) -> None:
        self.passed += timedelta(milliseconds=milliseconds)
        self.bench.clock.advance(timedelta(milliseconds=milliseconds))

    @rule(worker=st.integers(0, 3))
    def keep_up(self, worker: int) -> None:
        finish(self.bench.workers[worker % len(self.bench.workers)].give_back())

    @rule(worker=st.integers(0, 3))
    def stop(self, worker: int) -> None:
        index = worker % len(self.bench.workers)
        finish(self.bench.workers[index].give_back(everything=True))

    @rule(worker=st.integers(0, 3))
    def crash(self, worker: int) -> None:
        self.crashes += 1
        index = worker % len(self.bench.workers)
        self.bench.workers[index] = self.bench.start(f"after crash {self.crashes}")

    @precondition(lambda self: not self.was_set_back)
    @rule(seconds=st.integers(1, 7_200))
    def set_back(self, seconds: int) -> None:
        self.was_set_back = True
        self.bench.clock.advance(timedelta(seconds=-seconds))

    @invariant()
    def never_too_many(self) -> None:
        """A full bucket of the same size could have let all of them through."""
        if not hasattr(self, "bench"):
            return
        limit = self.bench.limit
        tokens, at = limit.burst * TOKEN, timedelta()
        for moment in self.admitted:
            gained = limit.rate * ((moment - at) // MICROSECOND)
            tokens, at = min(limit.burst * TOKEN, tokens + gained) - TOKEN, moment
            assert tokens >= 0, "more were admitted than burst and rate allow"
        if limit.quota is None:
            return
        if self.was_set_back:
            days = (self.passed + timedelta(seconds=-10)) // timedelta(days=1) + 2
            assert len(self.admitted) <= limit.quota * max(2, days)
        else:
            assert all(count <= limit.quota for count in self.by_day.values())


def test_whatever_happens_never_one_request_too_many() -> None:
    run_state_machine_as_test(
        Gateways, settings=settings(max_examples=60, stateful_step_count=40, deadline=None)
    )


@settings(max_examples=60, deadline=None)
@given(
    rate=st.integers(1, 500),
    burst=st.integers(1, 500),
    steps=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 40)), max_size=40),
)
def test_one_worker_admits_what_an_ideal_bucket_would_but_for_a_sixteenth_of_the_burst(
    rate: int, burst: int, steps: list[tuple[int, int]]
) -> None:
    """While a block is out, the bucket does not learn how much of it was used, and refills less."""
    bench = Bench(Limit(rate, burst, None))
    ideal = burst * TOKEN
    for milliseconds, calls in steps:
        bench.clock.advance(timedelta(milliseconds=milliseconds))
        finish(bench.workers[0].give_back())
        ideal = min(burst * TOKEN, ideal + rate * milliseconds * 1_000)
        due = min(calls, ideal // TOKEN)
        least = min(calls, ideal // TOKEN - burst // SHARE - 1)

        admitted = bench.count_admitted(calls)

        assert least <= admitted <= due
        ideal -= admitted * TOKEN
