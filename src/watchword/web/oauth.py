"""What the OAuth endpoints share: how a request is read, and how a refusal is told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from watchword.access.authenticating import Presented
from watchword.access.errors import (
    InvalidClient,
    InvalidRequest,
    MalformedRequest,
    SlowDown,
)
from watchword.web.client_auth import read_client_credentials
from watchword.web.forms import merge, parse_form
from watchword.web.responses import oauth_refusal

if TYPE_CHECKING:
    from watchword.web.http import Request, Response

_FORM: Final = "application/x-www-form-urlencoded"
_BODY_LIMIT: Final = 16_384
_REFUSAL_TICK_SECONDS: Final = 0.01
# Imported passwords are as dear to compare as where they came from.
_COMPARED_TICK_SECONDS: Final = 1.0
# RFC 6749 section 2.3.1: credentials MUST NOT be in the URL, where logs keep them.
_NEVER_IN_URL: Final = frozenset(
    {"client_secret", "password", "x-api-key", "api_key", "apikey", "access_token", "token"}
)


@dataclass(frozen=True, slots=True)
class OAuthForm:
    """The parameters of a request, and where they stood."""

    parameters: dict[str, str]
    in_body: dict[str, str]


class OAuthEndpoint:
    """Answers POST with a form. What is particular to an endpoint is in `_answer`."""

    kind: ClassVar[str]

    async def answer(self, request: Request) -> Response:
        """Answer a request, or raise what stands in the way.

        A failed authentication, and one too many, is told at the next full tick after the
        request began: what was looked up for it, and how long that took, cannot be told
        from outside.
        """
        started = asyncio.get_running_loop().time()
        try:
            request.require_method("POST")
            return await self._answer(request, await read_form(request))
        except (InvalidClient, SlowDown) as refusal:
            was_compared = isinstance(refusal, InvalidClient) and refusal.was_compared
            tick = _COMPARED_TICK_SECONDS if was_compared else _REFUSAL_TICK_SECONDS
            elapsed = asyncio.get_running_loop().time() - started
            await asyncio.sleep(tick - elapsed % tick)
            raise

    def refuse(self, error: Exception, request: Request) -> Response:
        """Word a refusal as OAuth JSON; clients would take anything else for a token."""
        return oauth_refusal(error, request.correlation_id)

    async def _answer(self, request: Request, form: OAuthForm) -> Response:
        raise NotImplementedError


async def read_form(request: Request) -> OAuthForm:
    """Read the parameters of URL and body.

    Raises:
        InvalidRequest: If they cannot be read, contradict one another, or a secret stands
            in the URL.
        ContentTooLarge: If the body is.
    """
    in_url = _parse_url(request)
    in_body = await _parse_body(request)
    return OAuthForm(merge(in_url, in_body), in_body)


def read_presented(request: Request, form: OAuthForm, *, needs_key: bool) -> Presented:
    """Read what the client proves itself with.

    Raises:
        InvalidRequest: If it is malformed, or said twice.
        InvalidClient: If there is nothing.
    """
    credentials = read_client_credentials(find_once(request, b"authorization"), form.in_body)
    return Presented(
        credentials.username,
        credentials.password,
        find_once(request, b"x-api-key"),
        needs_key,
        request.source,
    )


def read_token(form: OAuthForm) -> str:
    """Read the token that is asked about (RFC 7009 and 7662, section 2.1 of both).

    Raises:
        InvalidRequest: If there is none.
    """
    token = form.in_body.get("token")
    if not token:
        raise InvalidRequest(public="Send the token as the parameter 'token' of a form.")
    return token


def find_once(request: Request, name: bytes) -> str | None:
    """Return a header's value. Raises InvalidRequest when it was sent twice."""
    try:
        return request.find_header(name)
    except MalformedRequest as error:
        raise InvalidRequest(public=error.public) from error


def _parse_url(request: Request) -> dict[str, str]:
    if not request.query_string:
        return {}
    parameters = parse_form(request.query_string)
    if not _NEVER_IN_URL.isdisjoint(name.lower() for name in parameters):
        raise InvalidRequest(
            public="A secret stands in the URL. Send it as a header, and rotate it: URLs are kept."
        )
    return parameters


async def _parse_body(request: Request) -> dict[str, str]:
    body = await request.read_body(_BODY_LIMIT)
    if not body:
        return {}  # curl's published call sends a form's Content-Type and no form
    content_type = (find_once(request, b"content-type") or "").partition(";")[0]
    if content_type.strip().lower() != _FORM:
        raise InvalidRequest(public=f"Send the parameters as {_FORM}, or in the URL.")
    return parse_form(body)
