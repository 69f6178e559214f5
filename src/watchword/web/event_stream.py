"""The last words of an event stream (GraphQL over SSE, distinct connections mode)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from watchword.web.responses import call_refusal

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

EVENT_STREAM: Final = "text/event-stream"
# Two ends of line, of which each may be LF, CR or CRLF, and a CRLF is one.
_BLANK_LINES: Final = (b"\n\n", b"\r\r", b"\n\r", b"\n\r\n", b"\r\r\n")
_LONGEST: Final = 3


class EventStream:
    """An event stream on its way to the caller; knows whether it stands between two events.

    Args:
        pieces: The stream as it comes.
    """

    def __init__(self, pieces: AsyncGenerator[bytes]) -> None:
        self._pieces = pieces
        self._tail = _BLANK_LINES[0]

    async def pass_on(self) -> AsyncGenerator[bytes]:
        """Yield the pieces."""
        try:
            async for piece in self._pieces:
                yield piece
                # Whoever asks for the next one has sent this one.
                self._tail = (self._tail + piece[-_LONGEST:])[-_LONGEST:]
        finally:
            await self._pieces.aclose()

    def end(self, error: Exception, correlation_id: str) -> bytes | None:
        """Return a last event that says why there are no more, and the one that ends all.

        None in the middle of an event: what follows would be taken for a part of it.
        """
        if not self._tail.endswith(_BLANK_LINES):
            return None
        errors = msgspec.json.decode(call_refusal(error, correlation_id).body)["errors"]
        told = msgspec.json.encode({"errors": errors})
        return b"event: next\ndata: %b\n\nevent: complete\ndata:\n\n" % told
