"""What the operator's functions over documents refuse and record."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from access.test_registration import last_record
from support.documents import add_document, operate_documents
from watchword.access.errors import Malformed, Unknown
from watchword.access.registration.documents import DocumentRegistry
from watchword.access.trusted_documents import LONGEST_DOCUMENT

if TYPE_CHECKING:
    from support.deployment import Customer, Deployment

TEXT = "{ info { name } }"


def test_both_records_of_a_document_name_it_and_whose_it_is(
    deployment: Deployment, customer: Customer
) -> None:
    document = add_document(deployment, TEXT, customer.account)
    added = last_record(deployment)
    operate_documents(
        deployment, lambda documents: documents.remove_document("profile", document, "acme")
    )
    removed = last_record(deployment)

    facts = {"service": "profile", "account": "acme", "document": document}
    assert (added["event"], removed["event"]) == ("document.added", "document.removed")
    assert facts.items() <= added.items()
    assert facts.items() <= removed.items()


def test_registering_again_changes_and_records_nothing(deployment: Deployment) -> None:
    def register() -> Any:
        return operate_documents(
            deployment, lambda documents: documents.add_document("profile", TEXT)
        )

    first, before = register(), last_record(deployment)
    deployment.clock.advance(timedelta(days=1))

    assert register() == first
    assert last_record(deployment) == before


@pytest.mark.parametrize(
    ("service", "text", "account", "error", "said"),
    [
        ("profile", "{ nonsense }", None, Malformed, "line 1 of the document: Cannot query"),
        ("profile", "{", None, Malformed, "Syntax Error"),
        ("profile", "#" * LONGEST_DOCUMENT + "{", None, Malformed, "at most 65,536 bytes"),
        ("profile", TEXT + "#" + "é" * 33_000, None, Malformed, "at most 65,536 bytes"),
        ("nope", TEXT, None, Unknown, "there is no service 'nope'"),
        ("profile", TEXT, "nope", Unknown, "there is no account 'nope'"),
    ],
)
def test_what_cannot_be_registered_is_refused_with_the_reason(
    deployment: Deployment,
    service: str,
    text: str,
    account: str | None,
    error: type[Exception],
    said: str,
) -> None:
    with pytest.raises(error, match=said):
        operate_documents(
            deployment, lambda documents: documents.add_document(service, text, account)
        )

    listed = operate_documents(deployment, lambda documents: documents.list_documents())
    assert listed.items == []


def test_documents_of_a_service_or_an_account_that_there_is_not_are_no_empty_list(
    deployment: Deployment,
) -> None:
    for service, account in (("nope", None), (None, "nope")):
        listing = partial(DocumentRegistry.list_documents, service=service, account=account)
        with pytest.raises(Unknown, match="there is no"):
            operate_documents(deployment, listing)
