"""Makes the deployment that is measured: an account, a key, service users, invented people."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from watchword.access.audit import By
from watchword.bootstrap import build_services
from watchword.deployment import initialise, open_deployment
from watchword.services.profile import import_invented, sample_person_id
from watchword.settings import Settings, load_settings
from watchword.system import SystemClock, SystemRandomness

if TYPE_CHECKING:
    from pathlib import Path

    from watchword.access.registration import NewServiceUser, Registry

_BY = By("cli:benchmarks")
_ACCOUNT: Final = "bench"
_SERVICE: Final = "profile"
_AT_ONCE: Final = 1_000
# The same people as `watchword demo` has.
_SEED: Final = 1
_PEOPLE: Final = 60


@dataclass(frozen=True, slots=True)
class Credentials:
    """A service user and its password."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A data directory and who may ask."""

    settings: Settings
    api_key: str = field(repr=False)
    caller: Credentials
    crowd: list[Credentials]
    sample_person: str


def make_deployment(data_dir: Path, crowd: int) -> Deployment:
    """Make a data directory with one caller and a crowd of further service users."""
    return asyncio.run(_make(load_settings(data_dir=data_dir), crowd))


async def _make(settings: Settings, crowd: int) -> Deployment:
    clock, randomness = SystemClock(), SystemRandomness()
    services = build_services(settings, clock)
    await initialise(settings, services, clock, randomness, _BY)
    import_invented(settings.profile_database, seed=_SEED, people=_PEOPLE, clock=clock)
    async with open_deployment(settings, clock) as deployment:
        registry = deployment.registry(clock, randomness, _BY)
        await registry.add_account(_ACCOUNT, "Benchmark", [_SERVICE])
        key = await registry.add_api_key(_ACCOUNT, "preview", "made by the benchmarks", None)
        caller = await registry.add_service_user(_ACCOUNT, "svc-caller")
        made = await _make_crowd(registry, crowd)
    return Deployment(
        settings,
        key.key,
        _to_credentials(caller),
        [_to_credentials(user) for user in made],
        sample_person_id(settings.profile_database),
    )


async def _make_crowd(registry: Registry, count: int) -> list[NewServiceUser]:
    made: list[NewServiceUser] = []
    for start in range(0, count, _AT_ONCE):
        names = [f"svc-{number}" for number in range(start, min(start + _AT_ONCE, count))]
        made += await asyncio.gather(*(registry.add_service_user(_ACCOUNT, name) for name in names))
    return made


def _to_credentials(made: NewServiceUser) -> Credentials:
    return Credentials(made.user.username, made.password)
