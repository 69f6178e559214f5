"""The token endpoint (RFC 6749 sections 3.2 and 4.4)."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

import msgspec

from watchword.access.errors import (
    InvalidClient,
    InvalidRequest,
    MalformedRequest,
    UnsupportedGrantType,
)
from watchword.access.issuing import TokenRequest
from watchword.web.client_auth import read_client_credentials
from watchword.web.forms import merge, parse_form
from watchword.web.http import Response
from watchword.web.responses import JSON, NO_STORE, correlation_header, oauth_refusal

if TYPE_CHECKING:
    from watchword.access.issuing import IssuedToken, TokenIssuer
    from watchword.web.http import Request

TOKEN_PATH: Final = "/oauth2/token"  # noqa: S105 - a path
_FORM: Final = "application/x-www-form-urlencoded"
_BODY_LIMIT: Final = 16_384
_REFUSAL_TICK_SECONDS: Final = 0.01
# RFC 6749 section 2.3.1: credentials MUST NOT be in the URL, where logs keep them.
_NEVER_IN_URL: Final = frozenset(
    {"client_secret", "password", "x-api-key", "api_key", "apikey", "access_token"}
)
_SUCCESS_HEADERS: Final = [JSON, *NO_STORE]

_log: Final = logging.getLogger("watchword.oauth")


class TokenEndpoint:
    """Answers `POST /oauth2/token`."""

    def __init__(self, issuer: TokenIssuer) -> None:
        self._issuer = issuer

    async def answer(self, request: Request) -> Response:
        """Issue a token, or raise what stands in the way.

        A failed authentication is told at the next full tick after the request began: what
        was looked up for it, and how long that took, cannot be told from outside.
        """
        started = asyncio.get_running_loop().time()
        try:
            return await self._issue(request)
        except InvalidClient:
            elapsed = asyncio.get_running_loop().time() - started
            await asyncio.sleep(_REFUSAL_TICK_SECONDS - elapsed % _REFUSAL_TICK_SECONDS)
            raise

    async def _issue(self, request: Request) -> Response:
        request.require_method("POST")
        in_url = _parse_url(request)
        in_body = await _parse_body(request)
        parameters = merge(in_url, in_body)
        _require_grant(parameters)
        credentials = read_client_credentials(_find_once(request, b"authorization"), in_body)
        issued = await self._issuer.issue(
            TokenRequest(
                username=credentials.username,
                password=credentials.password,
                api_key=_find_once(request, b"x-api-key"),
                scope=parameters.get("scope"),
                resource=parameters.get("resource"),
            )
        )
        _log_issue(issued, request)
        return _to_response(issued, request)

    def refuse(self, error: Exception, request: Request) -> Response:
        """Word a refusal as OAuth JSON; clients would take anything else for a token."""
        return oauth_refusal(error, request.correlation_id)


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
    content_type = (_find_once(request, b"content-type") or "").partition(";")[0]
    if content_type.strip().lower() != _FORM:
        raise InvalidRequest(public=f"Send the parameters as {_FORM}, or in the URL.")
    return parse_form(body)


def _require_grant(parameters: dict[str, str]) -> None:
    grant = parameters.get("grant_type")
    if grant is None:
        raise InvalidRequest(public="Send grant_type=client_credentials.")
    if grant != "client_credentials":
        raise UnsupportedGrantType


def _find_once(request: Request, name: bytes) -> str | None:
    try:
        return request.find_header(name)
    except MalformedRequest as error:
        raise InvalidRequest(public=error.public) from error


def _to_response(issued: IssuedToken, request: Request) -> Response:
    members = {
        "access_token": issued.token,
        "expires_in": issued.expires_in_seconds,
        "token_type": "Bearer",
    }
    headers = [*_SUCCESS_HEADERS, correlation_header(request.correlation_id)]
    return Response(200, headers, msgspec.json.encode(members))


def _log_issue(issued: IssuedToken, request: Request) -> None:
    _log.info(
        "token issued",
        extra={
            "username": issued.username,
            "key_id": issued.key,
            "jti": issued.jti,
            "generation": issued.generation,
            "correlation_id": request.correlation_id,
        },
    )
