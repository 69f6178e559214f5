"""What every store guarantees of the operator's records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from watchword.access.errors import AlreadyExists, Malformed, Unknown
from watchword.access.model import (
    Account,
    AccountId,
    ApiKey,
    Digest,
    KeyId,
    Limit,
    Plan,
    PlanName,
    ServiceEntry,
    ServiceName,
    ServiceUser,
    Username,
)
from watchword.access.signing import SealedKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.stores import Harness

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
PROFILE = ServiceEntry(ServiceName("profile"), "Profile", "People.")
EVENTS = ServiceEntry(ServiceName("events"), "Events", "")
ACME = Account(AccountId("acme"), "Acme", (ServiceName("profile"),), NOW)
GONE = Account(AccountId("gone"), "Gone", (), NOW, disabled_at=NOW)
USER = ServiceUser(Username("svc"), ACME.id, NOW)
PLAN = Plan(PlanName("gold"), {ServiceName("profile"): Limit(5, 3, 100)})
KEY = ApiKey(KeyId("key_1"), ACME.id, PLAN.name, "for tests", "wxyz", NOW)
DIGEST, OTHER_DIGEST = Digest(b"1" * 32), Digest(b"2" * 32)
NOBODY: Any = "nobody"


@pytest.fixture
def filled(harness: Harness) -> Harness:
    store = harness.store
    harness.run(store.add_service(PROFILE))
    harness.run(store.add_service(EVENTS))
    harness.run(store.add_plan(PLAN))
    harness.run(store.add_account(ACME))
    harness.run(store.add_service_user(USER, DIGEST))
    harness.run(store.add_api_key(KEY, DIGEST))
    return harness


def test_what_was_added_is_returned_by_every_worker(filled: Harness) -> None:
    for store in (filled.store, filled.another()):
        assert filled.run(store.get_account(ACME.id)) == ACME
        assert filled.run(store.list_accounts()) == [ACME]
        assert filled.run(store.get_service_user(USER.username)) == USER
        assert filled.run(store.list_service_users(None)) == [USER]
        assert filled.run(store.list_service_users(ACME.id)) == [USER]
        assert filled.run(store.list_service_users(NOBODY)) == []
        assert filled.run(store.get_api_key(KEY.id)) == KEY
        assert filled.run(store.list_api_keys(None)) == [KEY]
        assert filled.run(store.list_api_keys(NOBODY)) == []
        assert filled.run(store.get_plan(PLAN.name)) == PLAN
        assert filled.run(store.list_plans()) == [PLAN]
        assert filled.run(store.get_service(PROFILE.name)) == PROFILE
        assert filled.run(store.list_services()) == [EVENTS, PROFILE]


def test_adding_twice_is_refused_and_changes_nothing(filled: Harness) -> None:
    store = filled.store
    other = Account(ACME.id, "Another", (), NOW)
    for adding in (
        store.add_account(other),
        store.add_service_user(ServiceUser(USER.username, ACME.id, NOW), OTHER_DIGEST),
        store.add_plan(Plan(PLAN.name, {})),
        store.add_service(PROFILE),
        store.add_api_key(KEY, OTHER_DIGEST),
        store.add_api_key(ApiKey(KeyId("key_2"), ACME.id, PLAN.name, "", "wxyz", NOW), DIGEST),
    ):
        with pytest.raises(AlreadyExists, match="exists already"):
            filled.run(adding)

    assert filled.run(store.get_account(ACME.id)) == ACME
    assert filled.run(store.get_plan(PLAN.name)) == PLAN


def test_a_reference_to_nothing_is_unknown_and_changes_nothing(filled: Harness) -> None:
    store = filled.store
    new = Account(AccountId("new"), "New", (ServiceName("profile"), ServiceName("nope")), NOW)
    for changing in (
        store.add_account(new),
        store.add_service_user(ServiceUser(Username("x"), NOBODY, NOW), DIGEST),
        store.add_api_key(ApiKey(KeyId("key_2"), NOBODY, PLAN.name, "", "wxyz", NOW), DIGEST),
        store.add_api_key(ApiKey(KeyId("key_2"), ACME.id, NOBODY, "", "wxyz", NOW), DIGEST),
        store.set_entitlement(NOBODY, PROFILE.name, is_granted=True),
        store.set_entitlement(ACME.id, NOBODY, is_granted=True),
        store.set_account_disabled(NOBODY, NOW),
        store.set_service_user_disabled(NOBODY, NOW),
        store.set_api_key_disabled(NOBODY, NOW),
        store.set_service_disabled(NOBODY, NOW),
        store.set_limit(NOBODY, PROFILE.name, Limit(1, 1, None)),
        store.rotate_password(NOBODY, DIGEST, now=NOW, old_until=NOW),
        store.rotate_api_key(NOBODY, NOW, KEY, DIGEST),
        store.get_account(NOBODY),
        store.get_service_user(NOBODY),
        store.get_api_key(NOBODY),
        store.get_plan(NOBODY),
        store.get_service(NOBODY),
    ):
        with pytest.raises(Unknown, match="there is no"):
            filled.run(changing)

    assert filled.run(store.list_accounts()) == [ACME]
    assert filled.run(store.list_service_users(None)) == [USER]


def test_disabling_keeps_its_first_moment_and_enabling_clears_it(filled: Harness) -> None:
    store = filled.store
    later = NOW + timedelta(days=1)
    changes: list[tuple[Callable[[Any], Any], Callable[[], Any]]] = [
        (lambda at: store.set_account_disabled(ACME.id, at), lambda: store.get_account(ACME.id)),
        (
            lambda at: store.set_service_user_disabled(USER.username, at),
            lambda: store.get_service_user(USER.username),
        ),
        (lambda at: store.set_api_key_disabled(KEY.id, at), lambda: store.get_api_key(KEY.id)),
        (
            lambda at: store.set_service_disabled(PROFILE.name, at),
            lambda: store.get_service(PROFILE.name),
        ),
    ]
    for change, get in changes:
        filled.run(change(NOW))
        filled.run(change(later))
        assert filled.run(get()).disabled_at == NOW
        filled.run(change(None))
        assert filled.run(get()).disabled_at is None


def test_what_was_disabled_before_it_was_added_stays_so(filled: Harness) -> None:
    store = filled.store
    user = ServiceUser(Username("gone"), ACME.id, NOW, disabled_at=NOW)
    service = ServiceEntry(ServiceName("gone"), "Gone", "", disabled_at=NOW)
    filled.run(store.add_account(GONE))
    filled.run(store.add_service_user(user, DIGEST))
    filled.run(store.add_service(service))

    assert filled.run(store.get_account(GONE.id)) == GONE
    assert filled.run(store.get_service_user(user.username)) == user
    assert filled.run(store.get_service(service.name)) == service


def test_granting_and_withdrawing_twice_is_once(filled: Harness) -> None:
    store = filled.store
    for _ in range(2):
        filled.run(store.set_entitlement(ACME.id, EVENTS.name, is_granted=True))
    assert filled.run(store.get_account(ACME.id)).services == ("events", "profile")
    for _ in range(2):
        filled.run(store.set_entitlement(ACME.id, PROFILE.name, is_granted=False))
    assert filled.run(store.get_account(ACME.id)).services == ("events",)


def test_a_limit_is_set_and_replaced(filled: Harness) -> None:
    store = filled.store
    filled.run(store.set_limit(PLAN.name, PROFILE.name, Limit(9, 1, None)))
    filled.run(store.set_limit(PLAN.name, EVENTS.name, Limit(1, 2, 0)))

    assert filled.run(store.get_plan(PLAN.name)).limits == {
        "profile": Limit(9, 1, None),
        "events": Limit(1, 2, 0),
    }


def test_a_rotated_key_ends_at_its_moment_or_earlier(filled: Harness) -> None:
    store = filled.store
    new = ApiKey(KeyId("key_2"), ACME.id, PLAN.name, "", "2222", NOW)
    newest = ApiKey(KeyId("key_3"), ACME.id, PLAN.name, "", "3333", NOW)
    end = NOW + timedelta(hours=1)
    filled.run(store.rotate_api_key(KEY.id, end, new, OTHER_DIGEST))
    filled.run(store.rotate_api_key(KEY.id, end + timedelta(days=9), newest, Digest(b"3" * 32)))

    assert filled.run(store.get_api_key(KEY.id)).expires_at == end
    assert filled.run(store.get_api_key(new.id)) == new


def test_signing_keys_come_back_oldest_first(harness: Harness) -> None:
    keys = [SealedKey(kid, b"sealed", NOW) for kid in ("z", "a", "m")]
    for key in keys:
        harness.run(harness.store.add_signing_key(key))

    assert harness.run(harness.another().list_signing_keys()) == keys


def test_issuers_are_remembered_once(harness: Harness) -> None:
    for url in ("https://a.example", "https://b.example", "https://a.example"):
        harness.run(harness.store.add_issuer(url))

    assert sorted(harness.run(harness.another().list_issuers())) == [
        "https://a.example",
        "https://b.example",
    ]


@pytest.mark.parametrize(
    ("rate", "burst", "quota"), [(0, 1, 1), (1, 0, 1), (1, 1, -1), (10**13, 1, 1), (1, 1, 10**20)]
)
def test_a_limit_that_limits_nothing_is_no_limit(rate: int, burst: int, quota: int) -> None:
    with pytest.raises(Malformed, match="at least"):
        Limit(rate, burst, quota)
