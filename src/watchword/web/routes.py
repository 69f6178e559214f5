"""The ASGI application, its endpoints by path, and how it starts and stops."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, ClassVar, Protocol

from watchword.access.errors import NotFound
from watchword.web.at_once import to_bytes, try_at_once
from watchword.web.http import Endpoint, Request
from watchword.web.observing import Observed
from watchword.web.responses import call_refusal
from watchword.web.server_log import log_error
from watchword.web.serving import answer, deliver, send_response, serve

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from watchword.access.errors import StoreUnavailable
    from watchword.web.http import App, Headers, Message, Receive, Response, Scope, Send
    from watchword.web.peers import Peers
    from watchword.web.tracing import Tracer


class _Nowhere:
    """Answers for every path at which nothing is served."""

    kind: ClassVar[str] = "nowhere"

    async def answer(self, request: Request) -> Response:  # noqa: ARG002 - an Endpoint
        raise NotFound(reason="nothing is served at the path")

    def refuse(self, error: Exception, request: Request) -> Response:
        return call_refusal(error, request.correlation_id)


class PageEndpoint(Endpoint, Protocol):
    """Answers for pages."""

    def knows(self, path: str) -> bool:
        """Tell whether a path is a page's."""
        ...


@dataclass(frozen=True, slots=True)
class Routes:
    """Endpoints by path, by path and host, and for all that begins with a path.

    A path with a trailing slash is the path without it; nothing is ever redirected, as a
    redirect makes clients drop their headers.

    Attributes:
        find_service_endpoint: Finds the endpoint of a service that is not known beforehand.
        pages: Answers what browsers ask; whatever a service is called at goes before.
    """

    paths: Mapping[str, Endpoint]
    hosts: Mapping[str, Mapping[str, Endpoint]]
    prefixes: Mapping[str, Endpoint] = field(default_factory=dict[str, "Endpoint"])
    find_service_endpoint: Callable[[Request], Endpoint | None] = lambda _: None
    pages: PageEndpoint | None = None
    nowhere: Endpoint = field(default_factory=_Nowhere)

    def find(self, request: Request) -> Endpoint:
        """Return the endpoint for a request."""
        endpoint = self.paths.get(request.path)
        if endpoint is not None:
            return endpoint
        path = request.path.rstrip("/") or "/"
        return (
            self._find_on_host(path, request)
            or self.paths.get(path)
            or self._find_prefix(path)
            or self.find_service_endpoint(request)
            or self._find_page(path, request)
            or self.nowhere
        )

    def _find_page(self, path: str, request: Request) -> Endpoint | None:
        pages = self.pages
        if pages is None:
            return None
        # Whoever has mistyped an address reads that in a browser, as any other refusal.
        is_browser = "text/html" in request.join_header(b"accept")
        return pages if is_browser or pages.knows(path) else None

    def _find_on_host(self, path: str, request: Request) -> Endpoint | None:
        by_host = self.hosts.get(path)
        return None if by_host is None else by_host.get(request.host)

    def _find_prefix(self, path: str) -> Endpoint | None:
        for prefix, endpoint in self.prefixes.items():
            if path == prefix or path.startswith(prefix + "/"):
                return endpoint
        return None


@dataclass(frozen=True, slots=True)
class Running:
    """A started deployment: what it serves, and how it is stopped.

    Attributes:
        observe: Told of every request, once it is answered.
        time: A stopwatch, in seconds.
        errors_url: Where the server has a page for each code of a refusal, behind a slash.
        tracer: Traces every request; None for none.
    """

    routes: Routes
    stop: Callable[[], Awaitable[None]]
    observe: Callable[[Observed], None]
    time: Callable[[], float]
    errors_url: str
    tracer: Tracer | None = None


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
        await serve(self._running, self._read(scope, receive), send)

    def answer_at_once(
        self, scope: Scope, headers: Headers, *, is_last: bool
    ) -> bytes | App | None:
        """Answer what `/authorize` is asked, for a server that can send without a task.

        Args:
            scope: The request, which has no body.
            headers: Those of the server itself.
            is_last: Whether the connection is closed afterwards.

        Returns:
            What is sent; or, where the answer has to wait, the app that sends it. None where the
            request is to be served as any other.
        """
        running = self._running
        if running is None or running.tracer is not None:
            return None  # a span is of a task
        request = self._read(scope, _receive_nothing)
        if request.has_body:
            return None
        begun = try_at_once(answer(running, request))
        if not isinstance(begun, Observed):
            return _Begun(running, begun)
        sent = to_bytes(begun, headers, is_last=is_last)
        begun.ended = begun.answered
        running.observe(begun)
        return sent

    async def refuse(
        self, error: StoreUnavailable, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Tell a caller that nobody can be judged, as the deployment could not be started."""
        request = self._read(scope, receive)
        log_error(error, request)
        response = call_refusal(error, request.correlation_id)
        await send_response(response, request, error, send)

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


@dataclass(frozen=True, slots=True)
class _Begun:
    """An answer that is under way already, as an ASGI app."""

    running: Running
    answering: Awaitable[Observed]

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await deliver(self.running, self.answering, send)


async def _receive_nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}
