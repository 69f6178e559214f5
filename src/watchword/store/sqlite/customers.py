"""The rows of the customers: accounts and service users."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watchword.access.model import Account, AccountId, ServiceName, ServiceUser, Username
from watchword.store.sqlite.database import (
    to_microseconds,
    to_moment,
    to_optional_microseconds,
    to_optional_moment,
)
from watchword.store.sqlite.registry import (
    ACCOUNTS,
    SERVICES,
    USERS,
    RegistryTables,
    insert,
    only,
    require,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import apsw

    from watchword.access.audit import AuditRecord
    from watchword.access.model import Digest
    from watchword.store.sqlite.database import Row

_ACCOUNT = """
SELECT a.id, a.name, a.created_at, a.disabled_at,
       (SELECT group_concat(service, ' ') FROM entitlement WHERE account = a.id),
       (SELECT group_concat(package, ' ') FROM account_package WHERE account = a.id)
  FROM account a
"""
_USER = "SELECT username, account, created_at, disabled_at FROM service_user"


class CustomerTables(RegistryTables):
    """Keeps accounts and service users (see `Customers`)."""

    async def add_account(self, account: Account, record: AuditRecord) -> None:
        """Record an account, with the services and the packages it is entitled to."""

        def change(connection: apsw.Connection) -> None:
            for service in account.services:
                require(connection, SERVICES, service)
            insert(
                connection,
                ACCOUNTS,
                account.id,
                account.name,
                to_microseconds(account.created_at),
                to_optional_microseconds(account.disabled_at),
            )
            connection.executemany(
                "INSERT OR IGNORE INTO entitlement VALUES (?, ?)",
                [(account.id, service) for service in account.services],
            )
            connection.executemany(
                "INSERT INTO account_package VALUES (?, ?)",
                [(account.id, package) for package in account.packages],
            )

        await self._write(change, record)

    async def get_account(self, account: AccountId) -> Account:
        """Return one account."""
        rows = self._database.read(f"{_ACCOUNT} WHERE a.id = ?", (account,))
        return _to_account(only(rows, ACCOUNTS, account, self._database.read))

    async def list_accounts(self, after: str | None, limit: int) -> list[Account]:
        """Return accounts by id."""
        rows = self._database.read(
            f"{_ACCOUNT} WHERE a.id > ? ORDER BY a.id LIMIT ?", (after or "", limit)
        )
        return [_to_account(row) for row in rows]

    async def set_account_disabled(
        self, account: AccountId, at: datetime | None, record: AuditRecord
    ) -> None:
        """Disable or enable an account."""
        await self._set_disabled(ACCOUNTS, account, at, record)

    async def set_entitlement(
        self, account: AccountId, service: ServiceName, record: AuditRecord, *, is_granted: bool
    ) -> None:
        """Grant a service to an account, or take it away."""

        def change(connection: apsw.Connection) -> None:
            require(connection, ACCOUNTS, account)
            require(connection, SERVICES, service)
            connection.execute(
                "INSERT OR IGNORE INTO entitlement VALUES (?, ?)"
                if is_granted
                else "DELETE FROM entitlement WHERE account = ? AND service = ?",
                (account, service),
            )

        await self._write(change, record)

    async def set_package(
        self, account: AccountId, package: str, record: AuditRecord, *, is_granted: bool
    ) -> None:
        """Grant a package of data to an account, or take it away."""

        def change(connection: apsw.Connection) -> None:
            require(connection, ACCOUNTS, account)
            connection.execute(
                "INSERT OR IGNORE INTO account_package VALUES (?, ?)"
                if is_granted
                else "DELETE FROM account_package WHERE account = ? AND package = ?",
                (account, package),
            )

        await self._write(change, record)

    async def add_service_user(
        self, user: ServiceUser, password: Digest | str, record: AuditRecord
    ) -> None:
        """Record a service user and its password."""
        await self.add_service_users([(user, password, record)])

    async def add_service_users(
        self, users: Sequence[tuple[ServiceUser, Digest | str, AuditRecord]]
    ) -> None:
        """Record service users and their passwords, all or none."""

        def change(connection: apsw.Connection) -> None:
            for user, password, _ in users:
                require(connection, ACCOUNTS, user.account)
                insert(
                    connection,
                    USERS,
                    user.username,
                    user.account,
                    to_microseconds(user.created_at),
                    to_optional_microseconds(user.disabled_at),
                )
                _insert_password(connection, user.username, password)

        await self._write(change, *(record for _, _, record in users))

    async def get_service_user(self, username: Username) -> ServiceUser:
        """Return one service user."""
        rows = self._database.read(f"{_USER} WHERE username = ?", (username,))
        return _to_user(only(rows, USERS, username, self._database.read))

    async def list_service_users(
        self, account: AccountId | None, after: str | None, limit: int
    ) -> list[ServiceUser]:
        """Return service users by name, of one account or of all."""
        of, bound = ("", ()) if account is None else ("account = ? AND", (account,))
        rows = self._database.read(
            f"{_USER} WHERE {of} username > ? ORDER BY username LIMIT ?",
            (*bound, after or "", limit),
        )
        return [_to_user(row) for row in rows]

    async def set_service_user_disabled(
        self, username: Username, at: datetime | None, record: AuditRecord
    ) -> None:
        """Disable or enable a service user."""
        await self._set_disabled(USERS, username, at, record)

    async def rotate_password(
        self,
        username: Username,
        password: Digest,
        record: AuditRecord,
        *,
        now: datetime,
        old_until: datetime,
    ) -> None:
        """Record a new password; the newest old one stays valid until a moment, no other."""

        def change(connection: apsw.Connection) -> None:
            require(connection, USERS, username)
            connection.execute(
                "DELETE FROM password WHERE username = ? AND expires_at IS NOT NULL",
                (username,),
            )
            connection.execute(
                "UPDATE password SET expires_at = ? WHERE username = ?",
                (to_microseconds(old_until), username),
            )
            if old_until <= now:
                connection.execute("DELETE FROM password WHERE username = ?", (username,))
            _insert_password(connection, username, password)

        await self._write(change, record)


def _insert_password(
    connection: apsw.Connection, username: Username, password: Digest | str
) -> None:
    digest, chosen = (None, password) if isinstance(password, str) else (password, None)
    connection.execute("INSERT INTO password VALUES (?, ?, ?, NULL)", (username, digest, chosen))


def _to_account(row: Row) -> Account:
    account, name, created_at, disabled_at, services, packages = row
    return Account(
        id=AccountId(account),
        name=name,
        services=tuple(ServiceName(service) for service in sorted((services or "").split())),
        created_at=to_moment(created_at),
        disabled_at=to_optional_moment(disabled_at),
        packages=tuple(sorted((packages or "").split())),
    )


def _to_user(row: Row) -> ServiceUser:
    username, account, created_at, disabled_at = row
    return ServiceUser(
        Username(username),
        AccountId(account),
        to_moment(created_at),
        to_optional_moment(disabled_at),
    )
