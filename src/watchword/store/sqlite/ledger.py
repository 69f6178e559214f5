"""The hot rows: who a caller is, and which of its tokens is live."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

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
    to_optional_moment,
    translated,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import apsw

    from watchword.access.issuing import MintedToken
    from watchword.store.sqlite.database import Database

_Row = tuple[Any, ...]

_SERVICES: Final = """
    (SELECT group_concat(e.service, ' ') FROM entitlement e JOIN service s ON s.name = e.service
      WHERE e.account = u.account AND s.disabled_at IS NULL)
"""
_STANDING: Final = f"""
SELECT u.account, u.disabled_at IS NOT NULL OR a.disabled_at IS NOT NULL, {_SERVICES},
       t.generation, t.jti, t.changed_at,
       k.id, k.account, k.plan, k.expires_at, k.disabled_at IS NOT NULL
  FROM service_user u
  JOIN account a ON a.id = u.account
  LEFT JOIN live_token t ON t.username = u.username
  LEFT JOIN api_key k ON k.digest = ?
 WHERE u.username = ?
"""  # noqa: S608 - put together from constants
_CLIENT: Final = f"""
SELECT u.username, u.account, u.disabled_at IS NOT NULL OR a.disabled_at IS NOT NULL, {_SERVICES}
  FROM service_user u JOIN account a ON a.id = u.account
 WHERE u.username = ?
"""  # noqa: S608 - put together from constants
_PASSWORDS: Final = """
SELECT digest FROM password WHERE username = ? AND (expires_at IS NULL OR expires_at > ?)
"""
_KEY: Final = """
SELECT id, account, plan, expires_at, disabled_at IS NOT NULL FROM api_key WHERE digest = ?
"""
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
        with translated():
            row: _Row | None = self._database.reader.execute(_STANDING, (key, username)).fetchone()
        if row is None:
            return None
        account, is_disabled, services, generation, jti, changed_at, *key_row = row
        return Standing(
            username=username,
            account=AccountId(account),
            services=_to_services(services),
            is_disabled=bool(is_disabled),
            live=None
            if generation is None
            else LiveToken(Generation(generation), jti, to_moment(changed_at)),
            key=_to_key(*key_row) if key_row[0] is not None else None,
        )

    async def find_client(
        self, username: str, key: Digest, now: datetime
    ) -> tuple[Client | None, KeyStanding | None]:
        """Return the client and the presented key (see `ClientReads`)."""
        with translated():
            reader = self._database.reader
            # Three reads whatever is found: an unknown user takes no shorter way.
            user_row: _Row | None = reader.execute(_CLIENT, (username,)).fetchone()
            passwords: list[_Row] = reader.execute(
                _PASSWORDS, (username, to_microseconds(now))
            ).fetchall()
            key_row: _Row | None = reader.execute(_KEY, (key,)).fetchone()
        standing = None if key_row is None else _to_key(*key_row)
        if user_row is None:
            return None, standing
        name, account, is_disabled, services = user_row
        return Client(
            username=Username(name),
            account=AccountId(account),
            services=tuple(ServiceName(service) for service in sorted(_to_services(services))),
            is_disabled=bool(is_disabled),
            passwords=tuple(Digest(digest) for (digest,) in passwords),
        ), standing

    async def issue(
        self, username: Username, mint: Callable[[Generation], MintedToken]
    ) -> MintedToken:
        """Raise the generation and record the token minted for it (see `Ledger`)."""

        def change(connection: apsw.Connection) -> MintedToken:
            # Signed before it is recorded: if signing fails, nothing was written and the
            # previous token stays live. The write lock keeps the generation ours meanwhile.
            minted = mint(_next_generation(connection, username))
            connection.execute(
                _RECORD,
                (
                    username,
                    minted.generation,
                    minted.jti,
                    to_microseconds(minted.issued_at),
                    to_microseconds(minted.expires_at),
                ),
            )
            return minted

        return await self._database.writer.write(change)

    async def revoke(self, username: Username, now: datetime) -> Generation:
        """Raise the generation without a token (see `Ledger`)."""

        def change(connection: apsw.Connection) -> Generation:
            known = connection.execute(
                "SELECT 1 FROM service_user WHERE username = ?", (username,)
            ).fetchone()
            if known is None:
                raise Unknown(f"there is no service user {username!r}")
            generation = _next_generation(connection, username)
            connection.execute(_RECORD, (username, generation, None, to_microseconds(now), None))
            return generation

        return await self._database.writer.write(change)


def _next_generation(connection: apsw.Connection, username: Username) -> Generation:
    row: _Row | None = connection.execute(_GENERATION, (username,)).fetchone()
    return Generation(1 if row is None else row[0] + 1)


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
