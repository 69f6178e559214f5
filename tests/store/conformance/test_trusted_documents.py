"""What every store guarantees of registered documents."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from watchword.access.audit import AuditRecord, Event
from watchword.access.errors import Unknown
from watchword.access.model import Account, AccountId, ServiceEntry, ServiceName
from watchword.access.trusted_documents import (
    LONGEST_DOCUMENT,
    ListedDocument,
    TrustedDocument,
    to_document_id,
)

if TYPE_CHECKING:
    from support.stores import Harness
    from watchword.access.ports import Store

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
RECORD = AuditRecord(Event.DOCUMENT_ADDED, NOW, "cli:tester")
PROFILE, EVENTS = ServiceName("profile"), ServiceName("events")
ACME, OTHER = AccountId("acme"), AccountId("other")
TEXT = "{ a }"
ID = to_document_id(TEXT)
EVERYBODYS = TrustedDocument(ID, PROFILE, None, TEXT, NOW)
OWN = replace(EVERYBODYS, account=ACME)


@pytest.fixture
def registered(harness: Harness) -> Harness:
    for service in (PROFILE, EVENTS):
        harness.run(harness.store.add_service(ServiceEntry(service, service, ""), RECORD))
    for account in (ACME, OTHER):
        harness.run(harness.store.add_account(Account(account, account, (), NOW), RECORD))
    return harness


def found(harness: Harness, store: Store) -> dict[tuple[ServiceName, AccountId], bool]:
    """Tell which accounts may run the document at which services."""
    return {
        (service, account): harness.run(store.find_document(service, account, ID)) == TEXT
        for service in (PROFILE, EVENTS)
        for account in (ACME, OTHER)
    }


def test_everybody_s_document_is_found_for_every_account_and_at_its_service_alone(
    registered: Harness,
) -> None:
    registered.run(registered.store.add_document(EVERYBODYS, RECORD))

    assert found(registered, registered.another()) == {
        (PROFILE, ACME): True,
        (PROFILE, OTHER): True,
        (EVENTS, ACME): False,
        (EVENTS, OTHER): False,
    }


def test_an_account_s_own_document_is_found_for_that_account_alone(registered: Harness) -> None:
    registered.run(registered.store.add_document(OWN, RECORD))

    assert [
        key for key, is_found in found(registered, registered.another()).items() if is_found
    ] == [(PROFILE, ACME)]


@pytest.mark.parametrize(("gone", "stays"), [(EVERYBODYS, OWN), (OWN, EVERYBODYS)])
def test_of_a_document_that_is_registered_both_ways_the_other_stays(
    registered: Harness, gone: TrustedDocument, stays: TrustedDocument
) -> None:
    store = registered.store
    for document in (EVERYBODYS, OWN):
        registered.run(store.add_document(document, RECORD))

    registered.run(store.remove_document(PROFILE, gone.account, ID, RECORD))

    assert registered.run(store.find_document(PROFILE, ACME, ID)) == TEXT
    assert registered.run(store.get_document(PROFILE, stays.account, ID)) == stays
    with pytest.raises(Unknown, match="there is no document"):
        registered.run(store.get_document(PROFILE, gone.account, ID))


def test_a_change_by_another_worker_is_seen_by_the_very_next_read_and_has_another_version(
    registered: Harness,
) -> None:
    reader, writer = registered.store, registered.another()
    before = reader.find_version()
    assert registered.run(reader.find_document(PROFILE, ACME, ID)) is None

    registered.run(writer.add_document(EVERYBODYS, RECORD))

    added = reader.find_version()
    assert registered.run(reader.find_document(PROFILE, ACME, ID)) == TEXT
    registered.run(writer.remove_document(PROFILE, None, ID, RECORD))
    removed = reader.find_version()
    assert registered.run(reader.find_document(PROFILE, ACME, ID)) is None
    assert before is None or len({before, added, removed}) == 3


def test_adding_twice_is_once_and_the_first_moment_stands(registered: Harness) -> None:
    store = registered.store
    registered.run(store.add_document(EVERYBODYS, RECORD))

    again = replace(EVERYBODYS, added_at=NOW + timedelta(days=1))
    registered.run(store.add_document(again, RECORD))

    assert registered.run(store.get_document(PROFILE, None, ID)) == EVERYBODYS
    assert len(registered.run(store.list_documents(None, None, None, 9))) == 1


def test_a_long_document_comes_back_whole_and_a_list_tells_how_it_begins(
    registered: Harness,
) -> None:
    text = "{ a } # \N{GREEK SMALL LETTER ALPHA}\n\t".ljust(LONGEST_DOCUMENT - 1, "x")
    long = replace(OWN, id=to_document_id(text), text=text)
    registered.run(registered.store.add_document(long, RECORD))

    store = registered.another()
    assert registered.run(store.get_document(PROFILE, ACME, long.id)) == long
    assert registered.run(store.find_document(PROFILE, ACME, long.id)) == text
    assert registered.run(store.list_documents(None, None, None, 9)) == [
        ListedDocument(long.id, PROFILE, ACME, text[:80], LONGEST_DOCUMENT, NOW)
    ]


def test_documents_are_listed_by_service_account_and_id_and_of_one_of_these_alone(
    registered: Harness,
) -> None:
    store = registered.store
    for document in (OWN, EVERYBODYS, replace(OWN, service=EVENTS), replace(OWN, account=OTHER)):
        registered.run(store.add_document(document, RECORD))

    def listed(service: ServiceName | None = None, account: AccountId | None = None) -> list[str]:
        documents = registered.run(store.list_documents(service, account, None, 9))
        return [document.place.removesuffix(f"/{ID}") for document in documents]

    assert listed() == ["events/acme", "profile/", "profile/acme", "profile/other"]
    assert listed(service=PROFILE) == ["profile/", "profile/acme", "profile/other"]
    assert listed(account=ACME) == ["events/acme", "profile/acme"]
    assert listed(EVENTS, OTHER) == []
    assert registered.run(store.list_documents(None, None, "nonsense", 9)) != []
