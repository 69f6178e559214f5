"""Documents that an operator has registered: what names them, and which text a call runs.

GraphQL over HTTP calls them persisted documents (appendix A of the specification).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NewType

from watchword.access.errors import DocumentNotFound, DocumentNotTrusted, MalformedRequest

if TYPE_CHECKING:
    from datetime import datetime

    from watchword.access.model import AccountId, ServiceName, Standing
    from watchword.access.ports import DocumentReads

DocumentId = NewType("DocumentId", str)
"""`sha256:` and 64 hexadecimal digits in lower case: of the document's text in UTF-8."""
LONGEST_DOCUMENT: Final = 65_536
"""Bytes of a registered document's text."""
_MOST_CHARACTERS: Final = 1_048_576
"""Characters of all texts that are kept in memory."""


def to_document_id(text: str) -> DocumentId:
    """Return what names a document. Another blank makes another document."""
    return DocumentId(f"sha256:{hashlib.sha256(text.encode()).hexdigest()}")


@dataclass(frozen=True, slots=True)
class TrustedDocument:
    """A registered GraphQL document, of one operation or of several.

    Attributes:
        account: Whose it is alone; None for everybody of the service.
    """

    id: DocumentId
    service: ServiceName
    account: AccountId | None
    text: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class ListedDocument:
    """A registered document in a list, where its whole text would be too much.

    Attributes:
        beginning: Of the text.
        size: Of the text, in bytes.
    """

    id: DocumentId
    service: ServiceName
    account: AccountId | None
    beginning: str
    size: int
    added_at: datetime

    @property
    def place(self) -> str:
        """Where it stands in the list of all."""
        return f"{self.service}/{self.account or ''}/{self.id}"


class TrustedDocuments:
    """Says which text a call runs, and remembers the texts until anybody commits anything.

    So a document that was removed runs no more from the next request on, in any process.

    Args:
        store: Has them.
        remembered: How many are kept in memory.
    """

    def __init__(self, store: DocumentReads, *, remembered: int) -> None:
        self._store = store
        self._bound = remembered
        self._version: int | None = None
        self._characters = 0
        self._texts: dict[tuple[ServiceName, AccountId, DocumentId], str] = {}

    async def choose(
        self, standing: Standing, service: ServiceName, query: str, named: DocumentId | None
    ) -> str:
        """Return the text that a caller's request runs.

        Args:
            standing: Of the caller.
            service: What is called.
            query: The document that came with the request; "" for none.
            named: The id that came with it.

        Raises:
            DocumentNotFound: If there is no such document for the caller.
            DocumentNotTrusted: If the caller's plan runs registered documents alone.
            MalformedRequest: If the id is not the document's.
            StoreUnavailable: If nobody can say.
        """
        if not query and named is not None:
            text = await self._find(service, standing.account, named)
            if text is None:
                raise DocumentNotFound
            return text
        if named is not None and named != to_document_id(query):
            raise MalformedRequest(public="The document is not the one that its id names.")
        if standing.documents.trusted_only and (
            await self._find(service, standing.account, to_document_id(query)) is None
        ):
            raise DocumentNotTrusted
        return query

    async def _find(
        self, service: ServiceName, account: AccountId, document: DocumentId
    ) -> str | None:
        # Asked for before anything is read: what is kept may be newer than its version, and is
        # never older.
        version = self._store.find_version()
        if version != self._version:
            self._forget()
            self._version = version
        asked = (service, account, document)
        text = self._texts.get(asked)
        if text is None:
            text = await self._store.find_document(service, account, document)
            # Others may have gone on meanwhile, and found a newer version.
            if text is not None and version is not None and version == self._version:
                self._keep(asked, text)
        return text

    def _keep(self, asked: tuple[ServiceName, AccountId, DocumentId], text: str) -> None:
        if len(self._texts) >= self._bound or self._characters + len(text) > _MOST_CHARACTERS:
            self._forget()
        self._texts[asked] = text
        self._characters += len(text)

    def _forget(self) -> None:
        self._texts.clear()
        self._characters = 0
