"""What every store guarantees of the usage plans' buckets, and of what was admitted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from support.fakes import StoppedClock
from watchword.access.errors import QuotaExceeded, RateLimited
from watchword.access.meter import Meter
from watchword.access.metering import Ask, BucketName, Kept, Lease, Settled, settle
from watchword.access.model import AccountId, KeyId, Limit, PlanName, ServiceName
from watchword.access.usage import MOST_OPERATIONS, OTHERS, AccountSum, UsageKey, UsageRow

if TYPE_CHECKING:
    from support.stores import Harness
    from watchword.access.ports import Store

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = NOW.date()
NAME = BucketName(AccountId("acme"), PlanName("preview"), ServiceName("profile"))
KEY = UsageKey(TODAY, AccountId("acme"), KeyId("key_1"), ServiceName("profile"), "Roles")


def keep(store: Store, kept: Kept, *, is_new: bool = True) -> object:
    return store.settle_bucket(NAME, lambda _: Settled(kept, None, is_new=is_new))


def look(harness: Harness, store: Store) -> Kept | None:
    found: list[Kept | None] = []

    def judge(kept: Kept | None) -> Settled:
        found.append(kept)
        return Settled(kept or Kept(0, NOW, TODAY, 0), None, is_new=False)

    harness.run(store.settle_bucket(NAME, judge))
    return found[0]


def test_a_bucket_comes_back_as_it_was_kept_from_another_worker(harness: Harness) -> None:
    leases = {"w1": Lease(12, NOW + timedelta(seconds=5)), "w2": Lease(1, NOW)}
    kept = Kept(10**18, NOW + timedelta(microseconds=1), date(2026, 12, 31), 10**12, leases)
    assert look(harness, harness.store) is None

    harness.run(harness.store.settle_bucket(NAME, lambda _: Settled(kept, None)))

    assert look(harness, harness.another()) == kept


def test_a_bucket_is_not_recorded_when_it_is_no_new_one(harness: Harness) -> None:
    kept = Kept(5, NOW, TODAY, 5)

    harness.run(harness.store.settle_bucket(NAME, lambda _: Settled(kept, None, is_new=False)))

    assert look(harness, harness.store) is None


def test_a_judge_that_fails_records_nothing(harness: Harness) -> None:
    def fail(_: Kept | None) -> Settled:
        raise ValueError("a mistake")

    with pytest.raises(ValueError, match="a mistake"):
        harness.run(harness.store.settle_bucket(NAME, fail))

    assert look(harness, harness.store) is None


def test_requests_that_settle_at_once_see_one_another(harness: Harness) -> None:
    limit = Limit(rate=1, burst=7, quota=None)
    stores = [harness.store, harness.another()]

    settled = harness.gather(
        *(
            stores[number % 2].settle_bucket(NAME, lambda kept: settle(kept, Ask("w"), limit, NOW))
            for number in range(20)
        )
    )

    refusals = [item.refusal for item in settled if isinstance(item, Settled)]
    assert len(refusals) == 20
    assert sum(refusal is None for refusal in refusals) == 7
    assert all(refusal is None or isinstance(refusal, RateLimited) for refusal in refusals)


@pytest.mark.parametrize("quota", [3, 50, 2_000])
def test_meters_that_take_at_once_never_take_one_too_many(harness: Harness, quota: int) -> None:
    limit = Limit(rate=10**6, burst=10**6, quota=quota)
    clock = StoppedClock(NOW)
    meters = [
        Meter(store, clock=clock, worker=str(number))
        for number, store in enumerate((harness.store, harness.another()))
    ]
    admitted = refused = 0
    # Many at once, again and again: some take from a block while another one is being recorded.
    for _ in range(quota // 16 + 20):
        outcomes = harness.gather(*(meters[n % 2].take(NAME, limit) for n in range(32)))
        admitted += sum(not isinstance(item, BaseException) for item in outcomes)
        refused += sum(isinstance(item, QuotaExceeded) for item in outcomes)

    assert admitted == quota
    assert refused == 32 * (quota // 16 + 20) - quota


def test_what_was_admitted_is_added_up_whoever_hands_it_over(harness: Harness) -> None:
    other = KEY._replace(operation="")

    harness.run(harness.store.add_usage({KEY: 3, other: 1}))
    harness.run(harness.another().add_usage({KEY: 4}))

    rows = harness.run(harness.store.read_usage(TODAY, TODAY, None, None, 10))
    assert rows == [UsageRow(other, 1), UsageRow(KEY, 7)]


def test_usage_is_read_by_day_and_account_and_page_by_page(harness: Harness) -> None:
    keys = [
        KEY._replace(day=TODAY - timedelta(days=day), account=AccountId(account))
        for day in (2, 1, 0)
        for account in ("acme", "other")
    ]
    harness.run(harness.store.add_usage(dict.fromkeys(keys, 1)))
    yesterday = TODAY - timedelta(days=1)

    def read(account: AccountId | None, after: UsageKey | None, limit: int) -> list[UsageKey]:
        rows = harness.run(harness.store.read_usage(yesterday, TODAY, account, after, limit))
        return [row.key for row in rows]

    assert read(None, None, 10) == keys[2:]
    assert read(AccountId("other"), None, 10) == [keys[3], keys[5]]
    assert read(None, None, 3) == keys[2:5]
    assert read(None, keys[4], 3) == keys[5:]


def test_usage_of_all_accounts_is_summed_up_by_day_and_account(harness: Harness) -> None:
    acme, other, yesterday = AccountId("acme"), AccountId("other"), TODAY - timedelta(days=1)
    counts = {
        KEY._replace(account=acme, operation="one"): 1,
        KEY._replace(account=acme, operation="two"): 2,
        KEY._replace(account=other): 4,
        KEY._replace(account=other, day=yesterday): 8,
        KEY._replace(account=other, day=yesterday - timedelta(days=1)): 16,
    }
    harness.run(harness.store.add_usage(counts))

    assert harness.run(harness.store.sum_accounts(yesterday, TODAY, 2)) == [
        AccountSum(yesterday, other, 8),
        AccountSum(TODAY, acme, 3),
        AccountSum(TODAY, other, 4),
    ]


def test_usage_of_all_but_the_busiest_accounts_is_one_sum_a_day(harness: Harness) -> None:
    yesterday = TODAY - timedelta(days=1)
    counts = {
        KEY._replace(account=AccountId(f"a{number}"), day=day): number
        for number in range(1, 6)
        for day in (yesterday, TODAY)
    }
    harness.run(harness.store.add_usage(counts))

    assert harness.run(harness.store.sum_accounts(yesterday, TODAY, 2)) == [
        AccountSum(day, account, requests)
        for day in (yesterday, TODAY)
        for account, requests in ((AccountId("a4"), 4), (AccountId("a5"), 5), (None, 6))
    ]


def test_a_caller_s_own_words_do_not_fill_the_store(harness: Harness) -> None:
    for begin in range(0, 1_000, 100):
        words = {KEY._replace(operation=f"Query{n}"): 1 for n in range(begin, begin + 100)}
        harness.run(harness.store.add_usage(words))

    rows = harness.run(harness.store.read_usage(TODAY, TODAY, None, None, 2_000))

    assert len(rows) == MOST_OPERATIONS + 1
    assert sum(row.requests for row in rows) == 1_000
    others = next(row for row in rows if row.key.operation == OTHERS)
    assert others.requests == 1_000 - MOST_OPERATIONS
