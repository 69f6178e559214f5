"""What every store guarantees of one account's usage: summed up over its keys, nobody else's."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from watchword.access.model import AccountId, KeyId, ServiceName
from watchword.access.usage import UsageKey

if TYPE_CHECKING:
    from support.stores import Harness

DAY = date(2026, 11, 23)
ACME, BETA = AccountId("acme"), AccountId("beta")


def key(
    account: AccountId = ACME, of: str = "key_1", day: date = DAY, op: str = "Info"
) -> UsageKey:
    return UsageKey(day, account, KeyId(of), ServiceName("profile"), op)


def test_usage_is_summed_up_over_keys_by_day_and_operation(harness: Harness) -> None:
    before = DAY - timedelta(days=1)
    counts = {
        key(): 1,
        key(of="key_2"): 2,
        key(op="Roles"): 4,
        key(day=before): 8,
        key(day=DAY - timedelta(days=30)): 16,
        key(BETA): 32,
    }
    harness.run(harness.store.add_usage(counts))

    sums = harness.run(harness.store.sum_usage(ACME, before, DAY))

    assert [tuple(found) for found in sums] == [
        (before, "profile", "Info", 8),
        (DAY, "profile", "Info", 3),
        (DAY, "profile", "Roles", 4),
    ]
