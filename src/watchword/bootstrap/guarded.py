"""Wires the guard of an app. Loads nothing that only the server needs: apps start with it."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING

from watchword.access.errors import NotAllowed
from watchword.bootstrap.gate import metadata_url, open_gate, to_application, to_running
from watchword.bootstrap.wiring import Wiring
from watchword.deployment import open_deployment, open_request_log
from watchword.system import read_stopwatch
from watchword.web.counting import Counts
from watchword.web.guarded import GuardedApp
from watchword.web.routes import Routes

if TYPE_CHECKING:
    from watchword.access.model import ServiceName
    from watchword.access.ports import Clock, Randomness
    from watchword.settings import Settings
    from watchword.web.http import App
    from watchword.web.routes import Application, Running


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
    return to_application(settings, partial(_start_guard, app, service), clock, randomness)


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
        requests = await opened.enter_async_context(open_request_log(settings))
        wiring = Wiring(settings, deployment, clock, randomness)
        gate = open_gate(opened, wiring, counts, requests)
        guarded = GuardedApp(
            app,
            service,
            gate=gate.calls,
            resource_metadata=metadata_url(settings, service),
            time=read_stopwatch,
        )
        return to_running(opened, gate, Routes({}, {}, nowhere=guarded), settings)
