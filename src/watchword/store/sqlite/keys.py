"""The rows of the API keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watchword.access.model import AccountId, ApiKey, KeyId, PlanName
from watchword.store.sqlite.database import (
    to_microseconds,
    to_moment,
    to_optional_microseconds,
    to_optional_moment,
)
from watchword.store.sqlite.registry import (
    ACCOUNTS,
    KEYS,
    PLANS,
    RegistryTables,
    insert,
    only,
)
from watchword.store.sqlite.registry import require as require_row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import apsw

    from watchword.access.audit import AuditRecord
    from watchword.access.model import Digest
    from watchword.access.register import RequireKeys
    from watchword.store.sqlite.database import Row

_KEY = """
SELECT id, account, plan, description, last_four, created_at, expires_at, disabled_at, disabled_by,
       replaced_by
  FROM api_key
"""


class KeyTables(RegistryTables):
    """Keeps API keys (see `ApiKeys`)."""

    async def add_api_key(
        self,
        key: ApiKey,
        digest: Digest,
        record: AuditRecord,
        require: RequireKeys | None = None,
    ) -> None:
        """Record an API key."""

        def change(connection: apsw.Connection) -> None:
            _ask(require, connection, key.account)
            _insert_keys(connection, [(key, digest)])

        await self._write(change, record)

    async def add_api_keys(self, keys: Sequence[tuple[ApiKey, Digest, AuditRecord]]) -> None:
        """Record API keys, all or none."""

        def change(connection: apsw.Connection) -> None:
            _insert_keys(connection, [(key, digest) for key, digest, _ in keys])

        await self._write(change, *(record for _, _, record in keys))

    async def get_api_key(self, key: KeyId) -> ApiKey:
        """Return one API key."""
        rows = self._database.read(f"{_KEY} WHERE id = ?", (key,))
        return _to_key(only(rows, KEYS, key, self._database.read))

    async def list_api_keys(
        self, account: AccountId | None, after: str | None, limit: int
    ) -> list[ApiKey]:
        """Return API keys by account and age, of one account or of all."""
        last = None if after is None else await self.get_api_key(KeyId(after))
        made = 0 if last is None else to_microseconds(last.created_at)
        if account is None:
            where = "(account, created_at, id) > (?, ?, ?)"
            of: str = "" if last is None else last.account
        else:
            where = "account = ? AND (created_at, id) > (?, ?)"
            of = account
        rows = self._database.read(
            f"{_KEY} WHERE {where} ORDER BY account, created_at, id LIMIT ?",
            (of, made, after or "", limit),
        )
        return [_to_key(row) for row in rows]

    async def rotate_api_key(
        self,
        old: KeyId,
        old_until: datetime,
        new: ApiKey,
        digest: Digest,
        record: AuditRecord,
        require: RequireKeys | None = None,
    ) -> None:
        """Record a new key and let the old one end at a moment, or earlier if it did anyway."""

        def change(connection: apsw.Connection) -> None:
            require_row(connection, KEYS, old)
            _ask(require, connection, new.account)
            connection.execute(
                "UPDATE api_key SET expires_at = min(coalesce(expires_at, ?1), ?1), "
                "replaced_by = ?3 WHERE id = ?2",
                (to_microseconds(old_until), old, new.id),
            )
            _insert_keys(connection, [(new, digest)])

        await self._write(change, record)

    async def move_api_key(self, key: KeyId, plan: PlanName, record: AuditRecord) -> None:
        """Put an API key on another usage plan."""

        def change(connection: apsw.Connection) -> None:
            require_row(connection, KEYS, key)
            require_row(connection, PLANS, plan)
            connection.execute("UPDATE api_key SET plan = ? WHERE id = ?", (plan, key))

        await self._write(change, record)

    async def set_api_key_disabled(
        self,
        key: KeyId,
        at: datetime | None,
        record: AuditRecord,
        require: RequireKeys | None = None,
    ) -> None:
        """Disable or enable an API key."""

        def change(connection: apsw.Connection) -> None:
            require_row(connection, KEYS, key)
            ((account,),) = connection.execute(
                "SELECT account FROM api_key WHERE id = ?", (key,)
            ).fetchall()
            _ask(require, connection, AccountId(str(account)))
            connection.execute(
                "UPDATE api_key SET disabled_by = CASE WHEN ?1 IS NULL THEN NULL ELSE ?2 END, "
                "disabled_at = CASE WHEN ?1 IS NULL THEN NULL ELSE coalesce(disabled_at, ?1) END "
                "WHERE id = ?3",
                (to_optional_microseconds(at), record.actor, key),
            )

        await self._write(change, record)


def _ask(require: RequireKeys | None, connection: apsw.Connection, account: AccountId) -> None:
    if require is not None:
        rows = connection.execute(
            f"{_KEY} WHERE account = ? ORDER BY created_at, id", (account,)
        ).fetchall()
        require([_to_key(row) for row in rows])


def _insert_keys(connection: apsw.Connection, keys: Sequence[tuple[ApiKey, Digest]]) -> None:
    for account in {key.account: None for key, _ in keys}:
        require_row(connection, ACCOUNTS, account)
    for plan in {key.plan: None for key, _ in keys}:
        require_row(connection, PLANS, plan)
    for key, digest in keys:
        insert(
            connection,
            KEYS,
            key.id,
            digest,
            key.account,
            key.plan,
            key.description,
            key.last_four,
            to_microseconds(key.created_at),
            to_optional_microseconds(key.expires_at),
            to_optional_microseconds(key.disabled_at),
            key.disabled_by,
            key.replaced_by,
        )


def _to_key(row: Row) -> ApiKey:
    key, account, plan, description, last_four, created_at, expires_at, disabled_at, by, new = row
    return ApiKey(
        id=KeyId(key),
        account=AccountId(account),
        plan=PlanName(plan),
        description=description,
        last_four=last_four,
        created_at=to_moment(created_at),
        expires_at=to_optional_moment(expires_at),
        disabled_at=to_optional_moment(disabled_at),
        disabled_by=by,
        replaced_by=None if new is None else KeyId(new),
    )
