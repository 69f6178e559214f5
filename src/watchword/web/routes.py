"""The ASGI application: finds the endpoint, sends its response, words its refusals."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Final

from watchword.access.errors import LimitRefusal, NotFound, Refusal, StoreUnavailable
from watchword.web.http import Request
from watchword.web.lasting import send_lasting
from watchword.web.relaying import Relayed
from watchword.web.responses import call_refusal
from watchword.web.standing_headers import rate_limit_headers

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from watchword.access.metering import Allowance
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

    Attributes:
        find_service_endpoint: Finds the endpoint of a service that is not known beforehand.
    """

    paths: Mapping[str, Endpoint]
    hosts: Mapping[str, Mapping[str, Endpoint]]
    prefixes: Mapping[str, Endpoint] = field(default_factory=dict[str, "Endpoint"])
    find_service_endpoint: Callable[[Request], Endpoint | None] = lambda _: None
    nowhere: Endpoint = field(default_factory=_Nowhere)

    def find(self, request: Request) -> Endpoint:
        """Return the endpoint for a request."""
        endpoint = self.paths.get(request.path)
        if endpoint is not None:
            return endpoint
        path = request.path.rstrip("/") or "/"
        on_host = self.hosts.get(request.host, {})
        return (
            on_host.get(path)
            or self.paths.get(path)
            or self._find_prefix(path)
            or self.find_service_endpoint(request)
            or self.nowhere
        )

    def _find_prefix(self, path: str) -> Endpoint | None:
        for prefix, endpoint in self.prefixes.items():
            if path == prefix or path.startswith(prefix + "/"):
                return endpoint
        return None


@dataclass(frozen=True, slots=True)
class Observed:
    """A request that was answered.

    Attributes:
        error: What was raised instead of an answer.
        seconds: How long it took, until all was sent.
    """

    request: Request
    endpoint: Endpoint
    status: int
    error: Exception | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Running:
    """A started deployment: what it serves, and how it is stopped.

    Attributes:
        observe: Told of every request, once it is answered.
    """

    routes: Routes
    stop: Callable[[], Awaitable[None]]
    observe: Callable[[Observed], None]


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
        """Stop it. Twice is once."""
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
        request = self._read(scope, receive)
        running = self._running
        started = asyncio.get_running_loop().time()
        endpoint = running.routes.find(request)
        error: Exception | None = None
        try:
            response = await endpoint.answer(request)
        except asyncio.CancelledError:
            # The server stops and has waited long enough. Callers read a refusal they know.
            stopping = StoreUnavailable("the server stops")
            await _send(endpoint.refuse(stopping, request), request, None, send)
            raise
        except (Refusal, StoreUnavailable) as raised:
            error = raised
            _log_refusal(error, request)
            response = endpoint.refuse(error, request)
        except Exception as raised:  # noqa: BLE001 - the outermost, see below
            # The one place that catches everything: the caller reads a correlation id only.
            _log.exception("a request failed", extra={"correlation_id": request.correlation_id})
            error = raised
            response = endpoint.refuse(error, request)
        try:
            await _send(response, request, error, send)
        except (Refusal, StoreUnavailable) as raised:
            # It broke off. uvicorn closes the connection, so that nobody takes it for whole.
            error = raised
            _log_refusal(error, request)
            if isinstance(response, Relayed):
                raise  # as another middleware around the guard would end it properly
        finally:
            seconds = asyncio.get_running_loop().time() - started
            running.observe(Observed(request, endpoint, response.status, error, seconds))

    async def refuse(
        self, error: StoreUnavailable, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Tell a caller that nobody can be judged, as the deployment could not be started."""
        request = self._read(scope, receive)
        _log_refusal(error, request)
        await _send(call_refusal(error, request.correlation_id), request, error, send)

    def _read(self, scope: Scope, receive: Receive) -> Request:
        correlation_id = f"{self._prefix}{next(self._numbers):08x}"
        return Request(scope, receive, correlation_id, self._peers)

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


async def _send(
    response: Response | Relayed, request: Request, error: Exception | None, send: Send
) -> None:
    headers = response.headers
    allowance = _find_allowance(request, error)
    if allowance is not None:
        # Here, so that no answer to an admitted call can leave without.
        headers = [*headers, *rate_limit_headers(allowance)]
    if isinstance(response, Relayed):
        await response.send(headers, send)
        return
    if response.lasting is not None:
        start = {"type": "http.response.start", "status": response.status, "headers": headers}
        await send(start)
        await send_lasting(response.lasting, request, send)
        return
    headers = [*headers, (b"content-length", str(len(response.body)).encode())]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    body = b"" if request.method == "HEAD" else response.body
    await send({"type": "http.response.body", "body": body})


def _find_allowance(request: Request, error: Exception | None) -> Allowance | None:
    if request.admission is not None:
        return request.admission.allowance
    return error.allowance if isinstance(error, LimitRefusal) else None


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
