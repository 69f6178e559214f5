"""The rows of the operator tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw

from watchword.access.errors import AlreadyExists, Unknown
from watchword.access.model import OperatorScope, OperatorToken
from watchword.store.sqlite.database import (
    to_microseconds,
    to_moment,
    to_optional_microseconds,
    to_optional_moment,
)

if TYPE_CHECKING:
    from datetime import datetime

    from watchword.access.audit import AuditRecord
    from watchword.access.model import Digest
    from watchword.store.sqlite.database import Database, Row

_OPERATOR = "SELECT name, scope, created_at, expires_at, revoked_at FROM operator_token"


class OperatorTables:
    """Keeps operator tokens (see `Operators`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_operator(
        self, operator: OperatorToken, digest: Digest, record: AuditRecord
    ) -> None:
        """Record an operator token."""

        def change(connection: apsw.Connection) -> None:
            try:
                connection.execute(
                    "INSERT INTO operator_token VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        operator.name,
                        digest,
                        operator.scope,
                        to_microseconds(operator.created_at),
                        to_microseconds(operator.expires_at),
                        to_optional_microseconds(operator.revoked_at),
                    ),
                )
            except apsw.ConstraintError as error:
                raise AlreadyExists(
                    f"operator {operator.name!r} exists already; choose another name"
                ) from error

        await self._database.write(change, lambda _: (record,))

    async def find_operator(self, digest: Digest) -> OperatorToken | None:
        """Return the operator token kept under a digest."""
        rows = self._database.read(f"{_OPERATOR} WHERE digest = ?", (digest,))
        return _to_operator(rows[0]) if rows else None

    async def list_operators(self) -> list[OperatorToken]:
        """Return all operator tokens by name."""
        rows = self._database.read(f"{_OPERATOR} ORDER BY name", ())
        return [_to_operator(row) for row in rows]

    async def revoke_operator(self, name: str, at: datetime, record: AuditRecord) -> None:
        """End an operator token from a moment on."""

        def change(connection: apsw.Connection) -> None:
            connection.execute(
                "UPDATE operator_token SET revoked_at = coalesce(revoked_at, ?) WHERE name = ?",
                (to_microseconds(at), name),
            )
            if not connection.changes():
                raise Unknown(f"there is no operator {name!r}")

        await self._database.write(change, lambda _: (record,))


def _to_operator(row: Row) -> OperatorToken:
    name, scope, created_at, expires_at, revoked_at = row
    return OperatorToken(
        name,
        OperatorScope(scope),
        to_moment(created_at),
        to_moment(expires_at),
        to_optional_moment(revoked_at),
    )
