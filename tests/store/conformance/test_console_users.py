"""What every store guarantees of the people who sign in to the console."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from watchword.access.audit import AuditRecord, Event
from watchword.access.console import ConsoleCredentials, ConsoleRole, ConsoleUser
from watchword.access.errors import AlreadyExists, Unknown

if TYPE_CHECKING:
    from support.stores import Harness

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ALICE = ConsoleUser("alice", ConsoleRole.ADMIN, NOW, NOW)
BOB = ConsoleUser("bob", ConsoleRole.VIEWER, NOW, NOW)
KEPT = ConsoleCredentials("$argon2id$1", b"sealed")
OTHER = ConsoleCredentials("$argon2id$2", b"sealed anew")
RECORD = AuditRecord(Event.CONSOLE_ADDED, NOW, "cli:tester")
STEP = 59_000_000


@pytest.fixture
def filled(harness: Harness) -> Harness:
    harness.run(harness.store.add_console_user(BOB, OTHER, RECORD))
    harness.run(harness.store.add_console_user(ALICE, KEPT, RECORD))
    return harness


def test_a_person_is_found_by_name_in_every_worker(filled: Harness) -> None:
    for store in (filled.store, filled.another()):
        assert filled.run(store.find_console_user("alice")) == ALICE
        assert filled.run(store.get_console_user("alice")) == ALICE
        assert filled.run(store.find_console_credentials("alice")) == KEPT
        assert filled.run(store.list_console_users()) == [ALICE, BOB]


def test_nobody_is_found_under_another_name(filled: Harness) -> None:
    assert filled.run(filled.store.find_console_user("Alice")) is None
    assert filled.run(filled.store.find_console_credentials("Alice")) is None
    with pytest.raises(Unknown, match="nobody called 'Alice'"):
        filled.run(filled.store.get_console_user("Alice"))


def test_a_name_is_given_once(filled: Harness) -> None:
    with pytest.raises(AlreadyExists, match="'alice' may sign in"):
        filled.run(filled.store.add_console_user(ALICE, OTHER, RECORD))

    assert filled.run(filled.store.find_console_credentials("alice")) == KEPT


def test_a_code_is_used_once_and_none_of_before_is_good_any_more(filled: Harness) -> None:
    other = filled.another()

    assert filled.run(filled.store.use_console_code("alice", STEP, KEPT))
    for step in (STEP, STEP - 1):
        assert not filled.run(other.use_console_code("alice", step, KEPT))
    assert filled.run(other.use_console_code("alice", STEP + 1, KEPT))


def test_of_two_at_once_one_uses_the_code(filled: Harness) -> None:
    stores = [filled.store, filled.another()]

    used = filled.gather(*(store.use_console_code("alice", STEP, KEPT) for store in stores * 5))

    assert sorted(map(bool, used)) == [False] * 9 + [True]


def test_a_code_is_of_no_use_with_credentials_of_before(filled: Harness) -> None:
    filled.run(filled.store.reset_console_user("alice", OTHER, LATER, RECORD))

    assert not filled.run(filled.store.use_console_code("alice", STEP, KEPT))
    assert filled.run(filled.store.find_console_user("alice")) == replace(ALICE, changed_at=LATER)


def test_a_new_factor_has_no_used_codes(filled: Harness) -> None:
    filled.run(filled.store.use_console_code("alice", STEP, KEPT))

    filled.run(filled.store.reset_console_user("alice", OTHER, LATER, RECORD))

    assert filled.run(filled.store.use_console_code("alice", STEP, OTHER))


def test_who_is_disabled_uses_no_code_until_enabled_again(filled: Harness) -> None:
    filled.run(filled.store.set_console_user_disabled("alice", LATER, RECORD))

    assert filled.run(filled.another().get_console_user("alice")).disabled_at == LATER
    assert not filled.run(filled.store.use_console_code("alice", STEP, KEPT))

    filled.run(filled.store.set_console_user_disabled("alice", None, RECORD))

    assert filled.run(filled.store.use_console_code("alice", STEP, KEPT))


def test_changing_nobody_is_refused_and_recorded_nowhere(filled: Harness) -> None:
    for change in (
        filled.store.reset_console_user("carol", OTHER, LATER, RECORD),
        filled.store.set_console_user_disabled("carol", LATER, RECORD),
    ):
        with pytest.raises(Unknown, match="nobody called 'carol'"):
            filled.run(change)

    assert len(filled.run(filled.store.read_audit(0, 10))) == 2
