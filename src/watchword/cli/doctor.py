"""`watchword doctor`: looks for what would go wrong."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from watchword.access.errors import NotAllowed, WatchwordError
from watchword.access.keyring import Stage
from watchword.access.paging import read_all
from watchword.cli.context import DEFAULT, OPERATOR, Common
from watchword.cli.granted import word_limit
from watchword.deployment import open_deployment, open_request_log
from watchword.services.directory import ANSWERED_HERE
from watchword.services.records import NobodyYet, give_back_disk, sample_person_id
from watchword.sqlite import require_sound_sqlite
from watchword.system import SystemClock, SystemRandomness

if TYPE_CHECKING:
    from collections.abc import Callable

    from watchword.settings import Settings

_LEAST_FREE_BYTES = 200_000_000
_RECORDS_LOOKED_AT = 10_000
"""So many of the newest; 'watchword audit verify' looks at all."""
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class _Finding:
    check: str
    is_ok: bool
    remark: str


def doctor(*, common: Common = DEFAULT) -> int:
    """Check this deployment and say what to mend. Exit code 1 when something is wrong."""
    settings = common.settings()
    findings = [_look(name, check, settings) for name, check in _CHECKS.items()]
    common.output.records(
        [
            {"check": item.check, "status": "ok" if item.is_ok else "wrong", "remark": item.remark}
            for item in findings
        ],
        "Nothing to check.",
    )
    return 0 if all(item.is_ok for item in findings) else 1


def _look(name: str, check: Callable[[Settings], str], settings: Settings) -> _Finding:
    try:
        return _Finding(name, is_ok=True, remark=check(settings))
    except (WatchwordError, OSError) as error:
        return _Finding(name, is_ok=False, remark=str(error))


def _check_sqlite(_: Settings) -> str:
    require_sound_sqlite()
    return "the SQLite library is safe with several workers"


def _check_folder(settings: Settings) -> str:
    if not settings.data_dir.is_dir():
        raise NotAllowed(f"there is no folder {settings.data_dir}: run 'watchword init'")
    if settings.data_dir.stat().st_mode & 0o022:
        raise NotAllowed(f"others may write {settings.data_dir}: run 'chmod 700' on it")
    free = shutil.disk_usage(settings.data_dir).free
    if free < _LEAST_FREE_BYTES:
        raise NotAllowed(
            f"{free // 1_000_000} MB free; on a full disk no token is issued and calls are refused"
        )
    return f"{free // 1_000_000} MB free"


def _check_database(settings: Settings) -> str:
    return asyncio.run(_ask_database(settings))


async def _ask_database(settings: Settings) -> str:
    async with open_deployment(settings, SystemClock()) as deployment:
        problems = await deployment.store.find_problems()
        if problems:
            raise NotAllowed(f"damaged, restore your backup: {problems[0]}")
        keys = deployment.keys.ring.keys
        registry = deployment.registry(SystemClock(), SystemRandomness(), OPERATOR)
        accounts = await read_all(registry.list_accounts)
        return f"sound; {len(keys)} signing key(s), {len(accounts)} account(s)"


def _check_requests(settings: Settings) -> str:
    if not settings.request_log_days:
        return "no calls are kept one by one: request_log_days is 0"
    if not settings.request_database.exists():
        return f"{settings.request_database} is made when the server starts"
    return asyncio.run(_ask_requests(settings))


async def _ask_requests(settings: Settings) -> str:
    async with open_request_log(settings) as log:
        problems = [] if log is None else await log.find_problems()
    if problems:
        raise NotAllowed(f"damaged, move it away while the server is stopped: {problems[0]}")
    return f"sound; kept for {settings.request_log_days} day(s)"


def _check_keys(settings: Settings) -> str:
    return asyncio.run(_ask_keys(settings))


async def _ask_keys(settings: Settings) -> str:
    clock = SystemClock()
    async with open_deployment(settings, clock) as deployment:
        ring, now = deployment.keys.ring, clock.now()
    stages = {item.key.kid: ring.stage_of(item, now) for item in ring.keys}
    (signing,) = (item for item in ring.keys if stages[item.key.kid] is Stage.SIGNING)
    if signing.signs_from > now:
        raise NotAllowed(
            f"the clock says {now:%Y-%m-%d %H:%M:%SZ}, and the oldest key signs from "
            f"{signing.signs_from:%Y-%m-%d %H:%M:%SZ} on: set the clock right"
        )
    remark = f"{signing.key.kid} signs since {signing.signs_from:%Y-%m-%d}"
    others = Counter(stage for stage in stages.values() if stage is not Stage.SIGNING)
    return "; ".join([remark, *(f"{count} {stage}" for stage, count in others.items())])


def _check_audit(settings: Settings) -> str:
    return asyncio.run(_ask_audit(settings))


async def _ask_audit(settings: Settings) -> str:
    clock = SystemClock()
    async with open_deployment(settings, clock) as deployment:
        found = await deployment.trail(clock).verify(newest=_RECORDS_LOOKED_AT)
    if found.problem is not None:
        raise NotAllowed(f"{found.problem}: keep the database as evidence, compare your backups")
    return f"sound from record {found.first} to {found.head.sequence}"


def _check_profile(settings: Settings) -> str:
    if not settings.profile_database.exists():
        if settings.database.exists() and asyncio.run(_is_profile_spare(settings)):
            return "there are none, and profile is disabled or services of your own are there"
        raise NobodyYet
    give_back_disk(settings.profile_database)
    return f"people are there, {sample_person_id(settings.profile_database)} for one"


async def _is_profile_spare(settings: Settings) -> bool:
    async with open_deployment(settings, SystemClock()) as deployment:
        registry = deployment.registry(SystemClock(), SystemRandomness(), OPERATOR)
        services = await read_all(registry.list_services)
    return any(
        service.upstream is not None or (service.name in ANSWERED_HERE and not service.is_enabled)
        for service in services
    )


def _check_plans(settings: Settings) -> str:
    return asyncio.run(_ask_plans(settings))


async def _ask_plans(settings: Settings) -> str:
    async with open_deployment(settings, SystemClock()) as deployment:
        registry = deployment.registry(SystemClock(), SystemRandomness(), OPERATOR)
        accounts = await read_all(registry.list_accounts)
        found = {account.id: await registry.find_unusable(account.id) for account in accounts}
    # An account without a key is no mistake: it may be one for tomorrow.
    unusable = [
        f"{account} {service}"
        for account, granted in found.items()
        if granted.has_key
        for service in granted.services
    ]
    if unusable:
        raise NotAllowed(
            f"granted, and no key's plan has a limit for it: {', '.join(unusable[:_MOST_NAMED])}"
            f"{', ...' if len(unusable) > _MOST_NAMED else ''}; "
            f"give plans a limit: {word_limit('SERVICE')}"
        )
    return "whoever has a key has a limit for all that is granted"


def _check_url(settings: Settings) -> str:
    # Whoever connects to a Unix socket is believed as a proxy is.
    is_believed = settings.proxy_networks or settings.unix_socket
    if settings.public_url.startswith("https:") and not is_believed:
        # TLS ends at a proxy, and everybody would share its address and its failures.
        raise NotAllowed(
            "a proxy ends TLS, and every caller has its address: set trusted_proxies to it"
        )
    return f"tokens name {settings.public_url} as their issuer"


_CHECKS: dict[str, Callable[[Settings], str]] = {
    "SQLite": _check_sqlite,
    "data directory": _check_folder,
    "secret and database": _check_database,
    "request log": _check_requests,
    "signing keys": _check_keys,
    "audit log": _check_audit,
    "plans": _check_plans,
    "people": _check_profile,
    "URL": _check_url,
}
