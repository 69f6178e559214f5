"""A request as our endpoints read it and a response as they give it, over plain ASGI."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from watchword.access.audit import Source
from watchword.access.errors import (
    ContentTooLarge,
    MalformedRequest,
    MethodNotAllowed,
    RequestTooSlow,
)
from watchword.web.starting import Done, start

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping

    from watchword.access.guard import Admission
    from watchword.access.model import ServiceName
    from watchword.web.peers import Peers
    from watchword.web.relaying import Relayed
    from watchword.web.visits import Visitor

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]
    Headers = list[tuple[bytes, bytes]]

_BODY_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Lasting:
    """A body that is sent as it comes, for as long as its caller may have it.

    Attributes:
        chunks: The body. It is closed at its end, and when the caller goes away.
        require: Asked every half second; raises what ends it.
        end: Returns the last words to a caller that may not go on; None: the answer breaks off.
    """

    chunks: AsyncGenerator[bytes]
    require: Callable[[], Awaitable[object]]
    end: Callable[[Exception], bytes | None]


class SharedHeaders:
    """Headers that many answers have in common, and how they are sent over HTTP/1.1.

    Args:
        headers: The headers.

    Attributes:
        lines: All of them, a line for each.
    """

    __slots__ = ("headers", "lines")

    def __init__(self, headers: Headers) -> None:
        self.headers = headers
        self.lines = b"".join(to_line(name, value) for name, value in headers)


@dataclass(slots=True)
class Response:
    """What is sent: status, headers, and the whole body, or one that lasts.

    One is made for every request, and a frozen one costs more.

    Attributes:
        shared: More headers, which were worded before.
    """

    status: int
    headers: Headers
    body: bytes = b""
    lasting: Lasting | None = None
    shared: SharedHeaders | None = None


def to_line(name: bytes, value: bytes) -> bytes:
    """Return a header as it is sent over HTTP/1.1.

    Raises:
        ValueError: If it would begin another line.
    """
    if b"\n" in value or b"\r" in value:
        raise ValueError("a header holds a line break")
    return b"%b: %b\r\n" % (name, value)


class Request:
    """What came in. Headers are read as they are; the body once, up to a limit.

    Attributes:
        admission: What the guard has admitted; set by the endpoint that asked it, and counted
            by whoever sends the answer.
        has_issued: Whether it was issued a token.
        is_explorer: Whether it came where GraphiQL asks: there a browser's session may stand in
            for the token. Set by the endpoint.
        is_signed_in: Whether one does. Set by who admits.
        operation: Which operation of a service was asked for, as far as that is known.
        service: Which service is asked, where one endpoint answers for several.
        visitor: Who has come, where a browser asks for a page; None while that is not known.
    """

    __slots__ = (
        "_by_name",
        "_peers",
        "_receive",
        "_scope",
        "_upload_ended",
        "admission",
        "correlation_id",
        "has_issued",
        "headers",
        "is_explorer",
        "is_signed_in",
        "method",
        "operation",
        "path",
        "query_string",
        "service",
        "visitor",
    )

    def __init__(self, scope: Scope, receive: Receive, correlation_id: str, peers: Peers) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query_string: bytes = scope["query_string"]
        self.headers: list[tuple[bytes, bytes]] = scope["headers"]
        self._by_name = dict(self.headers)
        self.correlation_id = correlation_id
        self.admission: Admission | None = None
        self.has_issued = False
        self.is_explorer = False
        self.is_signed_in = False
        self.operation = ""
        self.service: ServiceName | None = None
        self.visitor: Visitor | None = None
        self._peers = peers
        self._receive = receive
        self._scope = scope
        self._upload_ended: asyncio.Event | None = None

    @property
    def scope(self) -> Scope:
        """The request as the server gave it, for an app that reads it itself."""
        return self._scope

    @property
    def receive(self) -> Receive:
        """Where body and disconnect come from, for an app that reads them itself."""
        return self._receive

    @property
    def has_body(self) -> bool:
        """Whether anything comes after the head, empty as it may be."""
        by_name = self._by_name
        return by_name.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in by_name

    @property
    def is_forwarded(self) -> bool:
        """Whether it comes from a proxy of ours, whose X-Forwarded-* headers are believed."""
        return self._peers.is_believed(self.peer, self.find_header(b"x-watchword-proxy"))

    @property
    def peer(self) -> str | None:
        """The address of whoever connected, a proxy or the caller; None over a Unix socket."""
        client = self._scope.get("client")
        return str(client[0]) if client else None

    @property
    def address(self) -> str | None:
        """The caller's address; None when nobody says it, as over a Unix socket."""
        return self._peers.find_caller(
            self.peer,
            self.join_header(b"x-forwarded-for"),
            self.join_header(b"x-watchword-proxy"),
        )

    @property
    def host(self) -> str:
        """The host that was asked for, in lower case and without a port; "" for none."""
        return to_host(self.join_header(b"host"))

    @property
    def source(self) -> Source:
        """Where the request came from, for the audit log."""
        agent = self._by_name.get(b"user-agent")
        told = None if agent is None else agent.decode("latin-1")
        return Source(self.address, told, self.correlation_id)

    @property
    def content_length(self) -> int | None:
        """How long the body is; None where that was not announced."""
        length = self.find_header(b"content-length")
        return int(length[:20]) if length is not None and length.isdecimal() else None

    def require_method(self, *allowed: str) -> None:
        """Pass when the method is served. Raises MethodNotAllowed."""
        if self.method not in allowed:
            raise MethodNotAllowed(*allowed)

    def require_host(self) -> None:
        """Pass when the request names one host (RFC 9112 section 3.2).

        Raises:
            MalformedRequest: If it names two, or none over HTTP/1.1.
        """
        by_name = self._by_name
        if b"host" not in by_name:
            if self._scope.get("http_version") == "1.1":
                raise MalformedRequest(public="The header 'host' is missing.")
        elif len(by_name) != len(self.headers):
            self.find_header(b"host")

    def find_header(self, name: bytes) -> str | None:
        """Return a header's value, None when it was not sent.

        Args:
            name: In lower case.

        Raises:
            MalformedRequest: If it was sent twice; which one would count?
        """
        by_name = self._by_name
        value = by_name.get(name)
        # When all names differ, none was sent twice: one look for all that is ever asked for.
        if value is not None and len(by_name) != len(self.headers):
            times = sum(key == name for key, _ in self.headers)
            if times > 1:
                raise MalformedRequest(public=f"The header '{name.decode()}' was sent twice.")
        return None if value is None else value.decode("latin-1")

    def join_header(self, name: bytes) -> str:
        """Return a header that may be sent in parts (RFC 9110 section 5.3); "" when it was not."""
        by_name = self._by_name
        if name not in by_name:
            return ""
        if len(by_name) == len(self.headers):  # all names differ
            only: bytes = by_name[name]
            return only.decode("latin-1")
        parts = [value for key, value in self.headers if key == name]
        return b", ".join(parts).decode("latin-1")

    async def wait_for_disconnect(self) -> None:
        """Return when the caller has gone away. What is not read of the body by then is lost.

        A body that is being read with `read_pieces` is left to its reader.
        """
        if self._upload_ended is not None:
            await self._upload_ended.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def read_body(self, limit: int) -> bytes:
        """Return the body.

        Args:
            limit: The most bytes that are read.

        Raises:
            ContentTooLarge: If there is more.
            RequestTooSlow: If it does not arrive in time, or the caller goes away.
        """
        if not self.has_body:
            return b""  # curl's published token request is one of these
        self._require_length(limit)
        started = start(self._read_chunks(limit))
        if isinstance(started, Done):
            return started.value  # it came with the head: no timer is needed
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                return await started
        except TimeoutError as error:
            raise RequestTooSlow from error

    def read_pieces(self, limit: int) -> AsyncGenerator[bytes]:
        """Return the body as it comes.

        Args:
            limit: The most bytes that are read.

        Raises:
            ContentTooLarge: If there is more.
            RequestTooSlow: If it does not go on for too long, or the caller goes away.
        """
        self._require_length(limit)
        self._upload_ended = asyncio.Event()
        return self._read_pieces(limit, self._upload_ended)

    async def _read_pieces(self, limit: int, ended: asyncio.Event) -> AsyncGenerator[bytes]:
        size, is_more = 0, True
        try:
            while is_more:
                try:
                    async with asyncio.timeout(_BODY_SECONDS):
                        piece, is_more = await self._receive_piece()
                except TimeoutError as error:
                    raise RequestTooSlow from error
                size += len(piece)
                if size > limit:
                    raise _too_large(limit)
                if piece:
                    yield piece
        finally:
            ended.set()

    def _require_length(self, limit: int) -> None:
        length = self.content_length
        if length is not None and length > limit:
            raise _too_large(limit)

    async def _read_chunks(self, limit: int) -> bytes:
        chunks: list[bytes] = []
        size, is_more = 0, True
        while is_more:
            chunk, is_more = await self._receive_piece()
            size += len(chunk)
            if size > limit:
                raise _too_large(limit)
            chunks.append(chunk)
        return b"".join(chunks) if len(chunks) > 1 else chunks[0]

    async def _receive_piece(self) -> tuple[bytes, bool]:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise RequestTooSlow(reason="the caller went away")
        return message.get("body", b""), message.get("more_body", False)


def to_host(text: str) -> str:
    """Return a host name as it is compared: without a port, in lower case, no dot at its end."""
    return (text.rpartition(":")[0] or text).lower().rstrip(".")


class Endpoint(Protocol):
    """Answers the requests to a path, and words the refusals in its protocol's way.

    Attributes:
        kind: What the metrics call it: one of a few words, whatever callers ask.
    """

    kind: ClassVar[str]

    async def answer(self, request: Request) -> Response | Relayed:
        """Answer a request. Raises Refusal and StoreUnavailable."""
        ...

    def refuse(self, error: Exception, request: Request) -> Response:
        """Word an error that `answer` raised. Never tells more than the error's public text."""
        ...


def _too_large(limit: int) -> ContentTooLarge:
    return ContentTooLarge(public=f"The request body is too large: it may have {limit:,} bytes.")
