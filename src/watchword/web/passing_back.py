"""Makes our response of an upstream's answer: whole where it is short, else as it comes."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from watchword.access.errors import UpstreamUnreachable
from watchword.web.event_stream import EVENT_STREAM, EventStream
from watchword.web.http import Lasting, Response
from watchword.web.passed_headers import to_caller_headers
from watchword.web.responses import correlation_header

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from watchword.services.upstream import Answer
    from watchword.web.http import Headers, Request

_READ_WHOLE: Final = 65_536
"""An answer of at most so many bytes is read before it is passed back, which is quicker."""
_ENDLESS: Final = (EVENT_STREAM, "multipart/mixed")
"""What GraphQL subscriptions are sent as: they may pause, and go on for ever."""
# Our credentials, or those of a proxy between, are wrong there. A caller that read it would take
# its own token, which is good, for bad.
_WANTS_CREDENTIALS: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED)
_HIGHEST_STATUS: Final = 599


async def to_response(
    answer: Answer, request: Request, require: Callable[[], Awaitable[object]]
) -> Response:
    """Return what is sent to the caller.

    Args:
        answer: The upstream's. It is closed when it cannot be passed back.
        request: The call.
        require: Raises when the caller may not have the rest of it any more.

    Raises:
        UpstreamFailure: If it cannot be passed back.
    """
    try:
        _require_passable(answer.status)
        headers = [*to_caller_headers(answer.headers), correlation_header(request.correlation_id)]
        is_event_stream, is_endless = _find_kind(headers)
        if is_endless:
            events = EventStream(answer.pieces(is_endless=True))

            def end(error: Exception) -> bytes | None:
                return events.end(error, request.correlation_id) if is_event_stream else None

            return Response(answer.status, headers, lasting=Lasting(events.pass_on(), require, end))
        answer.require_size()
        if answer.length is not None:
            if answer.length <= _READ_WHOLE:
                return Response(answer.status, headers, await answer.read())
            headers.append((b"content-length", str(answer.length).encode()))
        lasting = Lasting(answer.pieces(), require, _break_off)
        return Response(answer.status, headers, lasting=lasting)
    except BaseException:
        answer.close()
        raise


def _require_passable(status: int) -> None:
    if status in _WANTS_CREDENTIALS:
        raise UpstreamUnreachable(reason=f"the upstream answered {status}: it wants credentials")
    # A redirect would make the caller drop its headers, and may name a host inside.
    is_redirect = HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST
    is_final = HTTPStatus.OK <= status <= _HIGHEST_STATUS
    if not is_final or (is_redirect and status != HTTPStatus.NOT_MODIFIED):
        raise UpstreamUnreachable(reason=f"the upstream answered {status}")


def _find_kind(headers: Headers) -> tuple[bool, bool]:
    """Tell whether it is an event stream that can be ended by us, and whether it is endless."""
    media_type, is_encoded = "", False
    for name, value in headers:
        if name == b"content-type":
            media_type = value.decode("latin-1").partition(";")[0].strip().lower()
        elif name == b"content-encoding":
            is_encoded = value.lower() != b"identity"
    return media_type == EVENT_STREAM and not is_encoded, media_type in _ENDLESS


def _break_off(_: Exception) -> None:
    """Have no last words: what comes is a document, and is whole or broken."""
