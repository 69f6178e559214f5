"""What every store guarantees of the audit log."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from support.stores import append_records
from watchword.access.audit import START, AuditRecord, Chain, Edge, Event, Source
from watchword.access.errors import Unknown
from watchword.access.model import Account, AccountId, ServiceName
from watchword.access.verification import Verification

if TYPE_CHECKING:
    from collections.abc import Iterable

    from support.stores import Harness
    from watchword.access.audit import KeptRecord
    from watchword.access.ports import Store

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CHAIN = Chain(b"s" * 32)
PRUNED = AuditRecord(Event.AUDIT_PRUNED, NOW, "cli:tester")


def record(number: int, at: datetime = NOW) -> AuditRecord:
    source = Source("192.0.2.1", "curl/8", f"c-{number}")
    return AuditRecord(Event.USER_ADDED, at, "cli:tester", source, {"username": f"svc-{number}"})


async def add(store: Store, *records: AuditRecord) -> None:
    """Record things in one transaction."""
    await append_records(store, NOW, records)


def fill(harness: Harness, moments: Iterable[datetime]) -> None:
    for number, moment in enumerate(moments, start=1):
        harness.run(add(harness.store, record(number, moment)))


def read(harness: Harness, after: int = 0) -> list[KeptRecord]:
    return harness.run(harness.another().read_audit(after, 1_000))


def problem_of(harness: Harness) -> str | None:
    floor, head = harness.run(harness.store.find_audit_edges())
    verification = Verification(CHAIN, floor)
    for kept in read(harness):
        verification.follow(kept)
    verification.finish(head)
    return verification.problem


def test_an_empty_log_has_no_edges(harness: Harness) -> None:
    assert harness.run(harness.store.find_audit_edges()) == (Edge(), Edge())
    assert Edge() == Edge(0, START, b"")


def test_records_are_numbered_from_one_and_chained_in_their_order(harness: Harness) -> None:
    harness.run(add(harness.store, record(1), record(2)))
    harness.run(add(harness.another(), record(3)))

    kept = read(harness)

    assert [item.sequence for item in kept] == [1, 2, 3]
    assert [json.loads(item.text)["username"] for item in kept] == ["svc-1", "svc-2", "svc-3"]
    assert problem_of(harness) is None


def test_what_is_kept_is_the_record_to_the_microsecond(harness: Harness) -> None:
    moment = NOW + timedelta(microseconds=7)
    harness.run(add(harness.store, record(1, moment)))

    (kept,) = read(harness)

    assert json.loads(kept.text) == {
        "time": "2026-11-23T12:00:00.000007Z", "event": "user.added", "actor": "cli:tester",
        "address": "192.0.2.1", "user_agent": "curl/8", "correlation_id": "c-1",
        "username": "svc-1",
    }  # fmt: skip
    assert kept.recorded_at == int(NOW.timestamp()) * 1_000_000 + 7


def test_records_come_in_pages(harness: Harness) -> None:
    fill(harness, [NOW] * 5)

    pages = [harness.run(harness.store.read_audit(after, 2)) for after in (0, 2, 4, 5)]

    assert [[item.sequence for item in page] for page in pages] == [[1, 2], [3, 4], [5], []]


def test_the_head_is_the_newest_record(harness: Harness) -> None:
    fill(harness, [NOW] * 3)

    _, head = harness.run(harness.another().find_audit_edges())

    newest = read(harness)[-1]
    assert head == Edge(3, newest.link, head.seal)


def test_a_change_that_is_refused_leaves_no_record(harness: Harness) -> None:
    made = Account(AccountId("acme"), "Acme", (ServiceName("nothing"),), NOW)

    with pytest.raises(Unknown):
        harness.run(harness.store.add_account(made, record(1)))

    assert read(harness) == []


def test_workers_that_record_at_once_leave_one_chain_without_a_gap(harness: Harness) -> None:
    async def record_at_once() -> None:
        # A loop of its own connections: each worker has its writer.
        await asyncio.gather(*(add(store, record(n)) for n in range(20) for store in stores))

    stores = [harness.store, harness.another(), harness.another()]
    harness.run(record_at_once())

    assert [item.sequence for item in read(harness)] == list(range(1, 61))
    assert problem_of(harness) is None


def test_pruning_forgets_the_older_ones_and_records_it(harness: Harness) -> None:
    fill(harness, [NOW - timedelta(days=days) for days in (9, 5, 3, 0)])

    count = harness.run(harness.store.prune_audit(NOW - timedelta(days=3), 1_000, PRUNED))

    floor, head = harness.run(harness.another().find_audit_edges())
    assert count == 2
    assert (floor.sequence, head.sequence) == (2, 5)
    assert [item.sequence for item in read(harness)] == [3, 4, 5]
    assert json.loads(read(harness)[-1].text)["event"] == "audit.pruned"
    assert problem_of(harness) is None


def test_pruning_everything_leaves_the_record_of_that(harness: Harness) -> None:
    fill(harness, [NOW] * 3)

    harness.run(harness.store.prune_audit(NOW + timedelta(days=1), 1_000, PRUNED))

    assert [item.sequence for item in read(harness)] == [4]
    assert problem_of(harness) is None


def test_pruning_nothing_records_nothing(harness: Harness) -> None:
    fill(harness, [NOW])

    assert harness.run(harness.store.prune_audit(NOW - timedelta(days=1), 1_000, PRUNED)) == 0
    assert len(read(harness)) == 1


def test_a_clock_that_was_set_back_tears_no_hole(harness: Harness) -> None:
    fill(harness, [NOW - timedelta(days=days) for days in (9, 1, 9, 1)])

    count = harness.run(harness.store.prune_audit(NOW - timedelta(days=5), 1_000, PRUNED))

    assert count == 1
    assert [item.sequence for item in read(harness)] == [2, 3, 4, 5]
    assert problem_of(harness) is None


def test_recording_goes_on_after_pruning(harness: Harness) -> None:
    fill(harness, [NOW] * 2)
    harness.run(harness.store.prune_audit(NOW + timedelta(days=1), 1_000, PRUNED))

    harness.run(add(harness.another(), record(9)))

    assert [item.sequence for item in read(harness)] == [3, 4]
    assert problem_of(harness) is None


def test_no_more_is_forgotten_at_once_than_was_asked_for(harness: Harness) -> None:
    fill(harness, [NOW - timedelta(days=9)] * 5)
    before = NOW - timedelta(days=1)

    counts = [
        harness.run(harness.store.prune_audit(before, 2, record))
        for record in (PRUNED, None, None, None)
    ]

    assert counts == [2, 2, 1, 0]
    assert [item.sequence for item in read(harness)] == [6]
    assert problem_of(harness) is None
