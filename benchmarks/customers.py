"""Makes the deployment that is measured: accounts, keys, service users, invented people."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from watchword.access.audit import By
from watchword.access.model import Limit
from watchword.access.registration.changes import Route
from watchword.bootstrap.services import build_services
from watchword.deployment import initialise, open_deployment
from watchword.services.imports import import_invented
from watchword.services.records import sample_person_id
from watchword.settings import Settings, load_settings
from watchword.system import SystemClock, SystemRandomness

if TYPE_CHECKING:
    from pathlib import Path

    from watchword.access.registration import Registry

BY: Final = By("cli:benchmarks")
ACCOUNTS: Final = 100
"""So many accounts share a crowd, each with a key and so with a bucket of its own."""
_ACCOUNT: Final = "bench"
_SERVICE: Final = "profile"
_PLAN: Final = "roomy"
# In nobody's way.
_ROOMY: Final = Limit(rate=1_000_000_000, burst=1_000_000_000, quota=None)
_AT_ONCE: Final = 1_000
# The same people as `watchword demo` has.
_SEED: Final = 1
_PEOPLE: Final = 60


@dataclass(frozen=True, slots=True)
class Credentials:
    """A service user, its password, and the API key of its account."""

    username: str
    password: str = field(repr=False)
    api_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A data directory and who may ask."""

    settings: Settings
    caller: Credentials
    crowd: list[Credentials]
    sample_person: str


def make_deployment(data_dir: Path, crowd: int, people: Path | None = None) -> Deployment:
    """Make a data directory with one caller and a crowd of further service users.

    Args:
        data_dir: The directory.
        crowd: How many there are beside the caller.
        people: A database of records that is linked to; None: a few people are invented.
    """
    settings = load_settings(data_dir=data_dir)
    return asyncio.run(_make(settings, crowd, people))


def crowd_account(number: int) -> str:
    """Return the account of the crowd's service user of a number."""
    return f"{_ACCOUNT}-{number % ACCOUNTS}"


def pass_on(deployment: Deployment, service: str, upstream: str) -> None:
    """Register a service that is passed on to an upstream, and let the caller call it."""

    async def register() -> None:
        clock = SystemClock()
        async with open_deployment(deployment.settings, clock) as opened:
            registry = opened.registry(clock, SystemRandomness(), BY)
            await registry.add_service(service, "", "", Route(upstream))
            await registry.set_limit(_PLAN, service, _ROOMY)
            await registry.set_entitlement(_ACCOUNT, service, is_granted=True)

    asyncio.run(register())


async def _make(settings: Settings, crowd: int, people: Path | None) -> Deployment:
    clock, randomness = SystemClock(), SystemRandomness()
    if people is not None:
        settings.data_dir.mkdir(mode=0o700, parents=True)
        settings.profile_database.symlink_to(people)
    services = build_services(settings, clock)
    await initialise(settings, services, clock, randomness, BY)
    if people is None:
        import_invented(settings.profile_database, seed=_SEED, people=_PEOPLE, clock=clock)
    async with open_deployment(settings, clock) as deployment:
        registry = deployment.registry(clock, randomness, BY)
        await registry.add_plan(_PLAN, {_SERVICE: _ROOMY})
        key = await _add_account(registry, _ACCOUNT)
        caller = await _add_user(registry, _ACCOUNT, "svc-caller", key)
        made = await _make_crowd(registry, crowd)
    return Deployment(settings, caller, made, sample_person_id(settings.profile_database))


async def _make_crowd(registry: Registry, count: int) -> list[Credentials]:
    accounts = [crowd_account(number) for number in range(min(count, ACCOUNTS))]
    made_keys = await asyncio.gather(*(_add_account(registry, account) for account in accounts))
    keys = dict(zip(accounts, made_keys, strict=True))
    made: list[Credentials] = []
    for start in range(0, count, _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, count))
        named = [(f"svc-{number}", crowd_account(number)) for number in numbers]
        made += await asyncio.gather(
            *(_add_user(registry, account, name, keys[account]) for name, account in named)
        )
    return made


async def _add_account(registry: Registry, account: str) -> str:
    """Make an account and return its key."""
    await registry.add_account(account, "Benchmark", [_SERVICE])
    made = await registry.add_api_key(account, _PLAN, "made by the benchmarks", None)
    return made.key


async def _add_user(registry: Registry, account: str, name: str, key: str) -> Credentials:
    made = await registry.add_service_user(account, name)
    return Credentials(made.user.username, made.password, key)
