"""What the rows of all that operators register have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import apsw

from watchword.access.errors import AlreadyExists, Unknown
from watchword.store.sqlite.database import to_optional_microseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from watchword.access.audit import AuditRecord
    from watchword.store.sqlite.database import Database, Row

    Read = Callable[[str, tuple[()]], Iterable[Row]]
    """Reads rows: of a connection, or of the database."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table, the column that names its rows, and what operators call them.

    Attributes:
        is_catalogue: Whoever misses one is told which there are: they are few, and no customer's.
    """

    name: str
    column: str
    word: str
    is_catalogue: bool = False


ACCOUNTS: Final = Table("account", "id", "account")
USERS: Final = Table("service_user", "username", "service user")
KEYS: Final = Table("api_key", "id", "API key")
PLANS: Final = Table("plan", "name", "plan", is_catalogue=True)
SERVICES: Final = Table("service", "name", "service", is_catalogue=True)
DOCUMENTS: Final = Table("trusted_document", "id", "document")


_FEW: Final = 10


class RegistryTables:
    """Changes rows, each change whole and with its audit record."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def _set_disabled(
        self, table: Table, name: str, at: datetime | None, record: AuditRecord
    ) -> None:
        def change(connection: apsw.Connection) -> None:
            require(connection, table, name)
            # The first moment stands when something is disabled twice.
            connection.execute(
                f"UPDATE {table.name} SET disabled_at = "  # noqa: S608 - our own names
                "CASE WHEN ?1 IS NULL THEN NULL ELSE coalesce(disabled_at, ?1) END "
                f"WHERE {table.column} = ?2",
                (to_optional_microseconds(at), name),
            )

        await self._write(change, record)

    async def _write(
        self, change: Callable[[apsw.Connection], None], *records: AuditRecord
    ) -> None:
        def whole(connection: apsw.Connection) -> None:
            # Others share the transaction; a change that fails half way leaves nothing.
            with connection:
                change(connection)

        await self._database.write(whole, lambda _: records)

    async def _change(self, change: Callable[[apsw.Connection], AuditRecord]) -> None:
        """Carry out a change that tells its record only once it has found what there is."""
        records: list[AuditRecord] = []

        def whole(connection: apsw.Connection) -> None:
            with connection:
                records[:] = [change(connection)]

        await self._database.write(whole, lambda _: records)


def only(rows: list[Row], table: Table, name: str, read: Read) -> Row:
    """Return the row that a name leads to. Raises Unknown when it leads to none."""
    if not rows:
        raise _unknown(table, name, read)
    return rows[0]


def require(connection: apsw.Connection, table: Table, name: str) -> None:
    """Pass when a name leads to a row. Raises Unknown."""
    query = f"SELECT 1 FROM {table.name} WHERE {table.column} = ?"  # noqa: S608 - our own names
    if not connection.execute(query, (name,)).fetchall():
        raise _unknown(table, name, connection.execute)


def insert(
    connection: apsw.Connection, table: Table, name: str, *others: str | bytes | int | None
) -> None:
    """Add a row. Raises AlreadyExists."""
    marks = ", ".join("?" * (1 + len(others)))
    statement = f"INSERT INTO {table.name} VALUES ({marks})"  # noqa: S608 - our own names
    try:
        connection.execute(statement, (name, *others))
    except apsw.ConstraintError as error:
        raise AlreadyExists(f"{table.word} {name!r} exists already", name) from error


def _unknown(table: Table, name: str, read: Read) -> Unknown:
    text = f"there is no {table.word} {name!r}"
    if not table.is_catalogue:
        return Unknown(text)
    query = f"SELECT {table.column} FROM {table.name} ORDER BY 1 LIMIT {_FEW + 1}"  # noqa: S608 - our own names
    names = [str(row[0]) for row in read(query, ())]
    if not names or len(names) > _FEW:
        return Unknown(text)
    return Unknown(f"{text}; there {'is' if len(names) == 1 else 'are'} {', '.join(names)}")
