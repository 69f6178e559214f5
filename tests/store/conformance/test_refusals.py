"""What every store guarantees of the counts of refused calls."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from watchword.access.model import AccountId
from watchword.access.refusals import MOST_CODES, RefusalKey
from watchword.access.usage import OTHERS

if TYPE_CHECKING:
    from support.stores import Harness

DAY = date(2026, 11, 23)
ACME, BETA = AccountId("acme"), AccountId("beta")


def read(harness: Harness, account: AccountId | None = None) -> dict[tuple[str, str, str], int]:
    rows = harness.run(harness.store.read_refusals(DAY, DAY, account, 1_000))
    return {(row.key.account, row.key.service, row.key.code): row.calls for row in rows}


def test_refusals_add_up_over_workers_and_are_told_largest_first(harness: Harness) -> None:
    first = {RefusalKey(DAY, ACME, "profile", "X"): 1, RefusalKey(DAY, BETA, "profile", "Y"): 2}
    harness.run(harness.store.add_refusals(first))
    harness.run(harness.another().add_refusals({RefusalKey(DAY, ACME, "profile", "X"): 4}))

    told = read(harness)

    assert list(told.items()) == [(("acme", "profile", "X"), 5), (("beta", "profile", "Y"), 2)]
    assert read(harness, BETA) == {("beta", "profile", "Y"): 2}


def test_only_the_days_that_are_asked_for_are_told(harness: Harness) -> None:
    harness.run(
        harness.store.add_refusals({RefusalKey(DAY - timedelta(days=1), ACME, "profile", "X"): 1})
    )

    assert read(harness) == {}


def test_names_that_callers_make_up_are_bounded(harness: Harness) -> None:
    for number in range(MOST_CODES + 5):
        harness.run(harness.store.add_refusals({RefusalKey(DAY, ACME, f"s{number}", "X"): 1}))

    told = read(harness)

    assert len(told) == MOST_CODES + 1
    assert told["acme", OTHERS, "X"] == 5
