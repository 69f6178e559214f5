"""Which headers pass between a caller and an upstream, and which are ours alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from watchword.access.errors import UpstreamUnreachable
from watchword.web.standing_headers import IDENTITY_PREFIX, without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterable

    from watchword.web.http import Headers

# RFC 9110 section 7.6.1, and what Connection itself names.
_HOP_BY_HOP: Final = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_NOT_PASSED_ON: Final = _HOP_BY_HOP | {
    b"content-length",  # framed anew, as the transfer encoding is
    b"cookie",
    b"expect",
    b"forwarded",
    b"host",
    b"proxy",  # CGI makes it HTTP_PROXY, and programs send their own requests there
}
_FORWARDED: Final = b"x-forwarded-"
_NOT_PASSED_BACK: Final = _HOP_BY_HOP | {
    b"alt-svc",
    b"content-length",
    b"date",
    b"server",
    b"set-cookie",
    b"www-authenticate",
    b"x-correlation-id",
}
_OURS_BACK: Final = (IDENTITY_PREFIX, b"ratelimit")
_BROKEN_NAME: Final = re.compile(rb"[^!#$%&'*+.^_`|~0-9A-Za-z-]")
_BROKEN_VALUE: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


def to_upstream_headers(headers: Headers, own: Headers) -> list[tuple[str, str]]:
    """Return what is sent to an upstream.

    Args:
        headers: The caller's, names in lower case.
        own: What we say ourselves, whatever the caller said.
    """
    dropped = _named_by_connection(headers) | {name for name, _ in own}
    passed = [
        (name, value)
        for name, value in without_credentials(headers)
        if _is_passed_on(name) and name not in dropped
    ]
    # aiohttp writes UTF-8. A value that is none, which no client of note sends, is not kept as
    # it was.
    return [(name.decode(), value.decode(errors="replace")) for name, value in (*passed, *own)]


def to_caller_headers(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Return what is passed back of an upstream's headers.

    Raises:
        UpstreamUnreachable: If one of them cannot stand in an answer.
    """
    listed = [(name.lower(), value) for name, value in headers]
    named = _named_by_connection(listed)
    passed = [
        (name, value)
        for name, value in listed
        if name not in _NOT_PASSED_BACK and name not in named and not name.startswith(_OURS_BACK)
    ]
    for name, value in passed:
        # aiohttp's parser is lenient. What it lets through must not split our answer.
        if _BROKEN_NAME.search(name) or _BROKEN_VALUE.search(value):
            raise UpstreamUnreachable(reason="a header of the upstream is broken")
    if all(name != b"cache-control" for name, _ in passed):
        passed.append((b"cache-control", b"no-store"))
    return passed


def _is_passed_on(name: bytes) -> bool:
    # Programs behind WSGI and CGI cannot tell X_Forwarded_For from X-Forwarded-For.
    spelled = name.replace(b"_", b"-")
    return spelled not in _NOT_PASSED_ON and not spelled.startswith(_FORWARDED)


def _named_by_connection(headers: Headers) -> frozenset[bytes]:
    values = [value for name, value in headers if name == b"connection"]
    return frozenset(part.strip().lower() for value in values for part in value.split(b","))
