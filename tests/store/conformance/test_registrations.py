"""What every store guarantees of the operator's records."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from watchword.access.audit import AuditRecord, Event
from watchword.access.errors import (
    AlreadyExists,
    Malformed,
    NotAllowed,
    StoreUnavailable,
    Unknown,
)
from watchword.access.model import (
    Account,
    AccountId,
    ApiKey,
    Digest,
    DocumentLimits,
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
from watchword.access.trusted_documents import (
    ListedDocument,
    TrustedDocument,
    to_document_id,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from support.stores import Harness
    from watchword.access.ports import Store
    from watchword.access.register import RequireKeys

    Changing = Callable[[Store, AuditRecord], Awaitable[None]]
    Listing = Callable[[Store, str | None, int], Awaitable[list[Any]]]

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
PROFILE = ServiceEntry(ServiceName("profile"), "Profile", "People.")
EVENTS = ServiceEntry(ServiceName("events"), "Events", "")
ACME = Account(AccountId("acme"), "Acme", (ServiceName("profile"),), NOW)
GONE = Account(AccountId("gone"), "Gone", (), NOW, disabled_at=NOW)
USER = ServiceUser(Username("svc"), ACME.id, NOW)
PLAN = Plan(PlanName("gold"), {ServiceName("profile"): Limit(5, 3, 100)})
KEY = ApiKey(KeyId("key_1"), ACME.id, PLAN.name, "for tests", "wxyz", NOW)
KEY_2 = ApiKey(KeyId("key_2"), ACME.id, PLAN.name, "", "2222", NOW)
STRICT = DocumentLimits(1, 2, 3, 4, 5, 6, introspection=True, trusted_only=True)
DOCUMENT = TrustedDocument(to_document_id("{ a }"), PROFILE.name, None, "{ a }", NOW)
DIGEST, OTHER_DIGEST = Digest(b"1" * 32), Digest(b"2" * 32)
RECORD = AuditRecord(Event.ACCOUNT_ADDED, NOW, "cli:tester")
MANY = 1_000
NOBODY: Any = "nobody"
LISTED = ListedDocument(DOCUMENT.id, PROFILE.name, None, "{ a }", 5, NOW)


@pytest.fixture
def filled(harness: Harness) -> Harness:
    store = harness.store
    harness.run(store.add_service(PROFILE, RECORD))
    harness.run(store.add_service(EVENTS, RECORD))
    harness.run(store.add_plan(PLAN, RECORD))
    harness.run(store.add_account(ACME, RECORD))
    harness.run(store.add_service_user(USER, DIGEST, RECORD))
    harness.run(store.add_api_key(KEY, DIGEST, RECORD))
    harness.run(store.add_document(DOCUMENT, RECORD))
    return harness


def recorded(harness: Harness) -> list[dict[str, Any]]:
    """Return the audit records, as another worker reads them."""
    kept = harness.run(harness.another().read_audit(0, MANY))
    return [json.loads(record.text) for record in kept]


CHANGES: dict[str, Changing] = {
    "add_account": lambda store, record: store.add_account(GONE, record),
    "set_account_disabled": lambda store, record: store.set_account_disabled(ACME.id, NOW, record),
    "set_entitlement": lambda store, record: store.set_entitlement(
        ACME.id, EVENTS.name, record, is_granted=True
    ),
    "set_package": lambda store, record: store.set_package(
        ACME.id, "wealth", record, is_granted=True
    ),
    "add_service_user": lambda store, record: store.add_service_user(
        ServiceUser(Username("svc-2"), ACME.id, NOW), DIGEST, record
    ),
    "set_service_user_disabled": lambda store, record: store.set_service_user_disabled(
        USER.username, NOW, record
    ),
    "rotate_password": lambda store, record: store.rotate_password(
        USER.username, OTHER_DIGEST, record, now=NOW, old_until=NOW
    ),
    "add_api_key": lambda store, record: store.add_api_key(KEY_2, OTHER_DIGEST, record),
    "rotate_api_key": lambda store, record: store.rotate_api_key(
        KEY.id, NOW, KEY_2, OTHER_DIGEST, record
    ),
    "move_api_key": lambda store, record: store.move_api_key(KEY.id, PLAN.name, record),
    "set_api_key_disabled": lambda store, record: store.set_api_key_disabled(KEY.id, NOW, record),
    "add_plan": lambda store, record: store.add_plan(Plan(PlanName("silver")), record),
    "change_limit": lambda store, record: store.change_limit(
        PLAN.name, EVENTS.name, lambda _: (Limit(1, 1, None), record)
    ),
    "change_limit to none": lambda store, record: store.change_limit(
        PLAN.name, PROFILE.name, lambda _: (None, record)
    ),
    "change_documents": lambda store, record: store.change_documents(
        PLAN.name, lambda _: (STRICT, record)
    ),
    "add_service": lambda store, record: store.add_service(
        ServiceEntry(ServiceName("matching"), "Matching", ""), record
    ),
    "change_service": lambda store, record: store.change_service(
        PROFILE.name, lambda entry: (replace(entry, title="People"), record)
    ),
    "set_service_disabled": lambda store, record: store.set_service_disabled(
        PROFILE.name, NOW, record
    ),
    "add_document": lambda store, record: store.add_document(
        replace(DOCUMENT, text="{ b }", id=to_document_id("{ b }")), record
    ),
    "remove_document": lambda store, record: store.remove_document(
        PROFILE.name, None, DOCUMENT.id, record
    ),
    "add_signing_key": lambda store, record: store.add_signing_key(
        SealedKey("kid", b"sealed", NOW, NOW), record
    ),
}
UNKNOWN: dict[str, Changing] = {
    "account with an unknown service": lambda store, record: store.add_account(
        Account(AccountId("new"), "New", (PROFILE.name, NOBODY), NOW), record
    ),
    "user of nobody": lambda store, record: store.add_service_user(
        ServiceUser(Username("x"), NOBODY, NOW), DIGEST, record
    ),
    "key of nobody": lambda store, record: store.add_api_key(
        ApiKey(KeyId("key_2"), NOBODY, PLAN.name, "", "wxyz", NOW), OTHER_DIGEST, record
    ),
    "key on no plan": lambda store, record: store.add_api_key(
        ApiKey(KeyId("key_2"), ACME.id, NOBODY, "", "wxyz", NOW), OTHER_DIGEST, record
    ),
    "service to nobody": lambda store, record: store.set_entitlement(
        NOBODY, PROFILE.name, record, is_granted=True
    ),
    "no service": lambda store, record: store.set_entitlement(
        ACME.id, NOBODY, record, is_granted=True
    ),
    "package to nobody": lambda store, record: store.set_package(
        NOBODY, "wealth", record, is_granted=True
    ),
    "documents of no plan": lambda store, record: store.change_documents(
        NOBODY, lambda documents: (documents, record)
    ),
    "document of no service": lambda store, record: store.add_document(
        replace(DOCUMENT, service=NOBODY), record
    ),
    "document of nobody": lambda store, record: store.add_document(
        replace(DOCUMENT, account=NOBODY), record
    ),
    "document": lambda store, record: store.remove_document(PROFILE.name, None, NOBODY, record),
    "another account's document": lambda store, record: store.remove_document(
        PROFILE.name, ACME.id, DOCUMENT.id, record
    ),
    "account": lambda store, record: store.set_account_disabled(NOBODY, NOW, record),
    "user": lambda store, record: store.set_service_user_disabled(NOBODY, NOW, record),
    "key": lambda store, record: store.set_api_key_disabled(NOBODY, NOW, record),
    "move of no key": lambda store, record: store.move_api_key(NOBODY, PLAN.name, record),
    "move to no plan": lambda store, record: store.move_api_key(KEY.id, NOBODY, record),
    "change of no service": lambda store, record: store.change_service(
        NOBODY, lambda entry: (entry, record)
    ),
    "service": lambda store, record: store.set_service_disabled(NOBODY, NOW, record),
    "limit of no plan": lambda store, record: store.change_limit(
        NOBODY, PROFILE.name, lambda _: (Limit(1, 1, None), record)
    ),
    "password of nobody": lambda store, record: store.rotate_password(
        NOBODY, DIGEST, record, now=NOW, old_until=NOW
    ),
    "rotation of no key": lambda store, record: store.rotate_api_key(
        NOBODY, NOW, KEY_2, OTHER_DIGEST, record
    ),
}
TWICE: dict[str, Changing] = {
    "account": lambda store, record: store.add_account(
        Account(ACME.id, "Another", (), NOW), record
    ),
    "user": lambda store, record: store.add_service_user(USER, OTHER_DIGEST, record),
    "plan": lambda store, record: store.add_plan(Plan(PLAN.name, {}), record),
    "service": lambda store, record: store.add_service(PROFILE, record),
    "key by its id": lambda store, record: store.add_api_key(KEY, OTHER_DIGEST, record),
    "key by its digest": lambda store, record: store.add_api_key(KEY_2, DIGEST, record),
}
LISTS: dict[str, Listing] = {
    "accounts": lambda store, after, limit: store.list_accounts(after, limit),
    "users": lambda store, after, limit: store.list_service_users(None, after, limit),
    "users of one account": lambda store, after, limit: store.list_service_users(
        ACME.id, after, limit
    ),
    "keys": lambda store, after, limit: store.list_api_keys(None, after, limit),
    "keys of one account": lambda store, after, limit: store.list_api_keys(ACME.id, after, limit),
    "plans": lambda store, after, limit: store.list_plans(after, limit),
    "services": lambda store, after, limit: store.list_services(after, limit),
    "documents": lambda store, after, limit: store.list_documents(None, None, after, limit),
    "documents of one service": lambda store, after, limit: store.list_documents(
        PROFILE.name, None, after, limit
    ),
    "documents of one account": lambda store, after, limit: store.list_documents(
        None, ACME.id, after, limit
    ),
}


def test_what_was_added_is_returned_by_every_worker(filled: Harness) -> None:
    for store in (filled.store, filled.another()):
        assert filled.run(store.get_account(ACME.id)) == ACME
        assert filled.run(store.list_accounts(None, MANY)) == [ACME]
        assert filled.run(store.get_service_user(USER.username)) == USER
        assert filled.run(store.list_service_users(None, None, MANY)) == [USER]
        assert filled.run(store.list_service_users(ACME.id, None, MANY)) == [USER]
        assert filled.run(store.list_service_users(NOBODY, None, MANY)) == []
        assert filled.run(store.get_api_key(KEY.id)) == KEY
        assert filled.run(store.list_api_keys(None, None, MANY)) == [KEY]
        assert filled.run(store.list_api_keys(NOBODY, None, MANY)) == []
        assert filled.run(store.get_plan(PLAN.name)) == PLAN
        assert filled.run(store.list_plans(None, MANY)) == [PLAN]
        assert filled.run(store.get_service(PROFILE.name)) == PROFILE
        assert filled.run(store.list_services(None, MANY)) == [EVENTS, PROFILE]
        assert filled.run(store.get_document(PROFILE.name, None, DOCUMENT.id)) == DOCUMENT
        assert filled.run(store.list_documents(None, None, None, MANY)) == [LISTED]


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_each_change_leaves_exactly_its_record_in_the_audit_log(
    filled: Harness, change: Changing
) -> None:
    before = recorded(filled)
    record = AuditRecord(Event.LIMIT_SET, NOW, "operator:alice", facts={"word": "told"})

    filled.run(change(filled.store, record))

    assert recorded(filled)[len(before) :] == [
        {
            "time": "2026-11-23T12:00:00.123456Z",
            "event": "limit.set",
            "actor": "operator:alice",
            "word": "told",
        }
    ]


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_that_cannot_be_recorded_is_not_made(filled: Harness, change: Changing) -> None:
    before = everything(filled)
    unwritable: Any = object()
    record = AuditRecord(Event.LIMIT_SET, NOW, "operator:alice", facts={"word": unwritable})

    with pytest.raises(StoreUnavailable, match="nothing was written"):
        filled.run(change(filled.store, record))

    assert everything(filled) == before


@pytest.mark.parametrize("change", TWICE.values(), ids=TWICE.keys())
def test_adding_twice_is_refused_and_changes_and_records_nothing(
    filled: Harness, change: Changing
) -> None:
    before = everything(filled)

    with pytest.raises(AlreadyExists, match="exists already"):
        filled.run(change(filled.store, RECORD))

    assert everything(filled) == before


@pytest.mark.parametrize("change", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_a_reference_to_nothing_is_unknown_and_changes_and_records_nothing(
    filled: Harness, change: Changing
) -> None:
    before = everything(filled)

    with pytest.raises(Unknown, match="there is no"):
        filled.run(change(filled.store, RECORD))

    assert everything(filled) == before


def test_what_is_not_there_is_unknown(filled: Harness) -> None:
    store = filled.store
    for getting in (
        store.get_account(NOBODY),
        store.get_service_user(NOBODY),
        store.get_api_key(NOBODY),
        store.get_plan(NOBODY),
        store.get_service(NOBODY),
        store.get_document(PROFILE.name, None, NOBODY),
        store.get_document(PROFILE.name, ACME.id, DOCUMENT.id),
        store.get_document(EVENTS.name, None, DOCUMENT.id),
        store.list_api_keys(None, NOBODY, MANY),
    ):
        with pytest.raises(Unknown, match="there is no"):
            filled.run(getting)


@pytest.mark.parametrize("listing", LISTS.values(), ids=LISTS.keys())
def test_pages_of_any_length_hold_everything_once_and_in_order(
    filled: Harness, listing: Listing
) -> None:
    fill_lists(filled)

    whole = filled.run(listing(filled.store, None, MANY))
    assert len(whole) >= 4
    for limit in range(1, len(whole) + 2):
        pages = read_pages(filled, listing, limit)
        assert all(len(page) == limit for page in pages[:-1])
        assert [item for page in pages for item in page] == whole


def test_keys_are_listed_by_account_and_age(filled: Harness) -> None:
    fill_lists(filled)

    keys = filled.run(filled.store.list_api_keys(None, None, MANY))

    assert [(key.account, key.id) for key in keys] == [
        ("acme", "key_9"),
        ("acme", "key_1"),
        ("acme", "key_7"),
        ("acme", "key_3"),
        ("gone", "key_5"),
    ]


def test_a_page_of_one_account_holds_nothing_of_another(filled: Harness) -> None:
    fill_lists(filled)

    users = filled.run(filled.store.list_service_users(GONE.id, None, MANY))
    keys = filled.run(filled.store.list_api_keys(GONE.id, None, MANY))

    assert [user.username for user in users] == ["m"]
    assert [key.id for key in keys] == ["key_5"]


def test_disabling_keeps_its_first_moment_and_enabling_clears_it(filled: Harness) -> None:
    store = filled.store
    later = NOW + timedelta(days=1)
    changes: list[tuple[Callable[[Any], Any], Callable[[], Any]]] = [
        (
            lambda at: store.set_account_disabled(ACME.id, at, RECORD),
            lambda: store.get_account(ACME.id),
        ),
        (
            lambda at: store.set_service_user_disabled(USER.username, at, RECORD),
            lambda: store.get_service_user(USER.username),
        ),
        (
            lambda at: store.set_api_key_disabled(KEY.id, at, RECORD),
            lambda: store.get_api_key(KEY.id),
        ),
        (
            lambda at: store.set_service_disabled(PROFILE.name, at, RECORD),
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
    filled.run(store.add_account(GONE, RECORD))
    filled.run(store.add_service_user(user, DIGEST, RECORD))
    filled.run(store.add_service(service, RECORD))

    assert filled.run(store.get_account(GONE.id)) == GONE
    assert filled.run(store.get_service_user(user.username)) == user
    assert filled.run(store.get_service(service.name)) == service


def test_granting_and_withdrawing_twice_is_once(filled: Harness) -> None:
    store = filled.store
    for _ in range(2):
        filled.run(store.set_entitlement(ACME.id, EVENTS.name, RECORD, is_granted=True))
    assert filled.run(store.get_account(ACME.id)).services == ("events", "profile")
    for _ in range(2):
        filled.run(store.set_entitlement(ACME.id, PROFILE.name, RECORD, is_granted=False))
    assert filled.run(store.get_account(ACME.id)).services == ("events",)


def test_packages_are_granted_and_withdrawn_and_twice_is_once(filled: Harness) -> None:
    store = filled.store
    for package in ("wealth", "giving", "wealth"):
        filled.run(store.set_package(ACME.id, package, RECORD, is_granted=True))
    assert filled.run(store.get_account(ACME.id)).packages == ("giving", "wealth")
    for _ in range(2):
        filled.run(store.set_package(ACME.id, "giving", RECORD, is_granted=False))
    assert filled.run(store.get_account(ACME.id)).packages == ("wealth",)
    assert filled.run(store.list_accounts(None, MANY))[0].packages == ("wealth",)


def test_an_account_is_added_with_its_packages(filled: Harness) -> None:
    rich = Account(AccountId("rich"), "Rich", (), NOW, packages=("giving", "wealth"))

    filled.run(filled.store.add_account(rich, RECORD))

    assert filled.run(filled.another().get_account(rich.id)) == rich


def test_a_plan_keeps_what_documents_it_lets_through(filled: Harness) -> None:
    store, found = filled.store, list[DocumentLimits]()
    strict = Plan(PlanName("strict"), PLAN.limits, STRICT)
    filled.run(store.add_plan(strict, RECORD))

    def change(documents: DocumentLimits) -> tuple[DocumentLimits, AuditRecord]:
        found.append(documents)
        return replace(documents, depth=9), RECORD

    for name in (PLAN.name, strict.name):
        filled.run(store.change_documents(name, change))

    assert found == [DocumentLimits(), STRICT]
    assert filled.run(filled.another().list_plans(None, MANY)) == [
        replace(PLAN, documents=DocumentLimits(depth=9)),
        replace(strict, documents=replace(STRICT, depth=9)),
    ]


def test_partial_changes_of_documents_at_the_same_time_all_count(filled: Harness) -> None:
    def add_to_depth(documents: DocumentLimits) -> tuple[DocumentLimits, AuditRecord]:
        return replace(documents, depth=documents.depth + 1), RECORD

    stores = (filled.store, filled.another())
    filled.gather(*(store.change_documents(PLAN.name, add_to_depth) for store in stores * 10))

    assert filled.run(filled.store.get_plan(PLAN.name)).documents.depth == 35


def test_a_limit_is_set_and_replaced(filled: Harness) -> None:
    store, found = filled.store, list[Limit | None]()

    def change(limit: Limit | None, to: Limit) -> tuple[Limit, AuditRecord]:
        found.append(limit)
        return to, RECORD

    for service, to in ((PROFILE, Limit(9, 1, None)), (EVENTS, Limit(1, 2, 0))):
        filled.run(store.change_limit(PLAN.name, service.name, partial(change, to=to)))

    assert found == [Limit(5, 3, 100), None]

    assert filled.run(store.get_plan(PLAN.name)).limits == {
        "profile": Limit(9, 1, None),
        "events": Limit(1, 2, 0),
    }


def test_a_limit_that_is_changed_to_none_is_gone(filled: Harness) -> None:
    store = filled.store

    filled.run(store.change_limit(PLAN.name, PROFILE.name, lambda _: (None, RECORD)))

    assert filled.run(store.get_plan(PLAN.name)) == Plan(PLAN.name, {})


def test_partial_changes_of_a_limit_at_the_same_time_all_count(filled: Harness) -> None:
    def add_to_rate(limit: Limit | None) -> tuple[Limit, AuditRecord]:
        assert limit is not None
        return replace(limit, rate=limit.rate + 1), RECORD

    stores = (filled.store, filled.another())
    changes = [store.change_limit(PLAN.name, PROFILE.name, add_to_rate) for store in stores * 10]
    filled.gather(*changes)

    assert filled.run(filled.store.get_plan(PLAN.name)).limits == {"profile": Limit(25, 3, 100)}


def test_a_service_keeps_all_that_a_change_says(filled: Harness) -> None:
    changed = replace(
        PROFILE, title="P", description="D", upstream="http://h/", allows_preflight=True
    )

    filled.run(filled.store.change_service(PROFILE.name, lambda _: (changed, RECORD)))

    assert filled.run(filled.another().get_service(PROFILE.name)) == changed


def test_partial_changes_of_a_service_at_the_same_time_all_count(filled: Harness) -> None:
    def add_to_title(entry: ServiceEntry) -> tuple[ServiceEntry, AuditRecord]:
        return replace(entry, title=entry.title + "!"), RECORD

    stores = (filled.store, filled.another())
    filled.gather(*(store.change_service(PROFILE.name, add_to_title) for store in stores * 10))

    assert filled.run(filled.store.get_service(PROFILE.name)).title == "Profile" + "!" * 20


def test_a_change_that_is_refused_changes_and_records_nothing(filled: Harness) -> None:
    def refuse(_: object) -> Any:
        raise Malformed("no")

    before = everything(filled)
    for change in (
        filled.store.change_service(PROFILE.name, refuse),
        filled.store.change_limit(PLAN.name, PROFILE.name, refuse),
        filled.store.change_documents(PLAN.name, refuse),
    ):
        with pytest.raises(Malformed, match="no"):
            filled.run(change)

    assert everything(filled) == before


def test_a_key_that_is_moved_names_its_new_plan_and_no_other_key_does(filled: Harness) -> None:
    store = filled.store
    filled.run(store.add_api_key(KEY_2, OTHER_DIGEST, RECORD))
    filled.run(store.add_plan(Plan(PlanName("silver")), RECORD))

    filled.run(store.move_api_key(KEY.id, PlanName("silver"), RECORD))

    keys = filled.run(filled.another().list_api_keys(None, None, MANY))
    assert [(key.id, key.plan) for key in keys] == [("key_1", "silver"), ("key_2", "gold")]


def test_a_rotated_key_ends_at_its_moment_or_earlier(filled: Harness) -> None:
    store = filled.store
    newest = ApiKey(KeyId("key_3"), ACME.id, PLAN.name, "", "3333", NOW)
    end = NOW + timedelta(hours=1)
    late = end + timedelta(days=9)
    filled.run(store.rotate_api_key(KEY.id, end, KEY_2, OTHER_DIGEST, RECORD))
    filled.run(store.rotate_api_key(KEY.id, late, newest, Digest(b"3" * 32), RECORD))

    assert filled.run(store.get_api_key(KEY.id)).expires_at == end
    assert filled.run(store.get_api_key(KEY_2.id)) == KEY_2


def test_a_rotated_key_says_which_one_replaced_it(filled: Harness) -> None:
    filled.run(filled.store.rotate_api_key(KEY.id, NOW, KEY_2, OTHER_DIGEST, RECORD))

    assert filled.run(filled.another().get_api_key(KEY.id)) == replace(
        KEY, expires_at=NOW, replaced_by=KEY_2.id
    )


KEY_CHANGES: dict[str, Callable[[Store, RequireKeys], Awaitable[None]]] = {
    "add": lambda store, require: store.add_api_key(KEY_2, OTHER_DIGEST, RECORD, require),
    "rotate": lambda store, require: store.rotate_api_key(
        KEY.id, NOW, KEY_2, OTHER_DIGEST, RECORD, require
    ),
    "disable": lambda store, require: store.set_api_key_disabled(KEY.id, NOW, RECORD, require),
    "enable": lambda store, require: store.set_api_key_disabled(KEY.id, None, RECORD, require),
}


@pytest.mark.parametrize("change", KEY_CHANGES)
def test_a_change_of_keys_is_judged_by_those_of_the_account_in_its_transaction(
    filled: Harness, change: str
) -> None:
    filled.run(filled.store.add_account(replace(ACME, id=AccountId("other")), RECORD))
    theirs = replace(KEY_2, id=KeyId("key_9"), account=AccountId("other"))
    filled.run(filled.store.add_api_key(theirs, Digest(b"9" * 32), RECORD))
    before = everything(filled)
    seen: list[Sequence[ApiKey]] = []

    def refuse(keys: Sequence[ApiKey]) -> None:
        seen.append(keys)
        raise NotAllowed("no")

    with pytest.raises(NotAllowed, match="no"):
        filled.run(KEY_CHANGES[change](filled.store, refuse))

    assert seen == [[KEY]]
    assert everything(filled) == before


def test_so_many_keys_and_no_more_by_two_workers_at_once(filled: Harness) -> None:
    most = 4

    def require(keys: Sequence[ApiKey]) -> None:
        if len(keys) >= most:
            raise NotAllowed("too many")

    stores = (filled.store, filled.another())
    told = filled.gather(
        *(
            stores[number % 2].add_api_key(
                replace(KEY_2, id=KeyId(f"key_{number}")),
                Digest(bytes([number]) * 32),
                RECORD,
                require,
            )
            for number in range(10, 20)
        )
    )

    assert len(filled.run(filled.store.list_api_keys(ACME.id, None, MANY))) == most
    assert sum(isinstance(answer, NotAllowed) for answer in told) == 7


def test_signing_keys_come_back_oldest_first(harness: Harness) -> None:
    keys = [SealedKey(kid, b"sealed", NOW, NOW + timedelta(1)) for kid in ("z", "a", "m")]
    for key in keys:
        harness.run(harness.store.add_signing_key(key, RECORD))

    assert harness.run(harness.another().list_signing_keys()) == keys


def test_a_signing_key_that_is_dropped_goes_with_the_change_that_adds_one(
    harness: Harness,
) -> None:
    old, new = (SealedKey(kid, b"sealed", NOW, NOW) for kid in ("old", "new"))
    harness.run(harness.store.add_signing_key(old, RECORD))

    harness.run(harness.store.add_signing_key(new, RECORD, drop=["old"]))

    assert harness.run(harness.another().list_signing_keys()) == [new]


def test_issuers_are_remembered_once(harness: Harness) -> None:
    for url in ("https://a.example", "https://b.example", "https://a.example"):
        harness.run(harness.store.add_issuer(url))

    assert sorted(harness.run(harness.another().list_issuers())) == [
        "https://a.example",
        "https://b.example",
    ]


@pytest.mark.parametrize(
    ("rate", "burst", "quota", "wrong"),
    [
        (0, 1, 1, "rate is 1 to .*, not 0"),
        (1, 0, 1, "burst is 1 to .*, not 0"),
        (1, 1, -1, "quota is 0 to .*, not -1"),
        (10**13, 1, 1, "rate is 1 to"),
        (1, 1, 10**20, "quota is 0 to"),
    ],
)
def test_a_limit_that_limits_nothing_is_no_limit_and_what_is_wrong_is_named(
    rate: int, burst: int, quota: int, wrong: str
) -> None:
    with pytest.raises(Malformed, match=wrong):
        Limit(rate, burst, quota)


def everything(harness: Harness) -> list[object]:
    """Return all that is registered and recorded, as another worker reads it."""
    store = harness.another()
    lists: list[object] = [harness.run(listing(store, None, MANY)) for listing in LISTS.values()]
    return [*lists, harness.run(store.list_signing_keys()), recorded(harness)]


def fill_lists(harness: Harness) -> None:
    """Make several of everything, in another order than that of their names."""
    store = harness.store
    for name in ("gone", "zeta", "beta"):
        harness.run(store.add_account(Account(AccountId(name), name, (), NOW), RECORD))
        harness.run(store.add_plan(Plan(PlanName(name), PLAN.limits), RECORD))
        harness.run(store.add_service(ServiceEntry(ServiceName(name), name, ""), RECORD))
    for name in ("z", "B", "a.1"):
        harness.run(
            store.add_service_user(ServiceUser(Username(name), ACME.id, NOW), DIGEST, RECORD)
        )
    harness.run(store.add_service_user(ServiceUser(Username("m"), GONE.id, NOW), DIGEST, RECORD))
    ages = {"key_3": ("acme", 2), "key_9": ("acme", -1), "key_5": ("gone", 0), "key_7": ("acme", 0)}
    owners: tuple[AccountId | None, ...] = (None, ACME.id, GONE.id)
    for text, service, owner in product("cab", (EVENTS.name, PROFILE.name), owners):
        made = TrustedDocument(to_document_id(text), service, owner, text, NOW)
        harness.run(store.add_document(made, RECORD))
    for number, (name, (account, days)) in enumerate(ages.items()):
        made_at = NOW + timedelta(days)
        key = ApiKey(KeyId(name), AccountId(account), PLAN.name, "", "wxyz", made_at)
        harness.run(store.add_api_key(key, Digest(bytes([number]) * 32), RECORD))


def read_pages(harness: Harness, listing: Listing, limit: int) -> list[list[Any]]:
    pages: list[list[Any]] = [harness.run(listing(harness.store, None, limit))]
    while pages[-1]:
        pages.append(harness.run(listing(harness.store, name_of(pages[-1][-1]), limit)))
    return pages[:-1]


def name_of(item: Any) -> str:
    if isinstance(item, ServiceUser):
        return item.username
    if isinstance(item, ListedDocument):
        return item.place
    return str(item.id if isinstance(item, Account | ApiKey) else item.name)


def test_what_is_registered_is_counted(harness: Harness) -> None:
    assert set(harness.run(harness.store.count_registered()).values()) == {0}

    harness.run(harness.store.add_account(Account(AccountId("acme"), "A", (), NOW), RECORD))

    counts = harness.run(harness.another().count_registered())
    assert counts == {"accounts": 1, "users": 0, "keys": 0, "plans": 0, "services": 0}
