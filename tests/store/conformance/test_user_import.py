"""What every store guarantees of service users that are added together."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from watchword.access.audit import AuditRecord, Event
from watchword.access.errors import AlreadyExists, OperatorError, Unknown
from watchword.access.model import Account, AccountId, Digest, ServiceUser, Username

if TYPE_CHECKING:
    from support.stores import Harness

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ACME = Account(AccountId("acme"), "Acme", (), NOW)
RECORD = AuditRecord(Event.USER_ADDED, NOW, "cli:tester")
Row = tuple[ServiceUser, Digest | str, AuditRecord]


def row(name: str, account: str = "acme") -> Row:
    return ServiceUser(Username(name), AccountId(account), NOW), "$argon2id$...", RECORD


@pytest.fixture
def filled(harness: Harness) -> Harness:
    harness.run(harness.store.add_account(ACME, RECORD))
    harness.run(harness.store.add_service_user(*row("svc-0")))
    return harness


def test_all_are_added_with_a_record_each(filled: Harness) -> None:
    filled.run(filled.store.add_service_users([row("svc-1"), row("svc-2")]))

    users = filled.run(filled.another().list_service_users(None, None, 10))
    assert [user.username for user in users] == ["svc-0", "svc-1", "svc-2"]
    assert len(filled.run(filled.store.read_audit(0, 10))) == 4


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        (row("svc-0"), AlreadyExists),
        (row("svc-1"), AlreadyExists),
        (row("svc-9", "nobody"), Unknown),
    ],
)
def test_none_is_added_when_one_cannot_be(
    filled: Harness, broken: Row, error: type[OperatorError]
) -> None:
    with pytest.raises(error):
        filled.run(filled.store.add_service_users([row("svc-1"), row("svc-2"), broken]))

    users = filled.run(filled.store.list_service_users(None, None, 10))
    assert [user.username for user in users] == ["svc-0"]
    assert len(filled.run(filled.store.read_audit(0, 10))) == 2
