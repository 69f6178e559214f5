"""The rows of the sealed signing keys, and of the URLs under which they signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watchword.access.signing import SealedKey
from watchword.store.sqlite.database import to_microseconds, to_moment

if TYPE_CHECKING:
    from collections.abc import Collection

    import apsw

    from watchword.access.audit import AuditRecord
    from watchword.store.sqlite.database import Database


class SigningKeyTables:
    """Keeps signing keys and issuers (see `SigningKeys` and `Issuers`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_issuer(self, url: str) -> None:
        """Remember that tokens are issued under a URL. Twice is once."""

        def change(connection: apsw.Connection) -> None:
            connection.execute("INSERT OR IGNORE INTO issuer VALUES (?)", (url,))

        await self._database.write(change, lambda _: ())

    async def list_issuers(self) -> list[str]:
        """Return the URLs under which tokens were ever issued."""
        return [url for (url,) in self._database.read("SELECT url FROM issuer", ())]

    async def add_signing_key(
        self, key: SealedKey, record: AuditRecord, *, drop: Collection[str] = ()
    ) -> None:
        """Record a signing key, and forget others."""

        def change(connection: apsw.Connection) -> None:
            with connection:
                connection.execute(
                    "INSERT INTO signing_key (kid, sealed, created_at, signs_from) "
                    "VALUES (?, ?, ?, ?)",
                    (
                        key.kid,
                        key.sealed,
                        to_microseconds(key.created_at),
                        to_microseconds(key.signs_from),
                    ),
                )
                connection.executemany(
                    "DELETE FROM signing_key WHERE kid = ?", [(kid,) for kid in drop]
                )

        await self._database.write(change, lambda _: (record,))

    async def list_signing_keys(self) -> list[SealedKey]:
        """Return all signing keys, oldest first."""
        rows = self._database.read(
            "SELECT kid, sealed, created_at, signs_from FROM signing_key ORDER BY position", ()
        )
        return [
            SealedKey(kid, sealed, to_moment(created_at), to_moment(signs_from))
            for kid, sealed, created_at, signs_from in rows
        ]
