"""What every store guarantees of the signing keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from watchword.access.audit import AuditRecord, Event
from watchword.access.errors import StoreUnavailable
from watchword.access.signing import SealedKey

if TYPE_CHECKING:
    from support.stores import Harness

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
RECORD = AuditRecord(Event.SIGNING_ROTATED, NOW, "cli:tester")
FIRST, SECOND, THIRD = (
    SealedKey(kid, b"sealed " + kid.encode(), NOW, NOW + timedelta(minutes=minutes))
    for kid, minutes in (("z", 10), ("a", 0), ("m", 20))
)


@pytest.fixture
def filled(harness: Harness) -> Harness:
    for key in (FIRST, SECOND):
        harness.run(harness.store.add_signing_key(key, RECORD))
    return harness


def test_keys_come_back_whole_and_in_the_order_of_their_making(filled: Harness) -> None:
    filled.run(filled.another().add_signing_key(THIRD, RECORD))

    assert filled.run(filled.store.list_signing_keys()) == [FIRST, SECOND, THIRD]


def test_a_key_is_added_and_others_are_forgotten_in_one_step(filled: Harness) -> None:
    filled.run(filled.store.add_signing_key(THIRD, RECORD, drop=["z", "a"]))

    assert filled.run(filled.another().list_signing_keys()) == [THIRD]


def test_a_key_that_is_there_already_changes_nothing(filled: Harness) -> None:
    with pytest.raises(StoreUnavailable):
        filled.run(filled.store.add_signing_key(FIRST, RECORD, drop=["a"]))

    assert filled.run(filled.store.list_signing_keys()) == [FIRST, SECOND]
    assert len(filled.run(filled.store.read_audit(0, 10))) == 2


def test_forgetting_what_is_not_there_is_no_error(filled: Harness) -> None:
    filled.run(filled.store.add_signing_key(THIRD, RECORD, drop=["nope"]))

    assert len(filled.run(filled.store.list_signing_keys())) == 3
