"""What every store guarantees of API keys that are added together."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from watchword.access.audit import AuditRecord, Event
from watchword.access.errors import AlreadyExists, OperatorError, Unknown
from watchword.access.model import Account, AccountId, ApiKey, Digest, KeyId, Plan, PlanName

if TYPE_CHECKING:
    from support.stores import Harness

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ACME = Account(AccountId("acme"), "Acme", (), NOW)
GOLD = Plan(PlanName("gold"))
RECORD = AuditRecord(Event.KEY_ADDED, NOW, "cli:tester")
Row = tuple[ApiKey, Digest, AuditRecord]


def row(
    number: int, digest: int | None = None, *, account: str = "acme", plan: str = "gold"
) -> Row:
    key = ApiKey(
        KeyId(f"key_{number}"),
        AccountId(account),
        PlanName(plan),
        f"number {number}",
        "wxyz",
        NOW + timedelta(seconds=number),
    )
    return key, Digest(bytes([number if digest is None else digest]) * 32), RECORD


@pytest.fixture
def filled(harness: Harness) -> Harness:
    harness.run(harness.store.add_account(ACME, RECORD))
    harness.run(harness.store.add_plan(GOLD, RECORD))
    harness.run(harness.store.add_api_key(*row(0)))
    return harness


def test_all_are_added_as_they_are_with_a_record_each(filled: Harness) -> None:
    first, digest, record = row(1)
    disabled = replace(first, disabled_at=NOW, expires_at=NOW)

    filled.run(filled.store.add_api_keys([(disabled, digest, record), row(2)]))

    keys = filled.run(filled.another().list_api_keys(None, None, 10))
    assert keys == [row(0)[0], disabled, row(2)[0]]
    assert len(filled.run(filled.store.read_audit(0, 10))) == 5


def test_none_are_added_with_no_record(filled: Harness) -> None:
    filled.run(filled.store.add_api_keys([]))

    assert len(filled.run(filled.store.read_audit(0, 10))) == 3


@pytest.mark.parametrize(
    ("broken", "error", "name"),
    [
        (row(0, 9), AlreadyExists, "key_0"),
        (row(9, 0), AlreadyExists, "key_9"),
        (row(1, 9), AlreadyExists, "key_1"),
        (row(9, 1), AlreadyExists, "key_9"),
        (row(9, account="nobody"), Unknown, None),
        (row(9, plan="nothing"), Unknown, None),
    ],
)
def test_none_is_added_when_one_cannot_be(
    filled: Harness, broken: Row, error: type[OperatorError], name: str | None
) -> None:
    with pytest.raises(error) as refused:
        filled.run(filled.store.add_api_keys([row(1), row(2), broken, row(3)]))

    assert getattr(refused.value, "name", None) == name
    keys = filled.run(filled.store.list_api_keys(None, None, 10))
    assert [key.id for key in keys] == ["key_0"]
    assert len(filled.run(filled.store.read_audit(0, 10))) == 3


def test_of_lists_that_share_a_key_and_come_at_once_one_is_added_whole(filled: Harness) -> None:
    another = filled.another()

    outcomes = filled.gather(
        filled.store.add_api_keys([row(1), row(2)]),
        another.add_api_keys([row(3), row(4, 2)]),
        filled.store.add_api_keys([row(5), row(6, 2)]),
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) == [
        "AlreadyExists",
        "AlreadyExists",
        "NoneType",
    ]
    keys = {key.id for key in filled.run(another.list_api_keys(None, None, 10))}
    assert keys - {"key_0"} in ({"key_1", "key_2"}, {"key_3", "key_4"}, {"key_5", "key_6"})
    assert len(filled.run(another.read_audit(0, 10))) == 5
