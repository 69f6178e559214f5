"""What every store guarantees of the guard's reads: each sees the last commit of anybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from watchword.access.audit import AuditRecord, Event
from watchword.access.credentials import NO_KEY
from watchword.access.ledger import Asked, Found, Verdict
from watchword.access.limiter import Buckets
from watchword.access.model import (
    Account,
    AccountId,
    ApiKey,
    Digest,
    DocumentLimits,
    KeyId,
    Limit,
    LiveToken,
    Plan,
    PlanName,
    ServiceEntry,
    ServiceName,
    ServiceUser,
    Standing,
    Username,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from support.stores import Harness
    from watchword.access.ports import Store

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
RECORD = AuditRecord(Event.ACCOUNT_ADDED, NOW, "cli:tester")
USER, ACCOUNT, PLAN = Username("svc"), AccountId("acme"), PlanName("p")
PROFILE, KEY, DIGEST = ServiceName("profile"), KeyId("key_1"), Digest(b"k" * 32)
LIMIT = Limit(5, 3, 100)


def raise_generation(found: Found) -> Verdict[None]:
    return Verdict(None, live=LiveToken(found.next_generation, f"{found.next_generation}", NOW))


def issue(store: Store) -> Awaitable[object]:
    asked = Asked(USER, DIGEST, Buckets.of(None, USER), NOW)
    return store.settle(asked, raise_generation)


@pytest.fixture
def registered(harness: Harness) -> Harness:
    store = harness.store
    harness.run(store.add_service(ServiceEntry(PROFILE, "Profile", ""), RECORD))
    harness.run(store.add_account(Account(ACCOUNT, "Acme", (PROFILE,), NOW), RECORD))
    harness.run(store.add_plan(Plan(PLAN, {PROFILE: LIMIT}), RECORD))
    harness.run(store.add_api_key(ApiKey(KEY, ACCOUNT, PLAN, "", "kkkk", NOW), DIGEST, RECORD))
    harness.run(store.add_service_user(ServiceUser(USER, ACCOUNT, NOW), Digest(b"p" * 32), RECORD))
    return harness


def find(harness: Harness, store: Store) -> Standing:
    standing = harness.run(store.find_standing(USER, DIGEST))
    assert standing is not None
    return standing


def generation(standing: Standing) -> int | None:
    return None if standing.live is None else standing.live.generation


CHANGES: dict[str, Callable[[Store], Awaitable[object]]] = {
    "a token is issued": issue,
    "the user is disabled": lambda s: s.set_service_user_disabled(USER, NOW, RECORD),
    "the account is disabled": lambda s: s.set_account_disabled(ACCOUNT, NOW, RECORD),
    "the key is disabled": lambda s: s.set_api_key_disabled(KEY, NOW, RECORD),
    "the key gets an end": lambda s: s.rotate_api_key(
        KEY,
        NOW + timedelta(hours=1),
        ApiKey(KeyId("key_2"), ACCOUNT, PLAN, "", "kkkk", NOW),
        Digest(b"n" * 32),
        RECORD,
    ),
    "the service is disabled": lambda s: s.set_service_disabled(PROFILE, NOW, RECORD),
    "the service is withdrawn": lambda s: s.set_entitlement(
        ACCOUNT, PROFILE, RECORD, is_granted=False
    ),
    "the plan's limit is set": lambda s: s.change_limit(
        PLAN, PROFILE, lambda _: (Limit(9, 9, None), RECORD)
    ),
    "what documents the plan lets through": lambda s: s.change_documents(
        PLAN, lambda documents: (replace(documents, trusted_only=True), RECORD)
    ),
    "a package is granted": lambda s: s.set_package(ACCOUNT, "wealth", RECORD, is_granted=True),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.parametrize("is_own", [True, False], ids=["own change", "another worker's change"])
def test_a_change_is_seen_by_the_very_next_read(
    registered: Harness, change: Callable[[Store], Awaitable[object]], is_own: bool
) -> None:
    reader = registered.store
    writer = reader if is_own else registered.another()
    before = find(registered, reader)
    assert find(registered, reader) == before

    registered.run(change(writer))

    assert find(registered, reader) != before


def test_standings_keep_up_with_many_changes_of_several_workers(registered: Harness) -> None:
    stores = [registered.store, registered.another(), registered.another()]

    for expected in range(1, 60):
        registered.run(issue(stores[expected % 3]))

        assert [generation(find(registered, store)) for store in stores] == [expected] * 3


def test_what_is_counted_is_no_reason_to_read_anew(registered: Harness) -> None:
    before = find(registered, registered.store)

    registered.run(registered.another().add_usage({}))

    assert find(registered, registered.store) == before


def test_the_standing_holds_the_limits_of_the_key_s_plan(registered: Harness) -> None:
    assert find(registered, registered.store).limits == {PROFILE: LIMIT}


def test_the_standing_holds_what_documents_the_key_s_plan_lets_through(
    registered: Harness,
) -> None:
    limits = DocumentLimits(1, 2, 3, 4, 5, 6, introspection=True, trusted_only=True)
    assert find(registered, registered.store).documents == DocumentLimits()

    registered.run(registered.store.change_documents(PLAN, lambda _: (limits, RECORD)))

    assert find(registered, registered.store).documents == limits


def test_the_standing_holds_the_packages_of_the_service_user_s_account(
    registered: Harness,
) -> None:
    store = registered.store
    other = Account(AccountId("other"), "Other", (), NOW, packages=("personal",))
    registered.run(store.add_account(other, RECORD))
    assert find(registered, store).packages == frozenset()

    for package in ("wealth", "giving"):
        registered.run(store.set_package(ACCOUNT, package, RECORD, is_granted=True))
    assert find(registered, store).packages == {"wealth", "giving"}
    registered.run(store.set_package(ACCOUNT, "giving", RECORD, is_granted=False))

    assert find(registered, store).packages == {"wealth"}


def test_a_standing_without_a_known_key_has_the_usual_documents_and_its_packages(
    registered: Harness,
) -> None:
    store = registered.store
    registered.run(store.set_package(ACCOUNT, "wealth", RECORD, is_granted=True))

    standing = registered.run(store.find_standing(USER, NO_KEY))

    assert standing is not None
    assert (standing.documents, standing.packages) == (
        DocumentLimits(),
        frozenset({"wealth"}),
    )


def test_a_service_is_found_as_it_is_registered_now(registered: Harness) -> None:
    reader, writer = registered.store, registered.another()
    entry = registered.run(reader.find_service(PROFILE))
    assert entry == ServiceEntry(PROFILE, "Profile", "")
    assert registered.run(reader.find_service(ServiceName("orders"))) is None
    routed = replace(entry, upstream="http://127.0.0.1:1/", allows_preflight=True)

    registered.run(writer.change_service(PROFILE, lambda _: (routed, RECORD)))
    added = ServiceEntry(ServiceName("orders"), "Orders", "", upstream="http://a/")
    registered.run(writer.add_service(added, RECORD))

    assert registered.run(reader.find_service(PROFILE)) == routed
    assert registered.run(reader.find_service(ServiceName("orders"))) == added
