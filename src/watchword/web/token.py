"""The token endpoint (RFC 6749 sections 3.2 and 4.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from watchword.access.errors import InvalidRequest, UnsupportedGrantType
from watchword.access.issuing import TokenRequest
from watchword.web.http import Response
from watchword.web.oauth import OAuthEndpoint, OAuthForm, read_presented
from watchword.web.responses import JSON, NO_STORE, correlation_header

if TYPE_CHECKING:
    from watchword.access.issuing import TokenIssuer
    from watchword.web.http import Request

_SUCCESS_HEADERS: Final = [JSON, *NO_STORE]
_encode: Final = msgspec.json.Encoder().encode


class TokenEndpoint(OAuthEndpoint):
    """Answers `POST /oauth2/token`."""

    def __init__(self, issuer: TokenIssuer) -> None:
        self._issuer = issuer

    async def _answer(self, request: Request, form: OAuthForm) -> Response:
        _require_grant(form.parameters)
        issued = await self._issuer.issue(
            TokenRequest(
                read_presented(request, form, needs_key=True),
                scope=form.parameters.get("scope"),
                resource=form.parameters.get("resource"),
            )
        )
        members = {
            "access_token": issued.token,
            "expires_in": issued.expires_in_seconds,
            "token_type": "Bearer",
        }
        headers = [*_SUCCESS_HEADERS, correlation_header(request.correlation_id)]
        return Response(200, headers, _encode(members))


def _require_grant(parameters: dict[str, str]) -> None:
    grant = parameters.get("grant_type")
    if grant is None:
        raise InvalidRequest(public="Send grant_type=client_credentials.")
    if grant != "client_credentials":
        raise UnsupportedGrantType
