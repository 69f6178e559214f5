"""What every store guarantees of the operators' tokens."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from watchword.access.audit import AuditRecord, Event
from watchword.access.credentials import NO_KEY
from watchword.access.errors import AlreadyExists, Unknown
from watchword.access.model import Digest, OperatorScope, OperatorToken

if TYPE_CHECKING:
    from support.stores import Harness

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
ALICE = OperatorToken("alice", OperatorScope.ADMIN, NOW, NOW + timedelta(days=90))
GATEWAY = OperatorToken("gateway", OperatorScope.INTROSPECT, NOW, NOW + timedelta(days=1))
DIGEST, OTHER_DIGEST = Digest(b"1" * 32), Digest(b"2" * 32)
RECORD = AuditRecord(Event.OPERATOR_ADDED, NOW, "cli:tester")


@pytest.fixture
def filled(harness: Harness) -> Harness:
    harness.run(harness.store.add_operator(GATEWAY, OTHER_DIGEST, RECORD))
    harness.run(harness.store.add_operator(ALICE, DIGEST, RECORD))
    return harness


def test_a_token_is_found_by_its_digest_in_every_worker(filled: Harness) -> None:
    for store in (filled.store, filled.another()):
        assert filled.run(store.find_operator(DIGEST)) == ALICE
        assert filled.run(store.find_operator(OTHER_DIGEST)) == GATEWAY


@pytest.mark.parametrize("digest", [NO_KEY, Digest(b"3" * 32)])
def test_another_digest_finds_nobody(filled: Harness, digest: Digest) -> None:
    assert filled.run(filled.store.find_operator(digest)) is None


def test_operators_are_listed_by_name(filled: Harness) -> None:
    assert filled.run(filled.another().list_operators()) == [ALICE, GATEWAY]


def test_a_name_or_a_digest_is_given_once(filled: Harness) -> None:
    for operator, digest in (
        (ALICE, Digest(b"3" * 32)),
        (replace(ALICE, name="bob"), DIGEST),
    ):
        with pytest.raises(AlreadyExists, match="exists already"):
            filled.run(filled.store.add_operator(operator, digest, RECORD))

    assert filled.run(filled.store.list_operators()) == [ALICE, GATEWAY]


def test_a_revoked_token_stays_revoked_from_its_first_moment_on(filled: Harness) -> None:
    for later in (NOW, NOW + timedelta(days=1)):
        filled.run(filled.store.revoke_operator("alice", later, RECORD))

    found = filled.run(filled.another().find_operator(DIGEST))
    assert found == replace(ALICE, revoked_at=NOW)


def test_revoking_nobody_is_refused_and_recorded_nowhere(filled: Harness) -> None:
    with pytest.raises(Unknown, match="there is no operator 'nobody'"):
        filled.run(filled.store.revoke_operator("nobody", NOW, RECORD))

    assert len(filled.run(filled.store.read_audit(0, 10))) == 2
