"""The revocation endpoint (RFC 7009)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from watchword.access.revocation import RevocationRequest
from watchword.web.oauth import OAuthEndpoint, OAuthForm, read_presented, read_token
from watchword.web.responses import NO_STORE, correlation_header, json_response

if TYPE_CHECKING:
    from watchword.access.revocation import TokenRevoker
    from watchword.web.http import Request, Response


class RevocationEndpoint(OAuthEndpoint):
    """Answers `POST /oauth2/revoke`. A hint at the token's type is not needed, and ignored."""

    kind: ClassVar[str] = "revocation"

    def __init__(self, revoker: TokenRevoker) -> None:
        self._revoker = revoker

    async def _answer(self, request: Request, form: OAuthForm) -> Response:
        presented = read_presented(request, form, needs_key=False)
        await self._revoker.revoke(RevocationRequest(presented, read_token(form)))
        # Clients ignore the body (section 2.2), but some read no other answer than JSON.
        return json_response(200, {}, *NO_STORE, correlation_header(request.correlation_id))
