"""Reads the caller's token and key from a call to a service (RFC 6750). Judges nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote_to_bytes

from watchword.access.errors import MalformedRequest, TokenInvalid

if TYPE_CHECKING:
    from watchword.web.http import Request

_SECRET_IN_URL: Final = re.compile(rb"(?:^|&)(?:access_token|x-api-key)=", re.IGNORECASE)


class CallerCredentials(NamedTuple):
    """A token and an API key as presented; None where none was."""

    token: str | None
    api_key: str | None

    def __repr__(self) -> str:
        """Leave both out."""
        return "CallerCredentials()"


def read_bearer(request: Request) -> str | None:
    """Return the token of a Bearer header, None when there is none.

    Raises:
        MalformedRequest: If the header was sent twice.
    """
    authorization = request.find_header(b"authorization") or ""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def read_caller_credentials(
    request: Request, query_string: bytes, *, accept_bare_token: bool
) -> CallerCredentials:
    """Read what a call presents.

    Args:
        request: The call.
        query_string: The query of its URL, which may not be the request's own: a proxy asks.
        accept_bare_token: Take a token without the word `Bearer`, as one published
            example sends it.

    Raises:
        MalformedRequest: If a secret is in the URL, or a header was sent twice.
        TokenInvalid: If a bare token came and is not accepted.
    """
    if query_string and _SECRET_IN_URL.search(unquote_to_bytes(query_string)):
        raise MalformedRequest(
            public="A secret stands in the URL. Send token and key as headers; URLs are kept."
        )
    authorization = request.find_header(b"authorization")
    api_key = request.find_header(b"x-api-key")
    if not authorization:
        return CallerCredentials(None, api_key)
    scheme, space, token = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return CallerCredentials(token.strip() or None, api_key)
    if not space:
        if accept_bare_token:
            return CallerCredentials(scheme, api_key)
        raise TokenInvalid(public="Send the token as 'Authorization: Bearer <token>'.")
    return CallerCredentials(None, api_key)
