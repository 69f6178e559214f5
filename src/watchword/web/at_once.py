"""Answers at once, without a task, what waits for nothing: then that is half of its price.

Only what `/authorize` is asked: its code waits for the store alone, and mostly has no need to.
An answer that has to wait goes on as any other, from where it is.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from watchword.web.http import Response, to_line
from watchword.web.responses import phrase_of
from watchword.web.serving import own_headers
from watchword.web.starting import Done, start

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from watchword.web.http import Headers
    from watchword.web.observing import Observed

    Answering = Coroutine[Any, Any, Observed]

_STATUS_LINES: Final = {
    status.value: f"HTTP/1.1 {status.value} {phrase_of(status)}\r\n".encode()
    for status in HTTPStatus
}
_CLOSE: Final = b"connection: close\r\n"


def try_at_once(answering: Answering) -> Observed | Answering:
    """Run an answer up to where it waits.

    Returns:
        The answer; or what is left of it, to be awaited in a task.
    """
    started = start(answering)
    return started.value if isinstance(started, Done) else started


def to_bytes(observed: Observed, headers: Headers, *, is_last: bool) -> bytes:
    """Return an answer as it is sent over HTTP/1.1, and note its size.

    Args:
        observed: The answer.
        headers: Those of the server itself.
        is_last: Whether the connection is closed afterwards.

    Raises:
        ValueError: If a header would break the lines.
    """
    request, response = observed.request, observed.response
    if not isinstance(response, Response) or response.lasting is not None:
        raise TypeError("only what is whole is sent at once")
    pieces = [_STATUS_LINES[response.status]]
    for name, value in headers:
        pieces.append(to_line(name, value))
    if response.shared is not None:
        pieces.append(response.shared.lines)
    for name, value in own_headers(response, request, observed.error):
        pieces.append(to_line(name, value))
    if is_last:
        pieces.append(_CLOSE)
    body = b"" if request.method == "HEAD" else response.body
    pieces += (b"content-length: %d\r\n\r\n" % len(response.body), body)
    observed.size, observed.is_whole = len(body), True
    return b"".join(pieces)
