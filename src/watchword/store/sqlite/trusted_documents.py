"""The rows of the registered documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.access.errors import Unknown
from watchword.access.model import AccountId, ServiceName
from watchword.access.trusted_documents import DocumentId, ListedDocument, TrustedDocument
from watchword.store.sqlite.database import to_microseconds, to_moment
from watchword.store.sqlite.registry import (
    ACCOUNTS,
    DOCUMENTS,
    SERVICES,
    RegistryTables,
    only,
    require,
)

if TYPE_CHECKING:
    import apsw

    from watchword.access.audit import AuditRecord
    from watchword.store.sqlite.database import Row

_EVERYBODY: Final = ""
_FIND: Final = """
SELECT text FROM trusted_document WHERE service = ? AND account IN (?, '') AND id = ? LIMIT 1
"""
_ONE: Final = """
SELECT service, account, id, text, added_at FROM trusted_document
 WHERE service = ? AND account = ? AND id = ?
"""
_LIST: Final = """
SELECT service, account, id, beginning, octet_length(text), added_at FROM trusted_document
 WHERE {} (service, account, id) > (?, ?, ?) ORDER BY service, account, id LIMIT ?
"""


class DocumentTables(RegistryTables):
    """Keeps registered documents (see `Documents`)."""

    async def find_document(
        self, service: ServiceName, account: AccountId, document: DocumentId
    ) -> str | None:
        """Return the text of a document that an account may run (see `DocumentReads`)."""
        rows = self._database.read(_FIND, (service, account, document))
        return str(rows[0][0]) if rows else None

    async def add_document(self, document: TrustedDocument, record: AuditRecord) -> None:
        """Record a document."""

        def change(connection: apsw.Connection) -> None:
            require(connection, SERVICES, document.service)
            if document.account is not None:
                require(connection, ACCOUNTS, document.account)
            connection.execute(
                "INSERT OR IGNORE INTO trusted_document VALUES (?, ?, ?, ?, ?)",
                (
                    document.service,
                    document.account or _EVERYBODY,
                    document.id,
                    to_microseconds(document.added_at),
                    document.text,
                ),
            )

        await self._write(change, record)

    async def get_document(
        self, service: ServiceName, account: AccountId | None, document: DocumentId
    ) -> TrustedDocument:
        """Return one document."""
        rows = self._database.read(_ONE, (service, account or _EVERYBODY, document))
        return _to_document(only(rows, DOCUMENTS, document, self._database.read))

    async def list_documents(
        self, service: ServiceName | None, account: AccountId | None, after: str | None, limit: int
    ) -> list[ListedDocument]:
        """Return documents by service, account and id."""
        wanted = {"service": service, "account": account}
        bound = {column: name for column, name in wanted.items() if name is not None}
        of = "".join(f"{column} = ? AND " for column in bound)
        service_after, _, rest = (after or "").partition("/")
        account_after, _, id_after = rest.partition("/")
        rows = self._database.read(
            _LIST.format(of), (*bound.values(), service_after, account_after, id_after, limit)
        )
        return [_to_listed(row) for row in rows]

    async def remove_document(
        self,
        service: ServiceName,
        account: AccountId | None,
        document: DocumentId,
        record: AuditRecord,
    ) -> None:
        """Forget a document."""

        def change(connection: apsw.Connection) -> None:
            connection.execute(
                "DELETE FROM trusted_document WHERE service = ? AND account = ? AND id = ?",
                (service, account or _EVERYBODY, document),
            )
            if not connection.changes():
                raise Unknown(f"there is no {DOCUMENTS.word} {document!r}")

        await self._write(change, record)


def _to_document(row: Row) -> TrustedDocument:
    service, account, document, text, added_at = row
    return TrustedDocument(
        DocumentId(document),
        ServiceName(service),
        AccountId(account) if account else None,
        text,
        to_moment(added_at),
    )


def _to_listed(row: Row) -> ListedDocument:
    service, account, document, beginning, size, added_at = row
    return ListedDocument(
        DocumentId(document),
        ServiceName(service),
        AccountId(account) if account else None,
        beginning,
        size,
        to_moment(added_at),
    )
