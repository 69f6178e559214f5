"""Wires the server, which opens its files when it is started."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from watchword import __version__
from watchword.access.authenticating import ClientAuthenticator
from watchword.access.sessions import SessionKeeper
from watchword.bootstrap.endpoints import build_endpoints
from watchword.bootstrap.gate import open_gate, to_application, to_running
from watchword.bootstrap.pages import LazySite, Visitors, build_site
from watchword.bootstrap.services import build_service_routes, build_services, open_proxy
from watchword.bootstrap.wiring import Wiring
from watchword.deployment import Deployment, open_deployment, open_request_log
from watchword.system import SystemClock
from watchword.web.authorize import AUTHORIZE_PATH
from watchword.web.counting import Counts
from watchword.web.routes import Application, Routes, Running
from watchword.web.tracing import load_otlp
from watchword.web.visits import Visits

if TYPE_CHECKING:
    from collections.abc import Callable

    from watchword.access.ports import Clock, Randomness
    from watchword.services.directory import Service
    from watchword.settings import Settings
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
    return to_application(settings, start, clock, randomness)


async def start(settings: Settings, clock: Clock, randomness: Randomness) -> Running:
    """Open the files and wire the parts.

    Raises:
        NotAllowed: If the data directory is not initialised.
        StoreUnavailable: If the store cannot be opened.
        RecordsError: If the people cannot be opened.
    """
    async with AsyncExitStack() as opened:
        counts = Counts()
        deployment, services = await _open(opened, settings, clock, counts.note_store)
        requests = await opened.enter_async_context(open_request_log(settings))
        await deployment.store.add_issuer(settings.public_url)
        tracer = _open_tracer(opened, settings)
        sessions = SessionKeeper(deployment.store, clock=clock, randomness=randomness)
        visits = Visits(sessions, is_secure=settings.public_url.startswith("https:"))
        wiring = Wiring(settings, deployment, clock, randomness)
        gate = open_gate(opened, wiring, counts, requests, tracer, visits)
        # From the start, so that a worker knows what was counted should the store go down.
        await gate.counts.exchange()
        proxy = await open_proxy(opened, wiring, gate)
        visitors = Visitors(build_authenticator(wiring), sessions, visits)
        endpoints = build_endpoints(wiring, gate, services, visitors.authenticator)
        site = LazySite(lambda: build_site(wiring, gate, services, visitors, requests))
        called = build_service_routes(opened, wiring, gate, services, proxy, site)
        routes = Routes(
            {**endpoints.paths, **called.paths, AUTHORIZE_PATH: called.authorize},
            called.hosts,
            {**endpoints.prefixes, AUTHORIZE_PATH: called.authorize},
            called.find,
            site,
        )
        return to_running(opened, gate, routes, settings)


def build_authenticator(wiring: Wiring) -> ClientAuthenticator:
    """Wire what judges service users, at the token endpoint and where they sign in."""
    deployment = wiring.deployment
    return ClientAuthenticator(
        deployment.store,
        hasher=deployment.hasher,
        chosen=deployment.chosen,
        limits=wiring.settings.failure_limits,
        clock=wiring.clock,
    )


async def require_startable(settings: Settings) -> None:
    """Open everything once and close it again, so that an operator reads what is wrong.

    Raises:
        WatchwordError: Whatever `start` raises.
    """
    if settings.otlp_endpoint:
        load_otlp()
    async with AsyncExitStack() as opened:
        await _open(opened, settings, SystemClock())


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
