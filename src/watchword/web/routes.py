"""The ASGI application: finds the endpoint, sends its response, words its refusals."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Final

from watchword.access.errors import NotFound, Refusal, StoreUnavailable
from watchword.web.http import Request
from watchword.web.responses import call_refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from watchword.web.http import Endpoint, Receive, Response, Scope, Send
    from watchword.web.peers import Peers

_log: Final = logging.getLogger("watchword.web")


class _Nowhere:
    """Answers for every path at which nothing is served."""

    async def answer(self, request: Request) -> Response:  # noqa: ARG002 - an Endpoint
        raise NotFound(reason="nothing is served at the path")

    def refuse(self, error: Exception, request: Request) -> Response:
        return call_refusal(error, request.correlation_id)


@dataclass(frozen=True, slots=True)
class Routes:
    """Endpoints by path, by path on a host of their own, and for all that begins with a path.

    A path with a trailing slash is the path without it; nothing is ever redirected, as a
    redirect makes clients drop their headers.
    """

    paths: Mapping[str, Endpoint]
    hosts: Mapping[str, Mapping[str, Endpoint]]
    prefixes: Mapping[str, Endpoint] = field(default_factory=dict[str, "Endpoint"])
    nowhere: Endpoint = field(default_factory=_Nowhere)

    def find(self, request: Request) -> Endpoint:
        """Return the endpoint for a request."""
        endpoint = self.paths.get(request.path)
        if endpoint is not None:
            return endpoint
        path = request.path.rstrip("/") or "/"
        on_host = self.hosts.get(_host(request), {})
        return on_host.get(path) or self.paths.get(path) or self._find_prefix(path)

    def _find_prefix(self, path: str) -> Endpoint:
        for prefix, endpoint in self.prefixes.items():
            if path == prefix or path.startswith(prefix + "/"):
                return endpoint
        return self.nowhere


@dataclass(frozen=True, slots=True)
class Running:
    """A started deployment: what it serves, and how it is stopped."""

    routes: Routes
    stop: Callable[[], Awaitable[None]]


class Application:
    """The outermost ASGI callable.

    Args:
        start: Awaited once, before the first request.
        correlation_prefix: Starts the correlation ids of this process; random.
        peers: Which proxies are believed.
    """

    def __init__(
        self,
        start: Callable[[], Awaitable[Running]],
        *,
        correlation_prefix: str,
        peers: Peers,
    ) -> None:
        self._start = start
        self._running: Running | None = None
        self._prefix = correlation_prefix
        self._peers = peers
        self._numbers = count(1)

    async def startup(self) -> None:
        """Start the deployment."""
        self._running = await self._start()

    async def shutdown(self) -> None:
        """Stop it."""
        if self._running is not None:
            await self._running.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's request, or the lifespan."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] != "http":
            raise ValueError(f"cannot serve {scope['type']}")
        if self._running is None:
            raise ValueError("the lifespan was not started")
        correlation_id = f"{self._prefix}{next(self._numbers):08x}"
        request = Request(scope, receive, correlation_id, self._peers)
        endpoint = self._running.routes.find(request)
        try:
            response = await endpoint.answer(request)
        except asyncio.CancelledError:
            # The server stops and has waited long enough. Callers read a refusal they know.
            stopping = StoreUnavailable("the server stops")
            await _send(endpoint.refuse(stopping, request), request.method, send)
            raise
        except (Refusal, StoreUnavailable) as error:
            _log_refusal(error, request)
            response = endpoint.refuse(error, request)
        except Exception as error:  # noqa: BLE001 - the outermost, see below
            # The one place that catches everything: the caller reads a correlation id only.
            _log.exception("a request failed", extra={"correlation_id": request.correlation_id})
            response = endpoint.refuse(error, request)
        await _send(response, request.method, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.startup()
        except Exception as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            raise
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.shutdown()
        await send({"type": "lifespan.shutdown.complete"})


async def _send(response: Response, method: str, send: Send) -> None:
    headers = [*response.headers, (b"content-length", str(len(response.body)).encode())]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    body = b"" if method == "HEAD" else response.body
    await send({"type": "http.response.body", "body": body})


def _host(request: Request) -> str:
    for name, value in request.headers:
        if name == b"host":
            host = value.decode("latin-1")
            return (host.rpartition(":")[0] or host).lower().rstrip(".")
    return ""


def _log_refusal(error: Refusal | StoreUnavailable, request: Request) -> None:
    is_refusal = isinstance(error, Refusal)
    _log.log(
        logging.INFO if is_refusal else logging.ERROR,
        "refused" if is_refusal else "the store gave no answer",
        extra={
            "code": error.code if isinstance(error, Refusal) else "STORE_UNAVAILABLE",
            "reason": error.reason if isinstance(error, Refusal) else str(error),
            "cause": None if error.__cause__ is None else str(error.__cause__),
            "method": request.method,
            # What nothing is served at may be anything, a secret too.
            "path": None if isinstance(error, NotFound) else request.path,
            "address": request.address,
            "correlation_id": request.correlation_id,
        },
    )
