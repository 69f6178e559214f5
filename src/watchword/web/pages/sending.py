"""Sends what anybody may read: kept by browsers, and sent again only when it has changed."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from watchword.web.http import Response
from watchword.web.pages.rendering import PRIVATE, SAFE
from watchword.web.responses import correlation_header

if TYPE_CHECKING:
    from watchword.web.http import Headers
    from watchword.web.pages.visit import Visit

HTML: Final = b"text/html; charset=utf-8"
MARKDOWN: Final = b"text/markdown; charset=utf-8"
TEXT: Final = b"text/plain; charset=utf-8"
_ASK_AGAIN: Final = (b"cache-control", b"no-cache")
_BY_READER: Final = (b"vary", b"cookie")


def send(visit: Visit, kind: bytes, body: bytes, *headers: tuple[bytes, bytes]) -> Response:
    """Return a page. Who has signed in reads more of it, which nobody keeps."""
    if visit.visitor.session is not None:
        return Response(HTTPStatus.OK, [*_headers(visit, kind), *headers, PRIVATE], body)
    return send_to_all(visit, kind, body, _BY_READER, *headers)


def send_to_all(visit: Visit, kind: bytes, body: bytes, *headers: tuple[bytes, bytes]) -> Response:
    """Return what is the same for everybody."""
    own = [*_headers(visit, kind), *headers]
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    own += [_ASK_AGAIN, (b"etag", tag.encode())]
    # A proxy that compresses marks the tag as weak.
    asked = visit.request.join_header(b"if-none-match").replace("W/", "")
    if tag in [part.strip() for part in asked.split(",")]:
        return Response(HTTPStatus.NOT_MODIFIED, own)
    return Response(HTTPStatus.OK, own, body)


def _headers(visit: Visit, kind: bytes) -> Headers:
    return [(b"content-type", kind), *SAFE, correlation_header(visit.request.correlation_id)]
