"""The documents that operators register, so that calls may name them by their ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from watchword.access.audit import Event
from watchword.access.errors import Malformed, Unknown
from watchword.access.model import AccountId, ServiceName
from watchword.access.paging import LONGEST_PAGE, to_page
from watchword.access.register import Catalogue, Customers, Documents
from watchword.access.trusted_documents import (
    LONGEST_DOCUMENT,
    DocumentId,
    TrustedDocument,
    to_document_id,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from watchword.access.audit import By
    from watchword.access.paging import Page
    from watchword.access.ports import Clock
    from watchword.access.trusted_documents import ListedDocument


class DocumentStore(Documents, Customers, Catalogue, Protocol):
    """What is asked of the store."""


class DocumentRegistry:
    """What the operator does with documents, as the `Registry` does with all else.

    Args:
        require_valid: Raises Malformed when a text is no document that a service can run.
        clock: Tells the time.
        by: Who operates.
    """

    def __init__(
        self,
        store: DocumentStore,
        *,
        require_valid: Callable[[str, str], None],
        clock: Clock,
        by: By,
    ) -> None:
        self._store = store
        self._require_valid = require_valid
        self._clock = clock
        self._by = by

    async def add_document(
        self, service: str, text: str, account: str | None = None
    ) -> TrustedDocument:
        """Register a document of a service, for one account or for everybody. Twice is once.

        Raises:
            Unknown: If there is no such service or account.
            Malformed: If it is too long, or no document that the service can run.
        """
        document = to_document_id(text)
        try:
            # Whoever registers all documents at each release ends nobody's memory by it.
            return await self.get_document(service, document, account)
        except Unknown:
            pass
        if len(text.encode()) > LONGEST_DOCUMENT:
            raise Malformed(f"a document is at most {LONGEST_DOCUMENT:,} bytes long")
        self._require_valid(service, text)
        made = TrustedDocument(
            document, ServiceName(service), _to_account(account), text, self._clock.now()
        )
        record = self._by.record(
            Event.DOCUMENT_ADDED, made.added_at, service=service, account=account, document=made.id
        )
        await self._store.add_document(made, record)
        return await self.get_document(service, document, account)

    async def get_document(
        self, service: str, document: str, account: str | None = None
    ) -> TrustedDocument:
        """Return one document: everybody's, or one account's own.

        Raises:
            Unknown: If it is not registered.
        """
        return await self._store.get_document(
            ServiceName(service), _to_account(account), DocumentId(document)
        )

    async def list_documents(
        self,
        service: str | None = None,
        account: str | None = None,
        after: str | None = None,
        limit: int = LONGEST_PAGE,
    ) -> Page[ListedDocument]:
        """Return documents by service, account and id: of one of these, or of all.

        Raises:
            Unknown: If there is no such service or account.
        """
        of_service, of_account = None, _to_account(account)
        if service is not None:
            of_service = (await self._store.get_service(ServiceName(service))).name
        if of_account is not None:
            await self._store.get_account(of_account)
        found = await self._store.list_documents(of_service, of_account, after, limit + 1)
        return to_page(found, limit, lambda document: document.place)

    async def remove_document(
        self, service: str, document: str, account: str | None = None
    ) -> TrustedDocument:
        """Take a document away, from the next request on, and return what it was.

        Raises:
            Unknown: If it is not registered.
        """
        kept = await self.get_document(service, document, account)
        record = self._by.record(
            Event.DOCUMENT_REMOVED,
            self._clock.now(),
            service=service,
            account=account,
            document=kept.id,
        )
        await self._store.remove_document(kept.service, kept.account, kept.id, record)
        return kept


def _to_account(account: str | None) -> AccountId | None:
    return None if account is None else AccountId(account)
