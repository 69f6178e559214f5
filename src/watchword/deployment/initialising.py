"""Makes a data directory ready: secret, database, signing key, services, default plan."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from watchword.access.audit import Chain, Event
from watchword.access.errors import AlreadyExists, NotAllowed
from watchword.access.paging import read_all
from watchword.access.registration.catalogue import PREVIEW
from watchword.access.signing import SigningKey
from watchword.deployment.opening import open_deployment
from watchword.deployment.secret_file import make_folder, make_secret, read_secret
from watchword.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterable

    from watchword.access.audit import By
    from watchword.access.ports import Clock, Randomness
    from watchword.access.registration import Registry
    from watchword.services.directory import Service
    from watchword.settings import Settings


@dataclass(frozen=True, slots=True)
class Initialised:
    """What `initialise` has made.

    Attributes:
        is_new: There was no deployment before.
        registered: The services that were not registered before.
    """

    is_new: bool
    registered: tuple[str, ...]


async def initialise(
    settings: Settings,
    services: Iterable[Service],
    clock: Clock,
    randomness: Randomness,
    by: By,
) -> Initialised:
    """Make the data directory ready: secret, database, signing key, services, default plan.

    A second call makes nothing and changes nothing.

    Raises:
        NotAllowed: If there is a database and its secret is gone, or is another's.
        StoreUnavailable: If the database cannot be made.
    """
    make_folder(settings.data_dir)
    if settings.database.exists() and not settings.secret_file.exists():
        raise NotAllowed(
            f"{settings.secret_file} is missing and every password and signing key depends on it: "
            "restore it from your backup"
        )
    if not settings.secret_file.exists():
        make_secret(settings.secret_file, randomness)
    secret = read_secret(settings)
    store = SqliteStore(settings.database, settings.usage_database, Chain(secret))
    await store.open(may_make=True)
    try:
        is_new = not await store.list_signing_keys()
        if is_new:
            now = clock.now()
            key = SigningKey.generate().seal(secret, randomness, now, now)
            record = by.record(Event.SIGNING_ROTATED, now, kid=key.kid)
            await store.add_signing_key(key, record)
    finally:
        await store.close()
    async with open_deployment(settings, clock) as deployment:
        registered = await _fill(deployment.registry(clock, randomness, by), services)
    return Initialised(is_new, registered)


def require_initialised(settings: Settings) -> None:
    """Pass where there is a data directory with its secret.

    Raises:
        NotAllowed: If it is not initialised.
    """
    read_secret(settings)


async def _fill(registry: Registry, services: Iterable[Service]) -> tuple[str, ...]:
    registered: list[str] = []
    known = {service.name for service in await read_all(registry.list_services)}
    for service in services:
        if service.name not in known:
            with suppress(AlreadyExists):  # by another init at the same time
                await registry.add_service(service.name, service.title, service.description)
                registered.append(service.name)
    if PREVIEW.name not in {plan.name for plan in await read_all(registry.list_plans)}:
        limits = {str(service): limit for service, limit in PREVIEW.limits.items()}
        with suppress(AlreadyExists):
            await registry.add_plan(PREVIEW.name, limits)
    return tuple(sorted(registered))
