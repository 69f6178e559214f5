"""The composition root: settings, store, clock and keys become one ASGI application.

Nothing else wires parts together.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from watchword import __version__
from watchword.access.authenticating import ClientAuthenticator
from watchword.access.errors import NotAllowed
from watchword.access.guard import Guard
from watchword.access.identity import IdentitySigner
from watchword.access.introspection import TokenIntrospector
from watchword.access.issuing import TokenIssuer
from watchword.access.meter import Meter
from watchword.access.model import ServiceName
from watchword.access.operators import OperatorGate
from watchword.access.reading import TokenReader
from watchword.access.revocation import TokenRevoker
from watchword.access.usage import UsageCounter
from watchword.deployment import Deployment, open_deployment
from watchword.services.documents import Documents
from watchword.services.profile import ProfileService
from watchword.services.upstream import Bounds, open_upstreams
from watchword.system import SystemClock, SystemRandomness
from watchword.upkeep import Upkeep
from watchword.web.admin.description import describe_admin
from watchword.web.admin.endpoint import AdminEndpoint
from watchword.web.admin.operations import OperatorFunctions
from watchword.web.admin.table import ADMIN_PREFIX
from watchword.web.admitting import CallGate
from watchword.web.authorize import AUTHORIZE_PATH, AuthorizeEndpoint
from watchword.web.counting import Counts
from watchword.web.graphql import GraphQLEndpoint
from watchword.web.guarded import GuardedApp
from watchword.web.health import HealthEndpoint
from watchword.web.introspection import IntrospectionEndpoint
from watchword.web.metadata import (
    AUTHORIZATION_SERVER_PATH,
    INTROSPECTION_PATH,
    JWKS_PATH,
    REVOCATION_PATH,
    TOKEN_PATH,
    JwksEndpoint,
    ServiceMetadataEndpoint,
    StaticDocument,
    authorization_server,
    protected_resource,
)
from watchword.web.metrics import METRICS_PATH, MetricsEndpoint
from watchword.web.oauth_description import OAUTH_OPERATIONS
from watchword.web.observing import Observer
from watchword.web.openapi import OPENAPI_PATH, build_document
from watchword.web.peers import Peers
from watchword.web.places import CALL_PATHS, Places
from watchword.web.proxy import ProxyEndpoint, ProxyParts
from watchword.web.resources import PROTECTED_RESOURCE_PATH, Resources
from watchword.web.revocation import RevocationEndpoint
from watchword.web.routes import Application, Routes, Running
from watchword.web.service_endpoints import ServiceEndpoints
from watchword.web.tallying import SharedCounts
from watchword.web.token import TokenEndpoint
from watchword.web.tracing import load_otlp

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from watchword.access.ports import Clock, Randomness
    from watchword.services.directory import Service
    from watchword.settings import Settings
    from watchword.web.http import App, Endpoint
    from watchword.web.tracing import Tracer


def build_application(
    settings: Settings, clock: Clock | None = None, randomness: Randomness | None = None
) -> Application:
    """Return the server, which opens its files when it is started.

    Args:
        settings: How it runs.
        clock: Tells the time; the machine's when None.
        randomness: Draws the random numbers; the system's when None.
    """
    return _to_application(settings, start, clock, randomness)


def build_guard(
    app: App,
    service: ServiceName,
    settings: Settings,
    clock: Clock | None = None,
    randomness: Randomness | None = None,
) -> Application:
    """Return what has an app answer the calls to a service that the guard admits.

    Args:
        app: Answers them, in this process.
        service: Which service it is. It has to be registered when the guard is started.
        settings: Where the data directory is, and how calls are read.
        clock: Tells the time; the machine's when None.
        randomness: Draws the random numbers; the system's when None.
    """
    return _to_application(settings, partial(_start_guard, app, service), clock, randomness)


def _to_application(
    settings: Settings,
    start_it: Callable[[Settings, Clock, Randomness], Awaitable[Running]],
    clock: Clock | None,
    randomness: Randomness | None,
) -> Application:
    used_clock = clock or SystemClock()
    dice = randomness or SystemRandomness()
    return Application(
        lambda: start_it(settings, used_clock, dice),
        correlation_prefix=dice.token_bytes(4).hex(),
        peers=Peers(
            settings.proxy_networks,
            secret=settings.proxy_secret,
            over_unix=bool(settings.unix_socket),
        ),
    )


async def start(settings: Settings, clock: Clock, randomness: Randomness) -> Running:
    """Open the files and wire the parts.

    Raises:
        NotAllowed: If the data directory is not initialised.
        StoreUnavailable: If the store cannot be opened.
        ProfileError: If the people cannot be opened.
    """
    async with AsyncExitStack() as opened:
        counts = Counts()
        deployment, services = await _open(opened, settings, clock, counts.note_store)
        await deployment.store.add_issuer(settings.public_url)
        tracer = _open_tracer(opened, settings)
        gate = _open_gate(opened, settings, deployment, clock, randomness, counts, tracer)
        # From the start, so that a worker knows what was counted should the store go down.
        await gate.counts.exchange()
        parts = _wire(settings, deployment, gate, clock, randomness)
        proxy = await _open_proxy(opened, settings, deployment, gate.calls, clock, tracer)
        routes = _build_routes(settings, deployment, services, parts, clock, proxy)
        return Running(routes, opened.pop_all().aclose, gate.observer.note, _loop_time(), tracer)


async def _start_guard(
    app: App, service: ServiceName, settings: Settings, clock: Clock, randomness: Randomness
) -> Running:
    async with AsyncExitStack() as opened:
        counts = Counts()
        deployment = await opened.enter_async_context(
            open_deployment(settings, clock, counts.note_store)
        )
        if await deployment.store.find_service(service) is None:
            raise NotAllowed(
                f"there is no service {service!r} in {settings.data_dir}: "
                f"run 'watchword service add {service}'"
            )
        # Traced or not is for the app to say, of all that it does.
        gate = _open_gate(opened, settings, deployment, clock, randomness, counts, None)
        guarded = GuardedApp(
            app,
            service,
            gate=gate.calls,
            resource_metadata=_metadata_url(settings, service),
        )
        routes = Routes({}, {}, nowhere=guarded)
        return Running(routes, opened.pop_all().aclose, gate.observer.note, _loop_time())


def _loop_time() -> Callable[[], float]:
    return asyncio.get_running_loop().time


async def require_startable(settings: Settings) -> None:
    """Open everything once and close it again, so that an operator reads what is wrong.

    Raises:
        WatchwordError: Whatever `start` raises.
    """
    if settings.otlp_endpoint:
        load_otlp()
    async with AsyncExitStack() as opened:
        await _open(opened, settings, SystemClock())


def build_services(settings: Settings, clock: Clock) -> list[Service]:
    """Return the GraphQL services of this process, closed."""
    return [ProfileService(settings.profile_database, clock=clock, version=__version__)]


async def _open(
    opened: AsyncExitStack,
    settings: Settings,
    clock: Clock,
    observe: Callable[[str, float], None] | None = None,
) -> tuple[Deployment, list[Service]]:
    deployment = await opened.enter_async_context(open_deployment(settings, clock, observe))
    services = build_services(settings, clock)
    for service in services:
        service.open()
        opened.callback(service.close)
    return deployment, services


def _open_tracer(opened: AsyncExitStack, settings: Settings) -> Tracer | None:
    if not settings.otlp_endpoint:
        return None
    tracer = load_otlp()(settings.otlp_endpoint, __version__)
    opened.push_async_callback(tracer.close)
    return tracer


@dataclass(frozen=True, slots=True)
class _Gate:
    """What judges calls, and counts them."""

    tokens: TokenReader
    guard: Guard
    calls: CallGate
    counts: SharedCounts
    observer: Observer


def _open_gate(
    opened: AsyncExitStack,
    settings: Settings,
    deployment: Deployment,
    clock: Clock,
    randomness: Randomness,
    counts: Counts,
    tracer: Tracer | None,
) -> _Gate:
    store = deployment.store
    tokens = TokenReader(deployment.keys, clock=clock, remembered=settings.tokens_remembered)
    meter = Meter(store, clock=clock, worker=randomness.token_bytes(6).hex())
    usage, shared = UsageCounter(store), SharedCounts(counts, store)
    upkeep = Upkeep(
        [meter.give_back, usage.record, shared.record],
        [lambda: meter.give_back(everything=True), usage.record, shared.record],
    )
    upkeep.start()
    opened.push_async_callback(upkeep.stop)
    guard = Guard(tokens, store, meter, clock=clock, remembered=settings.tokens_remembered)
    calls = CallGate(guard, store, accept_bare_token=settings.accept_bare_token, tracer=tracer)
    observer = Observer(usage, counts, logs_requests=settings.access_log)
    return _Gate(tokens, guard, calls, shared, observer)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the endpoints ask."""

    issuer: TokenIssuer
    revoker: TokenRevoker
    introspector: TokenIntrospector
    calls: CallGate
    admin: AdminEndpoint
    metrics: MetricsEndpoint


def _wire(
    settings: Settings,
    deployment: Deployment,
    gate: _Gate,
    clock: Clock,
    randomness: Randomness,
) -> _Parts:
    store = deployment.store
    authenticator = ClientAuthenticator(
        store,
        hasher=deployment.hasher,
        chosen=deployment.chosen,
        limits=settings.failure_limits,
        clock=clock,
    )
    issuer = TokenIssuer(
        authenticator=authenticator,
        keys=deployment.keys,
        clock=clock,
        randomness=randomness,
        issuer=settings.public_url,
        find_service=settings.find_service,
    )
    operators = OperatorGate(store, limits=settings.failure_limits, clock=clock)
    return _Parts(
        issuer,
        TokenRevoker(authenticator, gate.tokens),
        TokenIntrospector(authenticator, operators, gate.guard),
        gate.calls,
        AdminEndpoint(operators, _operator_functions(deployment, clock, randomness)),
        MetricsEndpoint(
            gate.counts,
            operators,
            networks=settings.metrics_networks,
            version=__version__,
            is_alone=settings.workers == 1,
        ),
    )


async def _open_proxy(
    opened: AsyncExitStack,
    settings: Settings,
    deployment: Deployment,
    calls: CallGate,
    clock: Clock,
    tracer: Tracer | None,
) -> ProxyParts:
    base = settings.public_url
    bounds = Bounds(
        connect_seconds=settings.upstream_connect_timeout,
        seconds=settings.upstream_timeout,
        connections=settings.upstream_connections,
        size=settings.answer_limit,
    )
    return ProxyParts(
        services=deployment.store,
        upstreams=await opened.enter_async_context(open_upstreams(bounds)),
        gate=calls,
        signer=IdentitySigner(
            deployment.keys, clock=clock, issuer=base, remembered=settings.tokens_remembered
        ),
        resources=Resources(base, settings.service_url),
        body_limit=settings.body_limit,
        scheme=urlsplit(base).scheme,
        tracer=tracer,
    )


def _operator_functions(
    deployment: Deployment, clock: Clock, randomness: Randomness
) -> OperatorFunctions:
    return OperatorFunctions(
        registry=lambda by: deployment.registry(clock, randomness, by),
        rotation=lambda by: deployment.rotation(clock, randomness, by),
        trail=deployment.trail(clock),
        usage=deployment.usage(clock),
        clock=clock,
    )


def _build_routes(
    settings: Settings,
    deployment: Deployment,
    services: list[Service],
    parts: _Parts,
    clock: Clock,
    proxy: ProxyParts,
) -> Routes:
    base = settings.public_url
    names = [service.name for service in services]
    metadata = authorization_server(base, names)
    paths: dict[str, Endpoint] = {
        TOKEN_PATH: TokenEndpoint(parts.issuer),
        REVOCATION_PATH: RevocationEndpoint(parts.revoker),
        INTROSPECTION_PATH: IntrospectionEndpoint(parts.introspector),
        "/healthz": HealthEndpoint(),
        "/readyz": HealthEndpoint(deployment.store),
        METRICS_PATH: parts.metrics,
        JWKS_PATH: JwksEndpoint(deployment.keys, clock),
        AUTHORIZATION_SERVER_PATH: StaticDocument(lambda: metadata),
        PROTECTED_RESOURCE_PATH: StaticDocument(lambda: protected_resource(base, base, *names)),
        OPENAPI_PATH: StaticDocument(
            lambda: build_document(base, __version__, [*OAUTH_OPERATIONS, *describe_admin()])
        ),
    }
    hosts: dict[str, dict[str, Endpoint]] = {}
    for service in services:
        documents = Documents(service, remembered=settings.documents_remembered)
        paths |= _service_paths(settings, service, documents, parts.calls, base, f"/{service.name}")
        on_host = _service_paths(
            settings, service, documents, parts.calls, settings.service_url(service.name), ""
        )
        for path, endpoint in on_host.items():
            hosts.setdefault(path, {})[settings.service_host(service.name)] = endpoint
    places = Places(settings.services_domain)
    authorize = AuthorizeEndpoint(
        parts.calls,
        places,
        metadata_of=partial(_metadata_url, settings),
    )
    paths[AUTHORIZE_PATH] = authorize
    return Routes(
        paths,
        hosts,
        {ADMIN_PREFIX: parts.admin, AUTHORIZE_PATH: authorize},
        ServiceEndpoints(
            places,
            authorize=authorize,
            calls={path: ProxyEndpoint(proxy, methods) for path, methods in CALL_PATHS.items()},
            metadata=ServiceMetadataEndpoint(deployment.store, proxy.resources),
        ).find,
    )


def _metadata_url(settings: Settings, service: str) -> str:
    return f"{settings.public_url}{PROTECTED_RESOURCE_PATH}/{service}/v1/graphql"


def _service_paths(
    settings: Settings,
    service: Service,
    documents: Documents,
    calls: CallGate,
    base: str,
    prefix: str,
) -> dict[str, Endpoint]:
    resource_path = f"{prefix}/v1/graphql"
    metadata_path = PROTECTED_RESOURCE_PATH + resource_path
    endpoints: dict[str, Endpoint] = {
        metadata_path: StaticDocument(
            lambda: protected_resource(base + resource_path, settings.public_url, service.name)
        )
    }
    for path, methods in CALL_PATHS.items():
        endpoints[prefix + path] = GraphQLEndpoint(
            ServiceName(service.name),
            documents,
            gate=calls,
            body_limit=settings.body_limit,
            resource_metadata=base + metadata_path,
            methods=methods,
        )
    return endpoints
