"""Wires what the server and the guard of an app share: what judges calls, and counts them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from watchword.access.guard import Guard
from watchword.access.meter import Meter
from watchword.access.owners import Owners
from watchword.access.reading import TokenReader
from watchword.access.refusals import RefusalCounter
from watchword.access.request_log import RequestLogger
from watchword.access.usage import UsageCounter
from watchword.system import SystemClock, SystemRandomness, read_stopwatch
from watchword.upkeep import Upkeep
from watchword.web.admitting import CallGate
from watchword.web.observing import Observer
from watchword.web.peers import Peers
from watchword.web.resources import PROTECTED_RESOURCE_PATH, RESOURCE_PATH
from watchword.web.routes import Application, Running
from watchword.web.tallying import SharedCounts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AsyncExitStack

    from watchword.access.ports import Clock, Randomness
    from watchword.access.request_log import RequestLog
    from watchword.bootstrap.wiring import Wiring
    from watchword.settings import Settings
    from watchword.web.counting import Counts
    from watchword.web.routes import Routes
    from watchword.web.tracing import Tracer
    from watchword.web.visits import Visits


@dataclass(frozen=True, slots=True)
class Gate:
    """What judges calls, and counts them."""

    tokens: TokenReader
    guard: Guard
    calls: CallGate
    counts: SharedCounts
    observer: Observer
    tracer: Tracer | None


def open_gate(
    opened: AsyncExitStack,
    wiring: Wiring,
    counts: Counts,
    requests: RequestLog | None = None,
    tracer: Tracer | None = None,
    visits: Visits | None = None,
) -> Gate:
    """Wire the gate of an open deployment, and hand over what it counts every half second."""
    settings, clock = wiring.settings, wiring.clock
    store, remembered = wiring.deployment.store, settings.tokens_remembered
    tokens = TokenReader(wiring.deployment.keys, clock=clock, remembered=remembered)
    meter = Meter(store, clock=clock, worker=wiring.randomness.token_bytes(6).hex())
    usage, shared = UsageCounter(store), SharedCounts(counts, store)
    owners = Owners(store)
    refusals = RefusalCounter(store, owners, clock)
    logger = _open_logger(settings, requests, owners, clock)
    records = [usage.record, refusals.record, shared.record]
    if logger is not None:
        records.append(logger.record)
    upkeep = Upkeep(
        [store.look_for_files, meter.give_back, *records],
        [lambda: meter.give_back(everything=True), *records],
    )
    upkeep.start()
    opened.push_async_callback(upkeep.stop)
    guard = Guard(tokens, store, meter, clock=clock, remembered=remembered)
    calls = CallGate(
        guard,
        store,
        accept_bare_token=settings.accept_bare_token,
        tracer=tracer,
        visits=visits,
    )
    observer = Observer(usage, refusals, counts, logger, logs_requests=settings.access_log)
    return Gate(tokens, guard, calls, shared, observer, tracer)


def _open_logger(
    settings: Settings, requests: RequestLog | None, owners: Owners, clock: Clock
) -> RequestLogger | None:
    if requests is None:
        return None
    life = timedelta(days=settings.request_log_days)
    return RequestLogger(requests, owners, clock=clock, life=life)


def to_running(opened: AsyncExitStack, gate: Gate, routes: Routes, settings: Settings) -> Running:
    """Return what serves the routes, and closes what was opened when it is stopped."""
    return Running(
        routes,
        opened.pop_all().aclose,
        gate.observer.note,
        read_stopwatch,
        f"{settings.public_url}/errors",
        gate.tracer,
    )


def to_application(
    settings: Settings,
    start: Callable[[Settings, Clock, Randomness], Awaitable[Running]],
    clock: Clock | None,
    randomness: Randomness | None,
) -> Application:
    """Return the application that is started so.

    Args:
        settings: How it runs.
        start: Opens its files.
        clock: Tells the time; the machine's when None.
        randomness: Draws the random numbers; the system's when None.
    """
    used_clock = clock or SystemClock()
    dice = randomness or SystemRandomness()
    return Application(
        lambda: start(settings, used_clock, dice),
        correlation_prefix=dice.token_bytes(4).hex(),
        peers=Peers(
            settings.proxy_networks,
            secret=settings.proxy_secret,
            over_unix=bool(settings.unix_socket),
        ),
    )


def metadata_url(settings: Settings, service: str) -> str:
    """Return where a service describes itself (RFC 9728)."""
    return f"{settings.public_url}{PROTECTED_RESOURCE_PATH}/{service}{RESOURCE_PATH}"
