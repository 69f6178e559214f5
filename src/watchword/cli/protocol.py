"""uvicorn's HTTP protocol with bounds on what a connection may take: in bytes, and in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

_HEAD_LIMIT: Final = 65_536
_HEAD_SECONDS: Final = 10.0
_TOO_LARGE: Final = b"431 Request Header Fields Too Large"
_TOO_SLOW: Final = b"408 Request Timeout"
_WAITING_LIMIT: Final = 16
"""While so many requests of a connection wait for their turn, no more of it is parsed."""
_PIECE_BYTES: Final = 2_048
"""What is parsed in one go. It may hold a hundred requests, and what was read ten thousand."""


class BoundedProtocol(HttpToolsProtocol):
    """Closes a connection whose request does not get past its head, and bounds what waits.

    uvicorn bounds neither: without this, anybody fills the memory with headers or with requests
    that wait for their turn, or takes all connections with half requests.
    """

    _is_in_head = True
    _has_completed = False
    _head_bytes = 0
    _deadline: asyncio.TimerHandle | None = None
    _held: memoryview = memoryview(b"")

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the time for the first head."""
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
        # What has come in this piece was the rest of a body, and is no part of a head.
        self._has_completed = True

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline, and what was not parsed."""
        self._stop_deadline()
        self._held = memoryview(b"")
        super().connection_lost(exc)

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
        """Start the time for a head that has begun, unless it is us who do not read on."""
        if not self._is_in_head or self.transport.is_closing():
            return
        if self.flow.read_paused:
            self._stop_deadline()
        elif self._head_bytes and self._deadline is None:
            # Only a head that has begun: until then an answer may be under way, for hours.
            self._start_deadline()

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
