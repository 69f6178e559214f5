"""What every store guarantees of the sums that the metrics show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.stores import Harness


def test_what_workers_add_is_one_sum_that_each_of_them_reads(harness: Harness) -> None:
    other = harness.another()

    harness.run(harness.store.add_tallies({"issued": 2, "seconds": 0.25}))
    harness.run(other.add_tallies({"issued": 1, "refused": 1}))

    for store in (harness.store, other):
        assert harness.run(store.read_tallies()) == {"issued": 3, "seconds": 0.25, "refused": 1}


def test_nothing_is_counted_before_anything_is_added(harness: Harness) -> None:
    assert harness.run(harness.store.read_tallies()) == {}


def test_additions_at_the_same_time_all_count(harness: Harness) -> None:
    stores = [harness.store, harness.another(), harness.another()]

    harness.gather(*(store.add_tallies({"issued": 1}) for store in stores for _ in range(50)))

    assert harness.run(harness.store.read_tallies()) == {"issued": pytest.approx(150)}


def test_sums_outlive_the_process(harness: Harness) -> None:
    harness.run(harness.store.add_tallies({"issued": 2}))
    harness.run(harness.store.close())

    assert harness.run(harness.another().read_tallies()) == {"issued": 2}
