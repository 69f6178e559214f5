"""The operator's rows: accounts, service users, API keys, plans, services."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import apsw

from watchword.access.errors import AlreadyExists, Unknown
from watchword.access.model import (
    Account,
    AccountId,
    ApiKey,
    Digest,
    KeyId,
    Limit,
    Plan,
    PlanName,
    ServiceEntry,
    ServiceName,
    ServiceUser,
    Username,
)
from watchword.store.sqlite.database import (
    to_microseconds,
    to_moment,
    to_optional_microseconds,
    to_optional_moment,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from watchword.access.audit import AuditRecord
    from watchword.store.sqlite.database import Database, Row


@dataclass(frozen=True, slots=True)
class _Table:
    """A table, the column that names its rows, and what operators call them."""

    name: str
    column: str
    word: str


_ACCOUNTS: Final = _Table("account", "id", "account")
_USERS: Final = _Table("service_user", "username", "service user")
_KEYS: Final = _Table("api_key", "id", "API key")
_PLANS: Final = _Table("plan", "name", "plan")
_SERVICES: Final = _Table("service", "name", "service")

_ACCOUNT = """
SELECT a.id, a.name, a.created_at, a.disabled_at,
       (SELECT group_concat(service, ' ') FROM entitlement WHERE account = a.id)
  FROM account a
"""
_USER = "SELECT username, account, created_at, disabled_at FROM service_user"
_KEY = """
SELECT id, account, plan, description, last_four, created_at, expires_at, disabled_at FROM api_key
"""
_PLAN = """
SELECT p.name, l.service, l.rate, l.burst, l.quota
  FROM plan p LEFT JOIN plan_limit l ON l.plan = p.name
"""
_SERVICE = "SELECT name, title, description, disabled_at FROM service"


class RegistryTables:
    """Keeps what the operator registers (see `Registrations`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_account(self, account: Account, record: AuditRecord) -> None:
        """Record an account and the services it is entitled to."""

        def change(connection: apsw.Connection) -> None:
            for service in account.services:
                _require(connection, _SERVICES, service)
            _insert(
                connection,
                _ACCOUNTS,
                account.id,
                account.name,
                to_microseconds(account.created_at),
                to_optional_microseconds(account.disabled_at),
            )
            connection.executemany(
                "INSERT OR IGNORE INTO entitlement VALUES (?, ?)",
                [(account.id, service) for service in account.services],
            )

        await self._write(change, record)

    async def get_account(self, account: AccountId) -> Account:
        """Return one account."""
        rows = self._database.read(f"{_ACCOUNT} WHERE a.id = ?", (account,))
        return _to_account(_only(rows, _ACCOUNTS, account))

    async def list_accounts(self) -> list[Account]:
        """Return all accounts by id."""
        return [_to_account(row) for row in self._database.read(f"{_ACCOUNT} ORDER BY a.id", ())]

    async def set_account_disabled(
        self, account: AccountId, at: datetime | None, record: AuditRecord
    ) -> None:
        """Disable or enable an account."""
        await self._set_disabled(_ACCOUNTS, account, at, record)

    async def set_entitlement(
        self, account: AccountId, service: ServiceName, record: AuditRecord, *, is_granted: bool
    ) -> None:
        """Grant a service to an account, or take it away."""

        def change(connection: apsw.Connection) -> None:
            _require(connection, _ACCOUNTS, account)
            _require(connection, _SERVICES, service)
            connection.execute(
                "INSERT OR IGNORE INTO entitlement VALUES (?, ?)"
                if is_granted
                else "DELETE FROM entitlement WHERE account = ? AND service = ?",
                (account, service),
            )

        await self._write(change, record)

    async def add_service_user(
        self, user: ServiceUser, password: Digest | str, record: AuditRecord
    ) -> None:
        """Record a service user and its password."""

        def change(connection: apsw.Connection) -> None:
            _require(connection, _ACCOUNTS, user.account)
            _insert(
                connection,
                _USERS,
                user.username,
                user.account,
                to_microseconds(user.created_at),
                to_optional_microseconds(user.disabled_at),
            )
            _insert_password(connection, user.username, password)

        await self._write(change, record)

    async def get_service_user(self, username: Username) -> ServiceUser:
        """Return one service user."""
        rows = self._database.read(f"{_USER} WHERE username = ?", (username,))
        return _to_user(_only(rows, _USERS, username))

    async def list_service_users(self, account: AccountId | None) -> list[ServiceUser]:
        """Return the service users of one account, or of all."""
        rows = self._database.read(
            f"{_USER} WHERE account = coalesce(?, account) ORDER BY username", (account,)
        )
        return [_to_user(row) for row in rows]

    async def set_service_user_disabled(
        self, username: Username, at: datetime | None, record: AuditRecord
    ) -> None:
        """Disable or enable a service user."""
        await self._set_disabled(_USERS, username, at, record)

    async def rotate_password(
        self,
        username: Username,
        password: Digest | str,
        record: AuditRecord,
        *,
        now: datetime,
        old_until: datetime,
    ) -> None:
        """Record a new password; the newest old one stays valid until a moment, no other."""

        def change(connection: apsw.Connection) -> None:
            _require(connection, _USERS, username)
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

    async def add_api_key(self, key: ApiKey, digest: Digest, record: AuditRecord) -> None:
        """Record an API key."""

        def change(connection: apsw.Connection) -> None:
            _insert_key(connection, key, digest)

        await self._write(change, record)

    async def get_api_key(self, key: KeyId) -> ApiKey:
        """Return one API key."""
        return _to_key(_only(self._database.read(f"{_KEY} WHERE id = ?", (key,)), _KEYS, key))

    async def list_api_keys(self, account: AccountId | None) -> list[ApiKey]:
        """Return the API keys of one account, or of all."""
        rows = self._database.read(
            f"{_KEY} WHERE account = coalesce(?, account) ORDER BY account, created_at, id",
            (account,),
        )
        return [_to_key(row) for row in rows]

    async def rotate_api_key(
        self, old: KeyId, old_until: datetime, new: ApiKey, digest: Digest, record: AuditRecord
    ) -> None:
        """Record a new key and let the old one end at a moment, or earlier if it did anyway."""

        def change(connection: apsw.Connection) -> None:
            _require(connection, _KEYS, old)
            connection.execute(
                "UPDATE api_key SET expires_at = min(coalesce(expires_at, ?1), ?1) WHERE id = ?2",
                (to_microseconds(old_until), old),
            )
            _insert_key(connection, new, digest)

        await self._write(change, record)

    async def set_api_key_disabled(
        self, key: KeyId, at: datetime | None, record: AuditRecord
    ) -> None:
        """Disable or enable an API key."""
        await self._set_disabled(_KEYS, key, at, record)

    async def add_plan(self, plan: Plan, record: AuditRecord) -> None:
        """Record a usage plan."""

        def change(connection: apsw.Connection) -> None:
            _insert(connection, _PLANS, plan.name)
            for service, limit in plan.limits.items():
                _set_limit(connection, plan.name, service, limit)

        await self._write(change, record)

    async def get_plan(self, plan: PlanName) -> Plan:
        """Return one usage plan."""
        rows = self._database.read(f"{_PLAN} WHERE p.name = ?", (plan,))
        _only(rows, _PLANS, plan)
        return _to_plans(rows)[0]

    async def list_plans(self) -> list[Plan]:
        """Return all usage plans by name."""
        return _to_plans(self._database.read(f"{_PLAN} ORDER BY p.name, l.service", ()))

    async def set_limit(
        self, plan: PlanName, service: ServiceName, limit: Limit, record: AuditRecord
    ) -> None:
        """Set what a plan grants at one service."""

        def change(connection: apsw.Connection) -> None:
            _require(connection, _PLANS, plan)
            _set_limit(connection, plan, service, limit)

        await self._write(change, record)

    async def add_service(self, service: ServiceEntry, record: AuditRecord) -> None:
        """Record a service."""

        def change(connection: apsw.Connection) -> None:
            _insert(
                connection,
                _SERVICES,
                service.name,
                service.title,
                service.description,
                to_optional_microseconds(service.disabled_at),
            )

        await self._write(change, record)

    async def get_service(self, service: ServiceName) -> ServiceEntry:
        """Return one service."""
        rows = self._database.read(f"{_SERVICE} WHERE name = ?", (service,))
        return _to_service(_only(rows, _SERVICES, service))

    async def list_services(self) -> list[ServiceEntry]:
        """Return all services by name."""
        return [_to_service(row) for row in self._database.read(f"{_SERVICE} ORDER BY name", ())]

    async def set_service_disabled(
        self, service: ServiceName, at: datetime | None, record: AuditRecord
    ) -> None:
        """Disable or enable a service."""
        await self._set_disabled(_SERVICES, service, at, record)

    async def _set_disabled(
        self, table: _Table, name: str, at: datetime | None, record: AuditRecord
    ) -> None:
        def change(connection: apsw.Connection) -> None:
            _require(connection, table, name)
            # The first moment stands when something is disabled twice.
            connection.execute(
                f"UPDATE {table.name} SET disabled_at = "  # noqa: S608 - our own names
                "CASE WHEN ?1 IS NULL THEN NULL ELSE coalesce(disabled_at, ?1) END "
                f"WHERE {table.column} = ?2",
                (to_optional_microseconds(at), name),
            )

        await self._write(change, record)

    async def _write(self, change: Callable[[apsw.Connection], None], record: AuditRecord) -> None:
        def whole(connection: apsw.Connection) -> None:
            # Others share the transaction; a change that fails half way leaves nothing.
            with connection:
                change(connection)

        await self._database.write(whole, lambda _: (record,))


def _only(rows: list[Row], table: _Table, name: str) -> Row:
    if not rows:
        raise Unknown(f"there is no {table.word} {name!r}")
    return rows[0]


def _require(connection: apsw.Connection, table: _Table, name: str) -> None:
    query = f"SELECT 1 FROM {table.name} WHERE {table.column} = ?"  # noqa: S608 - our own names
    if not connection.execute(query, (name,)).fetchall():
        raise Unknown(f"there is no {table.word} {name!r}")


def _insert(
    connection: apsw.Connection, table: _Table, name: str, *others: str | bytes | int | None
) -> None:
    marks = ", ".join("?" * (1 + len(others)))
    statement = f"INSERT INTO {table.name} VALUES ({marks})"  # noqa: S608 - our own names
    try:
        connection.execute(statement, (name, *others))
    except apsw.ConstraintError as error:
        raise AlreadyExists(f"{table.word} {name!r} exists already") from error


def _insert_password(
    connection: apsw.Connection, username: Username, password: Digest | str
) -> None:
    digest, chosen = (None, password) if isinstance(password, str) else (password, None)
    connection.execute("INSERT INTO password VALUES (?, ?, ?, NULL)", (username, digest, chosen))


def _insert_key(connection: apsw.Connection, key: ApiKey, digest: Digest) -> None:
    _require(connection, _ACCOUNTS, key.account)
    _require(connection, _PLANS, key.plan)
    _insert(
        connection,
        _KEYS,
        key.id,
        digest,
        key.account,
        key.plan,
        key.description,
        key.last_four,
        to_microseconds(key.created_at),
        to_optional_microseconds(key.expires_at),
        to_optional_microseconds(key.disabled_at),
    )


def _set_limit(
    connection: apsw.Connection, plan: PlanName, service: ServiceName, limit: Limit
) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO plan_limit VALUES (?, ?, ?, ?, ?)",
        (plan, service, limit.rate, limit.burst, limit.quota),
    )


def _to_account(row: Row) -> Account:
    account, name, created_at, disabled_at, services = row
    return Account(
        id=AccountId(account),
        name=name,
        services=tuple(ServiceName(service) for service in sorted((services or "").split())),
        created_at=to_moment(created_at),
        disabled_at=to_optional_moment(disabled_at),
    )


def _to_user(row: Row) -> ServiceUser:
    username, account, created_at, disabled_at = row
    return ServiceUser(
        Username(username),
        AccountId(account),
        to_moment(created_at),
        to_optional_moment(disabled_at),
    )


def _to_key(row: Row) -> ApiKey:
    key, account, plan, description, last_four, created_at, expires_at, disabled_at = row
    return ApiKey(
        id=KeyId(key),
        account=AccountId(account),
        plan=PlanName(plan),
        description=description,
        last_four=last_four,
        created_at=to_moment(created_at),
        expires_at=to_optional_moment(expires_at),
        disabled_at=to_optional_moment(disabled_at),
    )


def _to_plans(rows: list[Row]) -> list[Plan]:
    limits: dict[PlanName, dict[ServiceName, Limit]] = {}
    for plan, service, rate, burst, quota in rows:
        of_plan = limits.setdefault(PlanName(plan), {})
        if service is not None:
            of_plan[ServiceName(service)] = Limit(rate, burst, quota)
    return [Plan(name, of_plan) for name, of_plan in limits.items()]


def _to_service(row: Row) -> ServiceEntry:
    name, title, description, disabled_at = row
    return ServiceEntry(ServiceName(name), title, description, to_optional_moment(disabled_at))
