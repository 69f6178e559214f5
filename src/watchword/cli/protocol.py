"""uvicorn's HTTP protocol with bounds on what a connection may take: in bytes, and in time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from uvicorn._types import ASGI3Application
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

_HEAD_LIMIT: Final = 65_536
_HEAD_SECONDS: Final = 10.0
_TOO_LARGE: Final = b"431 Request Header Fields Too Large"
_TOO_SLOW: Final = b"408 Request Timeout"
_WAITING_LIMIT: Final = 16
"""While so many requests of a connection wait for their turn, no more of it is parsed."""
_PIECE_BYTES: Final = 2_048
"""What is parsed in one go. It may hold a hundred requests, and what was read ten thousand."""
_WRITE_SECONDS: Final = 60.0
"""A caller that takes nothing for so long is given up."""
_REST_SECONDS: Final = 10.0
"""So long a request's body may go on to come after its answer."""
_BROKEN_SECONDS: Final = 1.0
"""One whose answer broke off has nothing to wait for."""


class BoundedProtocol(HttpToolsProtocol):
    """Closes a connection whose request does not get past its head, and bounds what waits.

    uvicorn bounds neither: without this, anybody fills the memory with headers or with requests
    that wait for their turn, or takes all connections with half requests. Nor does it give up a
    caller that does not read what it asked for.
    """

    _is_in_head = True
    _has_completed = False
    _head_bytes = 0
    _deadline: asyncio.TimerHandle | None = None
    _held: memoryview = memoryview(b"")
    _stalled: asyncio.TimerHandle | None = None
    _running: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the time for the first head."""
        transport = _Transport(transport, self._wait_for_the_rest)
        super().connection_made(transport)
        self.flow = _Flow(transport, lambda: not self._held and not self.pipeline)
        self._start_deadline()

    def data_received(self, data: bytes) -> None:
        """Parse what has come, as far as there is room for the requests in it."""
        if len(data) <= _PIECE_BYTES and not self._held:
            self._parse(data)
        else:
            self._held = memoryview(bytes(self._held) + data if self._held else data)
            self._parse_held()
        self._watch()

    def on_response_complete(self) -> None:
        """Go on with what was held: there is room for one request more."""
        super().on_response_complete()
        if self._held:
            # Not at once: the parser may be at work.
            self.loop.call_soon(self._go_on)

    def on_headers_complete(self) -> None:
        """Stop counting: the head is complete."""
        self._is_in_head = False
        self._has_completed = True
        self._stop_deadline()
        self._begin()

    def _begin(self) -> None:
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Count anew: what comes next is another head."""
        super().on_message_complete()
        self._is_in_head = True
        self._stop_deadline()  # of a body that nobody waits for
        # What has come in this piece was the rest of a body, and is no part of a head.
        self._has_completed = True

    def pause_writing(self) -> None:
        """Start the time for what the caller does not read."""
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(_WRITE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop it: the caller reads, unless it is the end anyway."""
        super().resume_writing()
        if not self.transport.is_closing():
            self._stop_stalled()

    def eof_received(self) -> None:
        """Close: the transport would do so by itself, and tell nobody."""
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadlines, and what was not parsed; tell the answer that is under way."""
        self._stop_deadline()
        self._stop_stalled()
        self._held = memoryview(b"")
        super().connection_lost(exc)
        running = self._running
        if running is not None and not running.response_complete:
            # uvicorn tells the newest one, which may still wait for its turn.
            running.disconnected = True
            running.message_event.set()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _wait_for_the_rest(self) -> None:
        """Start the time for what is still to be sent when a connection is closed."""
        self._stop_stalled()
        running = self._running
        is_broken = (
            running is not None and running.response_started and not running.response_complete
        )
        seconds = _BROKEN_SECONDS if is_broken else _WRITE_SECONDS
        self._stalled = self.loop.call_later(seconds, self.transport.abort)

    def _stop_stalled(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    @property
    def _is_idle(self) -> bool:
        """Whether no answer is under way. There is no cycle before the first request."""
        return bool(getattr(self.cycle, "response_complete", True))

    def _parse(self, data: bytes) -> None:
        """Count what has come of a head that is not complete."""
        self._has_completed = False
        super().data_received(data)
        if not self._is_in_head:
            return
        # After a complete request in the same piece, what is left is one piece at most.
        self._head_bytes = 0 if self._has_completed else self._head_bytes + len(data)
        if self._head_bytes > _HEAD_LIMIT:
            self._refuse(_TOO_LARGE)

    def _parse_held(self) -> None:
        while self._held and len(self.pipeline) < _WAITING_LIMIT:
            piece, self._held = self._held[:_PIECE_BYTES], self._held[_PIECE_BYTES:]
            self._parse(bytes(piece))
            if self.transport.is_closing():
                self._held = memoryview(b"")
        if self._held:
            self.flow.pause_reading()

    def _go_on(self) -> None:
        if self._held and not self.transport.is_closing():
            self._parse_held()
            if not self.pipeline:
                self.flow.resume_reading()
            self._watch()

    def _watch(self) -> None:
        """Start the time for what has begun, unless it is us who do not read on."""
        if self.transport.is_closing():
            return
        if not self._is_in_head:
            if self._is_idle and self._deadline is None:
                # A body that goes on after its answer. Until it does, it is as an idle connection.
                self._deadline = self.loop.call_later(_REST_SECONDS, self.transport.close)
        elif self.flow.read_paused:
            self._stop_deadline()
        elif self._head_bytes:
            # Only a head that has begun: until then an answer may be under way, for hours.
            if self._deadline is None:
                self._start_deadline()
        elif self._is_idle and self.timeout_keep_alive_task is None:
            # Such a body has ended, and what comes next may never come.
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _start_deadline(self) -> None:
        self._deadline = self.loop.call_later(_HEAD_SECONDS, self._refuse, _TOO_SLOW)

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, status: bytes) -> None:
        self._stop_deadline()
        if self.transport.is_closing():
            return
        if self._is_idle:
            # In the middle of an answer it would be taken for a part of that.
            self.transport.write(
                b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            )
        self.transport.close()


class _Flow(FlowControl):
    """Does not read on while requests wait for their turn, whoever asks for it."""

    def __init__(self, transport: asyncio.Transport, may_read: Callable[[], bool]) -> None:
        super().__init__(transport)
        self._may_read = may_read

    def resume_reading(self) -> None:
        if self._may_read():
            super().resume_reading()


class _Transport(asyncio.Transport):
    """The transport of a connection, and a word when it is closed.

    Its own `close` waits for ever for a caller that does not read; and uvicorn calls it in many
    places, and from answers that go on by themselves.
    """

    def __init__(self, transport: asyncio.Transport, on_close: Callable[[], None]) -> None:
        super().__init__()
        self._transport = transport
        self._on_close = on_close

    def close(self) -> None:
        if not self._transport.is_closing():
            self._transport.close()
            self._on_close()

    def abort(self) -> None:
        self._transport.abort()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._transport.write(data)

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def get_extra_info(self, name: str, default: object = None) -> object:
        return self._transport.get_extra_info(name, default)
