"""Asks upstream services over HTTP: kept connections, bounds of time and size, and no rules.

Redirects are not followed, cookies are not kept, no proxy is read from the environment, and
nothing is decompressed: what comes is what is passed on.
"""

from __future__ import annotations

import asyncio
import errno
import os
import select
import socket
import ssl
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote_from_bytes

from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorError,
    ClientError,
    ClientPayloadError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
)
from aiohttp.http import HttpProcessingError
from yarl import URL

from watchword.access.errors import UpstreamTimeout, UpstreamUnreachable
from watchword.services.shares import Shares

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Generator

    from aiohttp.client_proto import ResponseHandler
    from aiohttp.client_reqrep import ConnectionKey
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

    from watchword.services.shares import Share

# Node.js, uvicorn and Apache close an idle connection after 5 s, most others later. What is kept
# for less is rarely closed under a request, which nobody could send again if it is a POST.
_KEPT_SECONDS: Final = 4.0
_DNS_SECONDS: Final = 5
_PIECE: Final = 65_536
# What aiohttp would say by itself: a caller's own headers are passed on, and no others.
_UNSAID: Final = ("accept", "accept-encoding", "content-type", "user-agent")
_PRINTABLE: Final = "".join(map(chr, range(0x21, 0x7F)))
_WITHOUT_BODY: Final = (204, 304)
_TOO_LARGE: Final = "the answer is larger than answer_limit"


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much an upstream may take.

    Attributes:
        connect_seconds: Until there is a connection, waiting for a free one included.
        seconds: Until the answer begins, and between two pieces of it.
        connections: At once to one upstream.
        size: The largest answer, in bytes.
    """

    connect_seconds: float
    seconds: float
    connections: int
    size: int


@dataclass(frozen=True, slots=True)
class Question:
    """What is sent.

    Attributes:
        url: Where to.
        query: As it stands behind the question mark.
        headers: Without those that frame the body.
        body: Whole, or as it comes; None for no body at all.
        length: The length of a body that comes in pieces, where it is known.
        account: Whose call it is; empty for a preflight.
        service: What is called.
    """

    method: str
    url: str
    query: bytes
    headers: list[tuple[str, str]]
    body: bytes | AsyncIterable[bytes] | None
    length: int | None = None
    account: str = ""
    service: str = ""


class Answer:
    """What came back: the head, and a body that is read piece by piece, once."""

    def __init__(self, response: ClientResponse, bounds: Bounds, share: Share) -> None:
        self.status = response.status
        self.headers = response.raw_headers
        has_body = response.status not in _WITHOUT_BODY
        self.length = response.content_length if has_body else None
        """How long the body is, where that was announced."""
        self._response = response
        self._bounds = bounds
        self._share = share
        self._lost = _LostConnection(response)

    def require_size(self) -> None:
        """Pass unless a body was announced that is too large. Raises UpstreamUnreachable."""
        if self.length is not None and self.length > self._bounds.size:
            raise UpstreamUnreachable(reason=_TOO_LARGE)

    async def read(self) -> bytes:
        """Return the whole body. Raises as `pieces`."""
        return b"".join([piece async for piece in self.pieces()])

    async def pieces(self, *, is_endless: bool = False) -> AsyncGenerator[bytes]:
        """Yield the body as it comes; no more is read ahead than a piece or two.

        Args:
            is_endless: It may pause, and go on for ever.

        Raises:
            UpstreamUnreachable: If it breaks off, or is too large.
            UpstreamTimeout: If nothing comes for too long.
        """
        seconds = None if is_endless else self._bounds.seconds
        left = self._bounds.size
        try:
            # Mostly all of it came with the head, and nothing has to be waited for.
            while not self._response.content.at_eof():
                piece = await self._read_piece(seconds)
                left -= len(piece)
                if left < 0 and not is_endless:
                    raise UpstreamUnreachable(reason=_TOO_LARGE)
                yield piece
        finally:
            self.close()

    def close(self) -> None:
        """Close the connection, unless the body was read to its end. Twice is once."""
        self._lost.close()
        self._response.close()
        self._share.give_back()

    async def _read_piece(self, seconds: float | None) -> bytes:
        with _told():
            async with asyncio.timeout(seconds):
                return await self._response.content.readany()


class Upstreams:
    """Asks upstream services. Made by `open_upstreams`."""

    def __init__(self, session: ClientSession, bounds: Bounds) -> None:
        self._session = session
        self._bounds = bounds
        self._shares = Shares(bounds.connections)

    async def ask(self, question: Question) -> Answer:
        """Send a question and return when the answer begins.

        A question without a body is sent again when a kept connection turns out to be closed,
        if its method is safe. Nothing else is ever sent twice.

        Raises:
            UpstreamUnreachable: If there is no answer that can be read.
            UpstreamTimeout: If there is none in time.
            UpstreamBusy: If the account has too many calls to the service under way.
        """
        share = self._shares.take(question.account, question.service)
        try:
            return Answer(await self._request(question), self._bounds, share)
        except BaseException:
            share.give_back()
            raise

    async def _request(self, question: Question) -> ClientResponse:
        headers = question.headers
        if question.length is not None:
            headers = [*headers, ("content-length", str(question.length))]
        with _told():
            async with asyncio.timeout(self._bounds.seconds) as deadline:
                pace = _Pace(deadline, self._bounds.seconds)
                try:
                    return await self._session.request(
                        question.method,
                        _to_url(question),
                        headers=headers,
                        data=_paced(question.body, pace),
                        allow_redirects=False,
                    )
                finally:
                    pace.end()


@asynccontextmanager
async def open_upstreams(bounds: Bounds) -> AsyncGenerator[Upstreams]:
    """Open what keeps the connections, for the length of a block."""
    connector = _Connections(
        limit=0,  # a slow upstream must not take the connections of another
        limit_per_host=bounds.connections,
        keepalive_timeout=_KEPT_SECONDS,
        ttl_dns_cache=_DNS_SECONDS,
    )
    async with ClientSession(
        connector=connector,
        response_class=_Response,
        cookie_jar=DummyCookieJar(),
        skip_auto_headers=_UNSAID,
        auto_decompress=False,
        trust_env=False,
        read_bufsize=_PIECE,
        # All but the connection is timed here: an upload's own pauses are not the upstream's.
        timeout=ClientTimeout(total=None, connect=bounds.connect_seconds),
    ) as session:
        yield Upstreams(session, bounds)


class _Connections(TCPConnector):
    """Keeps connections, and takes none again on which the upstream spoke unasked.

    What it said there would be read as the answer to the next question, whoever asks. aiohttp
    looks when a connection is put back, and not when it is taken (seen in 3.14).
    """

    async def _get(self, key: ConnectionKey, traces: list[Trace]) -> Connection | None:
        while (connection := await super()._get(key, traces)) is not None:
            if _is_silent(connection.protocol):
                return connection
            connection.close()
        return None


def _is_silent(protocol: ResponseHandler | None) -> bool:
    if protocol is None or protocol.transport is None or protocol.should_close:
        return False
    sock = protocol.transport.get_extra_info("socket")
    if sock is None or sock.fileno() < 0:
        return False
    # The loop may not have read yet what has come, its end included.
    poll = select.poll()
    poll.register(sock.fileno(), select.POLLIN)
    return not poll.poll(0)


class _Response(ClientResponse):
    """Ends the connection after an answer whose head announced a body that there cannot be.

    Upstreams that announce one mostly send it, too, and it may come when the next is asking.
    """

    async def start(self, connection: Connection) -> ClientResponse:
        protocol = connection.protocol
        started = await super().start(connection)
        is_announced = self.content_length or "transfer-encoding" in self.headers
        if protocol is not None and is_announced and self.status in _WITHOUT_BODY:
            protocol.force_close()
        return started


class _LostConnection:
    """Ends a body whose connection is lost.

    aiohttp closes a connection over a body that is no HTTP, and tells everybody but the one that
    reads the body (seen in 3.14): it would wait for ever.
    """

    def __init__(self, response: ClientResponse) -> None:
        self._content = response.content
        connection = response.connection  # None when all of the body is here already
        protocol = None if connection is None else connection.protocol
        self._closed = None if protocol is None else protocol.closed
        if self._closed is not None:
            self._closed.add_done_callback(self._end)

    def close(self) -> None:
        if self._closed is not None:
            self._closed.remove_done_callback(self._end)

    def _end(self, closed: asyncio.Future[None]) -> None:
        if not closed.cancelled():
            closed.exception()  # the body's own says more
        if not self._content.is_eof() and self._content.exception() is None:
            self._content.set_exception(ClientPayloadError("the body is no HTTP"))


class _Pace:
    """Times the upstream while it is waited for, and not while the caller is."""

    def __init__(self, deadline: asyncio.Timeout, seconds: float) -> None:
        self._deadline: asyncio.Timeout | None = deadline
        self._seconds = seconds

    def wait_for_upstream(self) -> None:
        if self._deadline is not None:
            self._deadline.reschedule(asyncio.get_running_loop().time() + self._seconds)

    def wait_for_caller(self) -> None:
        if self._deadline is not None:
            self._deadline.reschedule(None)

    def end(self) -> None:
        self._deadline = None


def _paced(
    body: bytes | AsyncIterable[bytes] | None, pace: _Pace
) -> bytes | AsyncIterable[bytes] | None:
    return body if body is None or isinstance(body, bytes) else _pace_pieces(body, pace)


async def _pace_pieces(pieces: AsyncIterable[bytes], pace: _Pace) -> AsyncGenerator[bytes]:
    pace.wait_for_caller()
    async for piece in pieces:
        pace.wait_for_upstream()
        yield piece
        pace.wait_for_caller()
    pace.wait_for_upstream()


def _to_url(question: Question) -> URL:
    if not question.query:
        return URL(question.url, encoded=True)
    # As it came, but for what cannot stand in a request's first line.
    return URL(f"{question.url}?{quote_from_bytes(question.query, _PRINTABLE)}", encoded=True)


@contextmanager
def _told() -> Generator[None]:
    try:
        yield
    except TimeoutError:
        raise UpstreamTimeout(reason="the upstream is too slow") from None
    except (ClientError, HttpProcessingError, OSError) as error:
        raise UpstreamUnreachable(reason=_describe(error)) from None


def _describe(error: Exception) -> str:
    """Say what went wrong, and nothing that came from the caller or the upstream.

    The texts of aiohttp's errors quote URLs, query and all, and the bytes that are no HTTP.
    """
    causes: list[BaseException] = [error]
    while (cause := causes[-1].__cause__) is not None:
        causes.append(cause)
    told = " from ".join(type(each).__name__ for each in causes)
    if isinstance(error, ClientConnectorError | ClientConnectorCertificateError):
        told = f"{error.host}:{error.port}: {told}"
    texts = [text for text in map(_system_text, causes) if text]
    return f"{told} ({texts[0]})" if texts else told


def _system_text(error: BaseException) -> str:
    """Return what the system or OpenSSL says of an error. `strerror` may be anybody's text."""
    if isinstance(error, ssl.SSLError):
        # aiohttp's own kinds are made without either.
        said = getattr(error, "verify_message", None) or getattr(error, "reason", None)
        return str(said or "")
    if isinstance(error, OSError) and not isinstance(error, socket.gaierror):
        return os.strerror(error.errno) if error.errno and error.errno in errno.errorcode else ""
    return ""
