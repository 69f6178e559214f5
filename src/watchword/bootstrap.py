"""The composition root: settings, store, clock and keys become one ASGI application.

Nothing else wires parts together.
"""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from watchword import __version__
from watchword.access.credentials import PasswordHasher
from watchword.access.errors import NotAllowed
from watchword.access.guard import Guard
from watchword.access.issuing import TokenIssuer
from watchword.access.model import ServiceName
from watchword.access.registration import PREVIEW, Registry
from watchword.access.signing import KeyRing, SigningKey, TokenReader
from watchword.services.documents import Documents
from watchword.services.profile import ProfileService
from watchword.store.sqlite import SqliteStore
from watchword.system import SystemClock, SystemRandomness
from watchword.web.graphql import CallSettings, GraphQLEndpoint
from watchword.web.health import HealthEndpoint
from watchword.web.metadata import StaticDocument, authorization_server, protected_resource
from watchword.web.oauth import TOKEN_PATH, TokenEndpoint
from watchword.web.routes import Application, Routes, Running

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from watchword.access.ports import Clock, Randomness
    from watchword.services.directory import Service
    from watchword.settings import Settings
    from watchword.web.http import Endpoint

_SECRET_BYTES = 32
_JWKS_PATH = "/.well-known/jwks.json"
_RESOURCE_METADATA = "/.well-known/oauth-protected-resource"
_CALL_PATHS = {"/v1/graphql": ("GET", "POST"), "/v1/graphiql": ("POST",)}
"""Paths under a service, and the methods served there. The second is a published example's."""


async def initialise(settings: Settings, clock: Clock, randomness: Randomness) -> bool:
    """Make the data directory ready: secret, database, signing key, services, default plan.

    Returns:
        Whether anything was made. A second call makes nothing and changes nothing.

    Raises:
        NotAllowed: If there is a database and its secret is gone.
        StoreUnavailable: If the database cannot be made.
    """
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if settings.database.exists() and not settings.secret_file.exists():
        raise NotAllowed(
            f"{settings.secret_file} is missing and every password and signing key depends on it: "
            "restore it from your backup"
        )
    if not settings.secret_file.exists():
        _write_secret(settings, randomness.token_bytes(_SECRET_BYTES))
    secret = read_secret(settings)
    store = SqliteStore(settings.database)
    store.open()
    try:
        return await _fill(store, settings, secret, clock, randomness)
    finally:
        await store.close()


@asynccontextmanager
async def open_registry(
    settings: Settings, clock: Clock, randomness: Randomness
) -> AsyncGenerator[Registry]:
    """Open the operator's functions over the deployment's store.

    Raises:
        NotAllowed: If the data directory is not initialised.
        StoreUnavailable: If the store cannot be opened.
    """
    secret = read_secret(settings)
    store = SqliteStore(settings.database)
    store.open()
    try:
        yield Registry(store, hasher=PasswordHasher(secret), clock=clock, randomness=randomness)
    finally:
        await store.close()


def build_application(
    settings: Settings, clock: Clock | None = None, randomness: Randomness | None = None
) -> Application:
    """Return the server, which opens its files when it is started.

    Args:
        settings: How it runs.
        clock: Tells the time; the machine's when None.
        randomness: Draws the random numbers; the system's when None.
    """
    used_clock = clock or SystemClock()
    dice = randomness or SystemRandomness()
    return Application(
        lambda: start(settings, used_clock, dice), correlation_prefix=dice.token_bytes(4).hex()
    )


async def start(settings: Settings, clock: Clock, randomness: Randomness) -> Running:
    """Open the files and wire the parts.

    Raises:
        NotAllowed: If the data directory is not initialised.
        StoreUnavailable: If the store cannot be opened.
        ValueError: If the signing keys cannot be read.
    """
    secret = read_secret(settings)
    store = SqliteStore(settings.database)
    store.open()
    kept = await store.list_signing_keys()
    keys = KeyRing([SigningKey.unseal(key, secret) for key in kept])
    services = build_services(settings, clock)
    for service in services:
        service.open()
    await store.add_issuer(settings.public_url)
    tokens = TokenReader(
        keys,
        issuers=await store.list_issuers(),
        clock=clock,
        remembered=settings.tokens_remembered,
    )
    issuer = TokenIssuer(
        clients=store,
        ledger=store,
        hasher=PasswordHasher(secret),
        keys=keys,
        clock=clock,
        randomness=randomness,
        issuer=settings.public_url,
        resources=_resource_urls(settings, services),
    )
    routes = _build_routes(
        settings, services, TokenEndpoint(issuer), Guard(tokens, store, clock=clock), keys, store
    )

    async def stop() -> None:
        for service in services:
            service.close()
        await store.close()

    return Running(routes, stop)


def build_services(settings: Settings, clock: Clock) -> list[Service]:
    """Return the GraphQL services of this process, closed."""
    return [ProfileService(settings.profile_database, clock=clock, version=__version__)]


def graphql_urls(settings: Settings, service: str) -> tuple[str, str]:
    """Return the URLs under which a service is called: by path, and on its own host."""
    return (
        f"{settings.public_url}/{service}/v1/graphql",
        f"{settings.service_url(service)}/v1/graphql",
    )


def read_secret(settings: Settings) -> bytes:
    """Return the deployment's secret.

    Raises:
        NotAllowed: If there is none, or others than the owner may read it.
    """
    path = settings.secret_file
    try:
        if path.stat().st_mode & 0o077:
            raise NotAllowed(f"others may read {path}: run 'chmod 600 {path}'")
        secret = bytes.fromhex(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        raise NotAllowed(
            f"{settings.data_dir} is not initialised: run 'watchword init', or name another "
            "folder with --data-dir"
        ) from None
    except (OSError, ValueError) as error:
        raise NotAllowed(f"cannot read {path}; restore it from your backup") from error
    if len(secret) != _SECRET_BYTES:
        raise NotAllowed(f"{path} is not {_SECRET_BYTES} bytes long; restore it from your backup")
    return secret


def _write_secret(settings: Settings, secret: bytes) -> None:
    descriptor = os.open(settings.secret_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secret.hex())
        file.flush()
        os.fsync(descriptor)


async def _fill(
    store: SqliteStore, settings: Settings, secret: bytes, clock: Clock, randomness: Randomness
) -> bool:
    registry = Registry(store, hasher=PasswordHasher(secret), clock=clock, randomness=randomness)
    is_changed = False
    if not await store.list_signing_keys():
        key = SigningKey.generate().seal(secret, randomness, clock.now())
        await store.add_signing_key(key)
        is_changed = True
    known = {service.name for service in await registry.list_services()}
    for service in build_services(settings, clock):
        if service.name not in known:
            await registry.add_service(service.name, service.title, service.description)
            is_changed = True
    if PREVIEW.name not in {plan.name for plan in await registry.list_plans()}:
        await store.add_plan(PREVIEW)
        is_changed = True
    return is_changed


def _resource_urls(settings: Settings, services: list[Service]) -> dict[str, ServiceName]:
    return {
        url: ServiceName(service.name)
        for service in services
        for spelled in graphql_urls(settings, service.name)
        for url in (spelled, spelled + "/")
    }


def _build_routes(
    settings: Settings,
    services: list[Service],
    token: TokenEndpoint,
    guard: Guard,
    keys: KeyRing,
    store: SqliteStore,
) -> Routes:
    base = settings.public_url
    names = [service.name for service in services]
    paths: dict[str, Endpoint] = {
        TOKEN_PATH: token,
        "/healthz": HealthEndpoint(),
        "/readyz": HealthEndpoint(store),
        _JWKS_PATH: StaticDocument(keys.public_jwks()),
        "/.well-known/oauth-authorization-server": StaticDocument(
            authorization_server(base, base + TOKEN_PATH, base + _JWKS_PATH, names)
        ),
    }
    hosts: dict[str, dict[str, Endpoint]] = {}
    for service in services:
        documents = Documents(service, remembered=settings.documents_remembered)
        paths |= _service_paths(settings, service, documents, guard, base, f"/{service.name}")
        hosts[settings.service_host(service.name)] = _service_paths(
            settings, service, documents, guard, settings.service_url(service.name), ""
        )
    return Routes(paths, hosts)


def _service_paths(
    settings: Settings,
    service: Service,
    documents: Documents,
    guard: Guard,
    base: str,
    prefix: str,
) -> dict[str, Endpoint]:
    resource_path = f"{prefix}/v1/graphql"
    metadata_path = _RESOURCE_METADATA + resource_path
    endpoints: dict[str, Endpoint] = {
        metadata_path: StaticDocument(
            protected_resource(base + resource_path, settings.public_url, service.name)
        )
    }
    for path, methods in _CALL_PATHS.items():
        endpoints[prefix + path] = GraphQLEndpoint(
            ServiceName(service.name),
            documents,
            guard=guard,
            settings=CallSettings(settings.body_limit, settings.accept_bare_token),
            resource_metadata=base + metadata_path,
            methods=methods,
        )
    return endpoints
