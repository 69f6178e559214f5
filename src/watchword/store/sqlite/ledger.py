"""The hot rows: who a caller is, and which of its tokens is live."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import apsw

from watchword.access.errors import Unknown
from watchword.access.model import (
    AccountId,
    Client,
    Digest,
    Generation,
    KeyId,
    KeyStanding,
    LiveToken,
    PlanName,
    ServiceName,
    Standing,
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

    from watchword.access.issuing import MintedToken
    from watchword.store.sqlite.database import Database, Row

# Scalar subqueries and UNION ALL on purpose: the same rows by JOIN cost five times as much
# (24 against 5 microseconds measured), and three statements would be three snapshots.
_USER: Final = """
SELECT 'user', u.account,
       u.disabled_at IS NOT NULL
         OR (SELECT a.disabled_at FROM account a WHERE a.id = u.account) IS NOT NULL,
       (SELECT group_concat(e.service, ' ') FROM entitlement e
         WHERE e.account = u.account
           AND (SELECT s.disabled_at FROM service s WHERE s.name = e.service) IS NULL),
       NULL, NULL
  FROM service_user u WHERE u.username = ?1
"""
_KEY: Final = """
SELECT 'key', id, account, plan, expires_at, disabled_at IS NOT NULL
  FROM api_key WHERE digest = ?2
"""
_STANDING: Final = f"""
{_USER} UNION ALL {_KEY} UNION ALL
SELECT 'live', generation, jti, changed_at, NULL, NULL FROM live_token WHERE username = ?1
"""  # noqa: S608 - put together from constants
_CLIENT: Final = f"""
{_USER} UNION ALL {_KEY} UNION ALL
SELECT 'password', digest, NULL, NULL, NULL, NULL FROM password
 WHERE username = ?1 AND (expires_at IS NULL OR expires_at > ?3)
"""  # noqa: S608 - put together from constants
_GENERATION: Final = "SELECT generation FROM live_token WHERE username = ?"
_RECORD: Final = """
INSERT INTO live_token (username, generation, jti, changed_at, expires_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (username) DO UPDATE SET
    generation = excluded.generation, jti = excluded.jti,
    changed_at = excluded.changed_at, expires_at = excluded.expires_at
"""


class LedgerTables:
    """Answers the guard and the token endpoint, and records tokens."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_standing(self, username: Username, key: Digest) -> Standing | None:
        """Return where a service user and a key stand now (see `StandingReads`)."""
        rows = {row[0]: row[1:] for row in self._database.read(_STANDING, (username, key))}
        user = rows.get("user")
        if user is None:
            return None
        account, is_disabled, services, *_ = user
        live = rows.get("live")
        key_row = rows.get("key")
        return Standing(
            username=username,
            account=AccountId(account),
            services=_to_services(services),
            is_disabled=bool(is_disabled),
            live=None if live is None else _to_live(*live),
            key=None if key_row is None else _to_key(*key_row),
        )

    async def find_client(
        self, username: str, key: Digest, now: datetime
    ) -> tuple[Client | None, KeyStanding | None]:
        """Return the client and the presented key (see `ClientReads`)."""
        rows = self._database.read(_CLIENT, (username, key, to_microseconds(now)))
        passwords = tuple(Digest(row[1]) for row in rows if row[0] == "password")
        others = {row[0]: row[1:] for row in rows}
        key_row = others.get("key")
        standing = None if key_row is None else _to_key(*key_row)
        user = others.get("user")
        if user is None:
            return None, standing
        account, is_disabled, services, *_ = user
        return Client(
            username=Username(username),
            account=AccountId(account),
            services=tuple(ServiceName(service) for service in sorted(_to_services(services))),
            is_disabled=bool(is_disabled),
            passwords=passwords,
        ), standing

    async def issue(
        self, username: Username, mint: Callable[[Generation], MintedToken]
    ) -> MintedToken:
        """Raise the generation and record the token minted for it (see `Ledger`)."""

        def change(connection: apsw.Connection) -> MintedToken:
            # Signed before it is recorded: if signing fails, nothing was written and the
            # previous token stays live. The write lock keeps the generation ours meanwhile.
            minted = mint(_next_generation(connection, username))
            _record(
                connection,
                username,
                minted.generation,
                minted.jti,
                minted.issued_at,
                minted.expires_at,
            )
            return minted

        return await self._database.write(change)

    async def revoke(self, username: Username, now: datetime) -> Generation:
        """Raise the generation without a token (see `Ledger`)."""

        def change(connection: apsw.Connection) -> Generation:
            generation = _next_generation(connection, username)
            _record(connection, username, generation, None, now, None)
            return generation

        return await self._database.write(change)


def _next_generation(connection: apsw.Connection, username: Username) -> Generation:
    row: Row | None = connection.execute(_GENERATION, (username,)).fetchone()
    return Generation(1 if row is None else row[0] + 1)


def _record(
    connection: apsw.Connection,
    username: Username,
    generation: Generation,
    jti: str | None,
    changed_at: datetime,
    expires_at: datetime | None,
) -> None:
    moments = (to_microseconds(changed_at), to_optional_microseconds(expires_at))
    try:
        connection.execute(_RECORD, (username, generation, jti, *moments))
    except apsw.ConstraintError as error:
        if "FOREIGN KEY" not in str(error):
            raise
        raise Unknown(f"there is no service user {username!r}") from error


def _to_live(generation: int, jti: str | None, changed_at: int, *_: None) -> LiveToken:
    return LiveToken(Generation(generation), jti, to_moment(changed_at))


def _to_key(
    key: str, account: str, plan: str, expires_at: int | None, is_disabled: int
) -> KeyStanding:
    return KeyStanding(
        KeyId(key),
        AccountId(account),
        PlanName(plan),
        to_optional_moment(expires_at),
        bool(is_disabled),
    )


@lru_cache(maxsize=1024)
def _to_services(names: str | None) -> frozenset[str]:
    return frozenset(names.split(" ")) if names else frozenset()
