"""The rows of the people who sign in to the console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import apsw

from watchword.access.console import ConsoleCredentials, ConsoleRole, ConsoleUser
from watchword.access.errors import AlreadyExists, Unknown
from watchword.store.sqlite.database import (
    to_microseconds,
    to_moment,
    to_optional_microseconds,
    to_optional_moment,
)

if TYPE_CHECKING:
    from datetime import datetime

    from watchword.access.audit import AuditRecord
    from watchword.store.sqlite.database import Database, Row

_USER: Final = "SELECT name, role, created_at, changed_at, disabled_at FROM console_user"
# Of the new factor, no code was used yet.
_RESET: Final = """
UPDATE console_user SET password = ?, factor = ?, last_step = 0, changed_at = ? WHERE name = ?
"""
_USE: Final = """
UPDATE console_user SET last_step = ?1
 WHERE name = ?2 AND last_step < ?1 AND disabled_at IS NULL AND password = ?3 AND factor = ?4
"""


class ConsoleUserTables:
    """Keeps the people who sign in to the console (see `ConsoleUsers`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_console_user(
        self, user: ConsoleUser, credentials: ConsoleCredentials, record: AuditRecord
    ) -> None:
        """Record a person."""

        def change(connection: apsw.Connection) -> None:
            try:
                connection.execute(
                    "INSERT INTO console_user VALUES (?, ?, ?, ?, 0, ?, ?, ?)",
                    (
                        user.name,
                        user.role,
                        credentials.password,
                        credentials.factor,
                        to_microseconds(user.created_at),
                        to_microseconds(user.changed_at),
                        to_optional_microseconds(user.disabled_at),
                    ),
                )
            except apsw.ConstraintError as error:
                raise AlreadyExists(
                    f"{user.name!r} may sign in to the console already; choose another name, or "
                    "reset that one"
                ) from error

        await self._database.write(change, lambda _: (record,))

    async def find_console_user(self, name: str) -> ConsoleUser | None:
        """Return one person, None when nobody has the name."""
        rows = self._database.read(f"{_USER} WHERE name = ?", (name,))
        return _to_user(rows[0]) if rows else None

    async def get_console_user(self, name: str) -> ConsoleUser:
        """Return one person."""
        user = await self.find_console_user(name)
        if user is None:
            raise _unknown(name)
        return user

    async def find_console_credentials(self, name: str) -> ConsoleCredentials | None:
        """Return what a person proves itself with."""
        rows = self._database.read(
            "SELECT password, factor FROM console_user WHERE name = ?", (name,)
        )
        return ConsoleCredentials(*rows[0]) if rows else None

    async def list_console_users(self) -> list[ConsoleUser]:
        """Return everybody by name."""
        return [_to_user(row) for row in self._database.read(f"{_USER} ORDER BY name", ())]

    async def reset_console_user(
        self, name: str, credentials: ConsoleCredentials, at: datetime, record: AuditRecord
    ) -> None:
        """Put other credentials in place of those of before."""

        def change(connection: apsw.Connection) -> None:
            connection.execute(
                _RESET, (credentials.password, credentials.factor, to_microseconds(at), name)
            )
            if not connection.changes():
                raise _unknown(name)

        await self._database.write(change, lambda _: (record,))

    async def set_console_user_disabled(
        self, name: str, at: datetime | None, record: AuditRecord
    ) -> None:
        """Disable a person from a moment on, or enable it with None."""

        def change(connection: apsw.Connection) -> None:
            connection.execute(
                "UPDATE console_user SET disabled_at = ? WHERE name = ?",
                (to_optional_microseconds(at), name),
            )
            if not connection.changes():
                raise _unknown(name)

        await self._database.write(change, lambda _: (record,))

    async def use_console_code(self, name: str, step: int, credentials: ConsoleCredentials) -> bool:
        """Use up a code."""

        def change(connection: apsw.Connection) -> bool:
            connection.execute(_USE, (step, name, credentials.password, credentials.factor))
            return bool(connection.changes())

        return await self._database.write(change, lambda _: ())


def _unknown(name: str) -> Unknown:
    return Unknown(f"nobody called {name!r} signs in to the console")


def _to_user(row: Row) -> ConsoleUser:
    name, role, created_at, changed_at, disabled_at = row
    return ConsoleUser(
        name,
        ConsoleRole(role),
        to_moment(created_at),
        to_moment(changed_at),
        to_optional_moment(disabled_at),
    )
