"""The introspection endpoint (RFC 7662)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from watchword.access.errors import InvalidRequest
from watchword.access.operators import PresentedToken
from watchword.web.oauth import OAuthEndpoint, OAuthForm, find_once, read_presented, read_token
from watchword.web.responses import NO_STORE, correlation_header, json_response

if TYPE_CHECKING:
    from watchword.access.introspection import TokenIntrospector
    from watchword.web.http import Request, Response


class IntrospectionEndpoint(OAuthEndpoint):
    """Answers `POST /oauth2/introspect` for service users, and for operator tokens."""

    kind: ClassVar[str] = "introspection"

    def __init__(self, introspector: TokenIntrospector) -> None:
        self._introspector = introspector

    async def _answer(self, request: Request, form: OAuthForm) -> Response:
        scheme, _, operator_token = (find_once(request, b"authorization") or "").partition(" ")
        if scheme.lower() == "bearer":
            if form.in_body.get("client_secret"):
                raise InvalidRequest(public="Use an operator token or client_secret, not both.")
            operator = PresentedToken(operator_token.strip(), request.source)
            members = await self._introspector.introspect_for_operator(operator, read_token(form))
        else:
            presented = read_presented(request, form, needs_key=False)
            members = await self._introspector.introspect_for_client(presented, read_token(form))
        return json_response(200, members, *NO_STORE, correlation_header(request.correlation_id))
