"""The registered GraphQL documents."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Final

from msgspec import UNSET, Meta, UnsetType

from watchword.access.errors import Malformed, Unknown
from watchword.access.trusted_documents import LONGEST_DOCUMENT
from watchword.web.admin.bodies import (
    AccountName,
    Body,
    DocumentId,
    Next,
    Nothing,
    PageOfAccountQuery,
    ServiceName,
)
from watchword.web.admin.operations import Call, Operation

if TYPE_CHECKING:
    from watchword.access.trusted_documents import ListedDocument as Listed
    from watchword.access.trusted_documents import TrustedDocument

Text = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=LONGEST_DOCUMENT,
        description="The document as it stands, of one operation or of several.",
        examples=["query Server { info { name } }"],
    ),
]
AddedAt = Annotated[datetime, Meta(tz=True, description="When it was registered.")]
Owner = Annotated[
    AccountName | None, Meta(description="The account that it is for alone; null for everybody.")
]


class NewDocument(Body):
    """A document to be registered."""

    text: Text


class Document(Body):
    """A registered document: calls may name it by its id."""

    document_id: DocumentId
    service: ServiceName
    account: Owner
    added_at: AddedAt
    text: Text


class ListedDocument(Body):
    """A registered document in a list."""

    document_id: DocumentId
    service: ServiceName
    account: Owner
    added_at: AddedAt
    size: Annotated[int, Meta(description="Of the text, in bytes.")]
    beginning: Annotated[str, Meta(description="Of the text.")]


class DocumentPage(Body):
    """A page of registered documents."""

    items: list[ListedDocument]
    next: Next


class DocumentQuery(PageOfAccountQuery):
    """Which page is asked for, of which service, and of whose own."""

    service: Annotated[ServiceName, Meta(description="Only those of this service.")] | UnsetType = (
        UNSET
    )


async def _add(call: Call[NewDocument]) -> Document:
    service, account = call.path["service"], call.path.get("account")
    return _show(await call.documents.add_document(service, call.asks.text, account))


async def _list(call: Call[DocumentQuery]) -> DocumentPage:
    asks = call.asks
    service = None if asks.service is UNSET else asks.service
    page = await call.documents.list_documents(service, asks.owner, asks.start, asks.limit)
    return DocumentPage(items=[_show_listed(document) for document in page.items], next=page.next)


async def _get(call: Call[Nothing]) -> Document:
    path = call.path
    found = await call.documents.get_document(
        path["service"], path["document_id"], path.get("account")
    )
    return _show(found)


async def _remove(call: Call[Nothing]) -> Document:
    path = call.path
    gone = await call.documents.remove_document(
        path["service"], path["document_id"], path.get("account")
    )
    return _show(gone)


def _show(document: TrustedDocument) -> Document:
    return Document(
        document_id=document.id,
        service=document.service,
        account=document.account,
        added_at=document.added_at,
        text=document.text,
    )


def _show_listed(document: Listed) -> ListedDocument:
    return ListedDocument(
        document_id=document.id,
        service=document.service,
        account=document.account,
        added_at=document.added_at,
        size=document.size,
        beginning=document.beginning,
    )


_EVERYBODYS: Final = "/services/{service}/documents"
_ACCOUNTS: Final = "/accounts/{account}/services/{service}/documents"
_ONE: Final = "/{document_id}"
OPERATIONS: Final = (
    Operation(
        "add_document",
        "POST",
        _EVERYBODYS,
        "Register a GraphQL document of a service for everybody. Twice is once.",
        _add,
        NewDocument,
        Document,
        HTTPStatus.CREATED,
        (Unknown, Malformed),
        location=_EVERYBODYS + _ONE,
        is_grave=False,
    ),
    Operation(
        "add_account_document",
        "POST",
        _ACCOUNTS,
        "Register a GraphQL document of a service for one account alone. Twice is once.",
        _add,
        NewDocument,
        Document,
        HTTPStatus.CREATED,
        (Unknown, Malformed),
        location=_ACCOUNTS + _ONE,
        is_grave=False,
    ),
    Operation(
        "list_documents",
        "GET",
        "/documents",
        "List registered documents by service, account and id.",
        _list,
        DocumentQuery,
        DocumentPage,
        refusals=(Unknown,),
    ),
    Operation(
        "get_document",
        "GET",
        _EVERYBODYS + _ONE,
        "Show one document that everybody may name.",
        _get,
        Nothing,
        Document,
        refusals=(Unknown,),
    ),
    Operation(
        "get_account_document",
        "GET",
        _ACCOUNTS + _ONE,
        "Show one document of an account alone.",
        _get,
        Nothing,
        Document,
        refusals=(Unknown,),
    ),
    Operation(
        "remove_document",
        "DELETE",
        _EVERYBODYS + _ONE,
        "Take a document away from everybody, from the next request on.",
        _remove,
        Nothing,
        Document,
        refusals=(Unknown,),
        is_grave=True,
    ),
    Operation(
        "remove_account_document",
        "DELETE",
        _ACCOUNTS + _ONE,
        "Take an account's own document away, from the next request on.",
        _remove,
        Nothing,
        Document,
        refusals=(Unknown,),
        is_grave=True,
    ),
)
