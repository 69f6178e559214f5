"""The hot rows: who a caller is, and which of its tokens is live."""

from __future__ import annotations

from dataclasses import astuple
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Final, TypeVar

from watchword.access.ledger import Found, Verdict
from watchword.access.limiter import Bucket
from watchword.access.model import (
    AccountId,
    Client,
    Digest,
    DocumentLimits,
    Generation,
    KeyId,
    KeyStanding,
    Limit,
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
from watchword.store.sqlite.failures import record_failures
from watchword.store.sqlite.plan_documents import DOCUMENT_COLUMNS, to_documents

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import apsw

    from watchword.access.ledger import Asked
    from watchword.store.sqlite.database import Database, Row

T = TypeVar("T")
_USUAL: Final = astuple(DocumentLimits())

# Scalar subqueries and UNION ALL on purpose: the same rows by JOIN cost five times as much
# (24 against 5 microseconds measured), and three statements would be three snapshots.
_USER: Final = """
SELECT 'user', u.account,
       u.disabled_at IS NOT NULL
         OR (SELECT a.disabled_at FROM account a WHERE a.id = u.account) IS NOT NULL,
       (SELECT group_concat(e.service, ' ') FROM entitlement e
         WHERE e.account = u.account
           AND (SELECT s.disabled_at FROM service s WHERE s.name = e.service) IS NULL),
       NULL, NULL, NULL, NULL, NULL
  FROM service_user u WHERE u.username = ?1
"""
_KEY: Final = """
SELECT 'key', id, account, plan, expires_at, disabled_at IS NOT NULL, NULL, NULL, NULL
  FROM api_key WHERE digest = ?2
"""
_LIVE: Final = """
SELECT 'live', generation, jti, changed_at, expires_at, NULL, NULL, NULL, NULL
  FROM live_token WHERE username = ?1
"""
_STANDING: Final = f"""
{_USER} UNION ALL {_KEY} UNION ALL {_LIVE} UNION ALL
SELECT 'limit', service, rate, burst, quota, NULL, NULL, NULL, NULL FROM plan_limit
 WHERE plan = (SELECT plan FROM api_key WHERE digest = ?2) UNION ALL
SELECT 'documents', {DOCUMENT_COLUMNS} FROM plan
 WHERE name = (SELECT plan FROM api_key WHERE digest = ?2) UNION ALL
SELECT 'package', package, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM account_package
 WHERE account = (SELECT account FROM service_user WHERE username = ?1)
"""  # noqa: S608 - put together from constants
_CLIENT: Final = f"""
{_USER} UNION ALL {_KEY} UNION ALL {_LIVE} UNION ALL
SELECT 'password', digest, chosen, NULL, NULL, NULL, NULL, NULL, NULL FROM password
 WHERE username = ?1 AND (expires_at IS NULL OR ?7 AND expires_at > ?3) UNION ALL
SELECT 'failure', bucket, empty_at, NULL, NULL, NULL, NULL, NULL, NULL
  FROM failure WHERE bucket IN (?4, ?5, ?6) UNION ALL
SELECT 'chosen', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
 WHERE EXISTS (SELECT 1 FROM password WHERE chosen IS NOT NULL)
"""  # noqa: S608 - put together from constants
_NEWEST_KEY: Final = """
SELECT k.digest FROM api_key k
 WHERE k.account = (SELECT account FROM service_user WHERE username = ?1)
   AND k.disabled_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > ?3)
 ORDER BY EXISTS (SELECT 1 FROM plan_limit l WHERE l.plan = k.plan AND l.service = ?2) DESC,
       k.created_at DESC, k.id DESC
 LIMIT 1
"""
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
        # Few plans, and a row of one for each call that the guard judges anew.
        self._to_documents = lru_cache(maxsize=1024)(to_documents)

    def find_version(self) -> int | None:
        """Return a number that is another one after a commit (see `StandingReads`)."""
        return self._database.read_version()

    async def find_standing(self, username: Username, key: Digest) -> Standing | None:
        """Return where a service user and a key stand now (see `StandingReads`)."""
        found: dict[str, Row] = {}
        limits: dict[ServiceName, Limit] = {}
        packages: list[str] = []
        for kind, *values in self._database.read(_STANDING, (username, key)):
            if kind == "limit":
                service, rate, burst, quota, *_ = values
                limits[ServiceName(service)] = Limit(rate, burst, quota)
            elif kind == "package":
                packages.append(values[0])
            else:
                found[kind] = tuple(values)
        if "user" not in found:
            return None
        account, is_disabled, services, *_ = found["user"]
        return Standing(
            username=username,
            account=AccountId(account),
            services=_to_services(services),
            is_disabled=bool(is_disabled),
            live=_to_live(*found["live"]) if "live" in found else None,
            key=_to_key(*found["key"]) if "key" in found else None,
            limits=limits,
            documents=self._to_documents(*found.get("documents", _USUAL)),
            packages=frozenset(packages),
        )

    async def find_newest_key(
        self, username: Username, service: ServiceName, now: datetime
    ) -> Digest | None:
        """Return the key whose plan counts what is asked without one (see `StandingReads`)."""
        rows = self._database.read(_NEWEST_KEY, (username, service, to_microseconds(now)))
        return Digest(rows[0][0]) if rows else None

    async def find_client(self, asked: Asked) -> Found:
        """Return what there is of a client and the presented key (see `Ledger`)."""
        return _to_found(asked, self._database.read(_CLIENT, _bind(asked)))

    async def settle(self, asked: Asked, judge: Callable[[Found], Verdict[T]]) -> Verdict[T]:
        """Look a client up, judge it and record what follows (see `Ledger`)."""

        def change(connection: apsw.Connection) -> Verdict[T]:
            rows = connection.execute(_CLIENT, _bind(asked)).fetchall()
            verdict = judge(_to_found(asked, rows))
            if verdict.live is not None:
                _record(connection, asked.username, verdict.live)
            if verdict.failures:
                record_failures(connection, verdict.failures, asked.now)
            return verdict

        return await self._database.write(change, attrgetter("audit"))


def _bind(asked: Asked) -> tuple[str | int | bytes | None, ...]:
    return (
        asked.username,
        asked.key,
        to_microseconds(asked.now),
        asked.buckets.name,
        asked.buckets.address,
        asked.beside,
        asked.takes_outgoing,
    )


def _record(connection: apsw.Connection, username: str, live: LiveToken) -> None:
    connection.execute(
        _RECORD,
        (
            username,
            live.generation,
            live.jti,
            to_microseconds(live.changed_at),
            to_optional_microseconds(live.expires_at),
        ),
    )


def _to_found(asked: Asked, rows: list[Row]) -> Found:
    client = key = live = None
    passwords: tuple[Digest, ...] = ()
    chosen: tuple[str, ...] = ()
    failures: dict[Bucket, datetime] = {}
    keeps_chosen = False
    for kind, first, second, *others in rows:
        if kind == "user":
            client = first, second, others[0]
        elif kind == "key":
            key = _to_key(first, second, *others)
        elif kind == "live":
            live = _to_live(first, second, *others)
        elif kind == "password":
            if first is None:
                chosen += (second,)
            else:
                passwords += (Digest(first),)
        elif kind == "failure":
            failures[Bucket(first)] = to_moment(second)
        else:
            keeps_chosen = True
    return Found(
        client
        and Client(
            username=Username(asked.username),
            account=AccountId(client[0]),
            services=_to_sorted(client[2]),
            is_disabled=bool(client[1]),
            passwords=passwords,
            chosen=chosen,
        ),
        key,
        live,
        failures,
        keeps_chosen,
    )


def _to_live(
    generation: int, jti: str | None, changed_at: int, expires_at: int | None, *_: None
) -> LiveToken:
    return LiveToken(
        Generation(generation), jti, to_moment(changed_at), to_optional_moment(expires_at)
    )


def _to_key(
    key: str, account: str, plan: str, expires_at: int | None, is_disabled: int, *_: None
) -> KeyStanding:
    return KeyStanding(
        KeyId(key),
        AccountId(account),
        PlanName(plan),
        to_optional_moment(expires_at),
        bool(is_disabled),
    )


@lru_cache(maxsize=1024)
def _to_sorted(names: str | None) -> tuple[ServiceName, ...]:
    return tuple(ServiceName(name) for name in sorted(_to_services(names)))


@lru_cache(maxsize=1024)
def _to_services(names: str | None) -> frozenset[str]:
    return frozenset(names.split(" ")) if names else frozenset()
