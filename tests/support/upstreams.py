"""An upstream that does on demand what upstreams do: well, badly, slowly or without an end.

It speaks HTTP by hand, over asyncio on a thread of its own, so that a test sees each byte and
each connection.
"""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
    from concurrent.futures import Future

SECONDS = 20
PATH = "/inner/graphql"
ANSWER = b'{"data":{"events":[]}}'


def whole(
    body: bytes = ANSWER,
    *headers: str,
    status: str = "200 OK",
    media_type: str = "application/json",
) -> bytes:
    """Return an answer with the length of its body."""
    lines = [f"content-type: {media_type}", f"content-length: {len(body)}", *headers]
    return head(*lines, status=status) + body


def head(*lines: str, status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode()


def chunk(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece)


def event(text: str) -> bytes:
    return b'event: next\ndata: {"data":{"tick":"%b"}}\n\n' % text.encode()


EVENTS_HEAD = head("content-type: text/event-stream", "transfer-encoding: chunked")


@dataclass(slots=True)
class Seen:
    """A request as it came."""

    connection: int
    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes = b""

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def one(self, name: str) -> str:
        (value,) = self.all(name)
        return value


@dataclass(slots=True)
class Line:
    """One connection, from the upstream's side."""

    number: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    is_over: bool = field(default=False)

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def wait_closed(self) -> None:
        """Return when the other side has closed."""
        while await self.reader.read(65_536):
            pass

    def hang_up(self) -> None:
        """Close when the script is over."""
        self.is_over = True

    def reset(self) -> None:
        self.writer.transport.abort()
        self.is_over = True


T = TypeVar("T")


class Upstream:
    """A running upstream.

    Attributes:
        seen: The requests that came, once each is read to its end; oldest first.
        accepted: How many connections were accepted.
        opened: Those that are open now.
        busy: Those that a request has begun on, and that is not over.
        pieces: What came of the bodies, as it came.
        broken: What came that is no request.
        script: What is done with a request.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.seen: list[Seen] = []
        self.accepted = 0
        self.opened: set[int] = set()
        self.busy: set[int] = set()
        self.pieces: list[bytes] = []
        self.broken: list[Exception] = []
        self.script: Callable[[Seen, Line], Awaitable[None]] = answer(whole())
        self.reads_bodies = True
        self._line: Line | None = None
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = self._do(self._listen()).result(SECONDS)
        self.port: int = self._server.sockets[0].getsockname()[1]

    @property
    def url(self) -> str:
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}{PATH}"

    def answers(self, *parts: bytes) -> None:
        """Send the same to every request from now on."""
        self.script = answer(*parts)

    def push(self, data: bytes) -> None:
        """Send more on the connection that was asked last."""
        assert self._line is not None
        self._do(self._line.send(data)).result(SECONDS)

    def cut(self) -> None:
        """Close the connection that was asked last."""
        assert self._line is not None
        self._loop.call_soon_threadsafe(self._line.writer.close)

    def close(self) -> None:
        self._do(self._shut()).result(SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)
        self._loop.close()

    def _do(self, work: Coroutine[None, None, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)

    async def _shut(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.accepted += 1
        line = Line(self.accepted, reader, writer)
        self.opened.add(line.number)
        try:
            while not line.is_over:
                seen = await self._read(line)
                self._line = line
                await self.script(seen, line)
                self.busy.discard(line.number)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # it was closed, as connections are
        except (AssertionError, ValueError) as error:
            self.broken.append(error)
        finally:
            self.opened.discard(line.number)
            self.busy.discard(line.number)
            self._tasks.discard(task)
            writer.close()

    async def _read(self, line: Line) -> Seen:
        begun = await line.reader.readexactly(1)
        self.busy.add(line.number)
        if begun == b"\x16":
            # TLS to a server that speaks none: it says so in HTTP, as they do.
            await line.send(head(status="400 Bad Request"))
            raise ConnectionError
        text = (begun + await line.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *rest = text[:-4].split("\r\n")
        method, target, version = first.split(" ")
        assert version == "HTTP/1.1"
        pairs = [item.partition(": ") for item in rest]
        seen = Seen(
            line.number, method, target, [(name.lower(), value) for name, _, value in pairs]
        )
        if self.reads_bodies:
            async for piece in _body_of(seen, line.reader):
                self.pieces.append(piece)
                seen.body += piece
        self.seen.append(seen)
        return seen


async def _body_of(seen: Seen, reader: asyncio.StreamReader) -> AsyncGenerator[bytes]:
    lengths, encodings = seen.all("content-length"), seen.all("transfer-encoding")
    # Whoever frames a body in two ways asks to be misunderstood.
    assert len(lengths) + len(encodings) <= 1, seen
    if lengths:
        left = int(lengths[0])
        while left:
            piece = await reader.read(left)
            if not piece:
                raise asyncio.IncompleteReadError(b"", left)
            left -= len(piece)
            yield piece
    elif encodings:
        assert encodings == ["chunked"], seen
        while size := int(await reader.readuntil(b"\r\n"), 16):
            yield (await reader.readexactly(size + 2))[:-2]
        assert await reader.readexactly(2) == b"\r\n"


def answer(*parts: bytes) -> Callable[[Seen, Line], Awaitable[None]]:
    """Send some bytes, whatever was asked."""

    async def send(_: Seen, line: Line) -> None:
        for part in parts:
            await line.send(part)

    return send


def then_hang_up(*parts: bytes) -> Callable[[Seen, Line], Awaitable[None]]:
    async def send(seen: Seen, line: Line) -> None:
        await answer(*parts)(seen, line)
        line.hang_up()

    return send


def then_stay(*parts: bytes) -> Callable[[Seen, Line], Awaitable[None]]:
    """Send some bytes, and nothing more until the other side closes."""

    async def send(seen: Seen, line: Line) -> None:
        await answer(*parts)(seen, line)
        await line.wait_closed()
        line.hang_up()

    return send


async def reset(_: Seen, line: Line) -> None:
    line.reset()


def wait_until(condition: Callable[[], object], seconds: float = SECONDS) -> None:
    """Poll until something is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to be in time"
        time.sleep(0.005)
