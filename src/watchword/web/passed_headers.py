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
    # By which some programs take another address, path or method than what was judged.
    b"cf-connecting-ip",
    b"fastly-client-ip",
    b"true-client-ip",
    b"x-client-ip",
    b"x-cluster-client-ip",
    b"x-host",
    b"x-http-method",
    b"x-http-method-override",
    b"x-method-override",
    b"x-original-host",
    b"x-original-method",
    b"x-original-uri",
    b"x-original-url",
    b"x-real-ip",
    b"x-rewrite-url",
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


_FOR_CACHES: Final = frozenset(
    {
        b"cache-control",
        b"cdn-cache-control",  # RFC 9213: it would count instead
        b"surrogate-control",
    }
)
# Whatever `private` is restricted to, the answer as a whole is.
_FOR_SHARED_CACHES: Final = re.compile(
    rb"(public|private|s-maxage|proxy-revalidate)\s*(=|$)", re.IGNORECASE
)
_DIRECTIVE: Final = re.compile(rb'(?:[^,"]|"(?:[^"\\]|\\.)*"?)+')


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


def only_preflight(headers: Headers) -> Headers:
    """Return what a browser asks with: nobody is known to have sent the rest."""
    return [
        (name, value)
        for name, value in headers
        if name == b"origin" or name.startswith(b"access-control-request-")
    ]


def to_caller_headers(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Return what is passed back of an upstream's headers.

    Raises:
        UpstreamUnreachable: If one of them cannot stand in an answer.
    """
    listed = [(name.lower(), value) for name, value in headers]
    named = _named_by_connection(listed)
    passed = [
        (name, value) for name, value in listed if _is_passed_back(name) and name not in named
    ]
    for name, value in passed:
        # aiohttp's parser is lenient. What it lets through must not split our answer.
        if _BROKEN_NAME.search(name) or _BROKEN_VALUE.search(value):
            raise UpstreamUnreachable(reason="a header of the upstream is broken")
    return [*(pair for pair in passed if pair[0] not in _FOR_CACHES), _cache_control(passed)]


def _cache_control(headers: Headers) -> tuple[bytes, bytes]:
    """Return what caches are told: an answer to one caller is never kept for another.

    `Authorization` is not enough to say so (RFC 9111 section 3.5), and the API key is no
    `Authorization`: a cache between would answer callers whom the guard never saw.
    """
    said = [value for name, value in headers if name == b"cache-control"]
    parts = [part.strip() for value in said for part in _DIRECTIVE.findall(value)]
    kept = [part for part in parts if not _FOR_SHARED_CACHES.match(part)]
    if not kept:
        return (b"cache-control", b"private" if parts else b"no-store")
    if any(part.lower() == b"no-store" for part in kept):
        return (b"cache-control", b", ".join(kept))
    return (b"cache-control", b", ".join([b"private", *kept]))


def _is_passed_on(name: bytes) -> bool:
    # Programs behind WSGI and CGI cannot tell X_Forwarded_For from X-Forwarded-For.
    spelled = name.replace(b"_", b"-")
    return spelled not in _NOT_PASSED_ON and not spelled.startswith(_FORWARDED)


def _is_passed_back(name: bytes) -> bool:
    spelled = name.replace(b"_", b"-")
    return spelled not in _NOT_PASSED_BACK and not spelled.startswith(_OURS_BACK)


def _named_by_connection(headers: Headers) -> frozenset[bytes]:
    values = [value for name, value in headers if name == b"connection"]
    return frozenset(part.strip().lower() for value in values for part in value.split(b","))
