"""The body of a call on its way to an upstream, and what it says of the operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from watchword.access.errors import InvalidRequest, MalformedRequest, RequestRefusal
from watchword.web.forms import parse_form

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from watchword.web.http import Request

_READ_WHOLE: Final = 65_536
"""A body of at most so many bytes is read before it is passed on: it says what is asked for."""


class Upload:
    """A body that comes piece by piece.

    Args:
        pieces: As they come.

    Attributes:
        failure: What was wrong with it. Whoever sends it on tells that in words of its own.
    """

    def __init__(self, pieces: AsyncGenerator[bytes]) -> None:
        self.failure: RequestRefusal | None = None
        self._pieces = pieces

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        """Yield the pieces."""
        try:
            async for piece in self._pieces:
                yield piece
        except RequestRefusal as error:
            self.failure = error
            raise


async def read_upload(request: Request, limit: int) -> bytes | Upload | None:
    """Return what is passed on of a call's body: all of a short one, a long one as it comes.

    Args:
        request: The call; it is told which operation is asked for.
        limit: The most bytes that are passed on.

    Raises:
        RequestRefusal: If the body is too large, too slow, or framed in a way of its own.
    """
    if request.method != "POST":
        # GET and OPTIONS: no meaning is defined for their bodies (RFC 9110 sections 9.3.1, 9.3.7).
        request.operation = _find_in_url(request.query_string)
        return None
    if request.join_header(b"transfer-encoding") not in {"", "chunked"}:
        raise MalformedRequest(public="No transfer encoding but 'chunked' is read here.")
    length = request.content_length
    if request.has_body and (length is None or length > _READ_WHOLE):
        return Upload(request.read_pieces(limit))
    body = await request.read_body(limit)
    request.operation = _find_in_body(body)
    return body


class _Named(msgspec.Struct):
    """What is read of a GraphQL request; the rest of it is the upstream's."""

    operation_name: str | None = msgspec.field(default=None, name="operationName")


_decode: Final = msgspec.json.Decoder(_Named).decode


def _find_in_body(body: bytes) -> str:
    try:
        return _decode(body).operation_name or ""
    except (msgspec.DecodeError, RecursionError):
        return ""  # whether it can be read is for the upstream to say


def _find_in_url(query_string: bytes) -> str:
    try:
        return parse_form(query_string, may_break_lines=True).get("operationName", "")
    except InvalidRequest:
        return ""
