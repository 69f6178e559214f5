"""The token endpoint (RFC 6749 sections 3.2 and 4.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal

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


class TokenAnswer(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An access token (RFC 6749 section 5.1)."""

    access_token: Annotated[str, msgspec.Meta(description="A signed JWT (RFC 9068).")]
    expires_in: Annotated[int, msgspec.Meta(description="Seconds until it ends by itself.")]
    token_type: Literal["Bearer"]
    scope: Annotated[
        str | msgspec.UnsetType,
        msgspec.Meta(description="The services it is for, where these are not what was asked."),
    ] = msgspec.UNSET

    def __repr__(self) -> str:
        """Leave the token out."""
        return f"TokenAnswer(expires_in={self.expires_in})"


class TokenEndpoint(OAuthEndpoint):
    """Answers `POST /oauth2/token`."""

    kind: ClassVar[str] = "token"

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
        request.has_issued = True
        answer = TokenAnswer(
            access_token=issued.token,
            expires_in=issued.expires_in_seconds,
            token_type="Bearer",  # noqa: S106 - a type
            scope=msgspec.UNSET if issued.scope is None else issued.scope,
        )
        headers = [*_SUCCESS_HEADERS, correlation_header(request.correlation_id)]
        return Response(200, headers, _encode(answer))


def _require_grant(parameters: dict[str, str]) -> None:
    grant = parameters.get("grant_type")
    if grant is None:
        raise InvalidRequest(public="Send grant_type=client_credentials.")
    if grant != "client_credentials":
        raise UnsupportedGrantType
