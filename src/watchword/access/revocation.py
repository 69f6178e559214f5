"""Ends a token at its holder's wish (RFC 7009)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from watchword.access.audit import AuditRecord, Event
from watchword.access.credentials import is_api_key, is_operator_token
from watchword.access.errors import TokenInvalid, UnauthorizedClient, UnsupportedTokenType
from watchword.access.ledger import Verdict
from watchword.access.model import LiveToken

if TYPE_CHECKING:
    from watchword.access.authenticating import Authenticated, ClientAuthenticator, Presented
    from watchword.access.reading import TokenReader
    from watchword.access.signing import Claims


@dataclass(frozen=True, slots=True)
class RevocationRequest:
    """Who asks, and which token is to end."""

    presented: Presented
    token: str = field(repr=False)


class TokenRevoker:
    """Revokes access tokens."""

    def __init__(self, authenticator: ClientAuthenticator, tokens: TokenReader) -> None:
        self._authenticator = authenticator
        self._tokens = tokens

    async def revoke(self, request: RevocationRequest) -> None:
        """End a token of the client's own, from the next request on.

        A token that is unknown, expired, superseded or revoked has ended already: that is
        no error (section 2.2).

        Raises:
            InvalidClient: If the client does not authenticate.
            SlowDown: If too much failed at this address.
            UnauthorizedClient: If the token is another's; it stays live.
            UnsupportedTokenType: If it is a secret of another kind of ours.
            StoreUnavailable: If nothing could be read or recorded.
        """
        claims = await self._find_claims(request.token)
        await self._authenticator.settle(
            request.presented, lambda proven: _revoke(request, proven, claims)
        )

    async def _find_claims(self, token: str) -> Claims | None:
        try:
            return await self._tokens.read(token)
        except TokenInvalid:
            return None


def _revoke(
    request: RevocationRequest, proven: Authenticated, claims: Claims | None
) -> Verdict[None]:
    if is_api_key(request.token) or is_operator_token(request.token):
        raise UnsupportedTokenType
    if claims is None:
        return Verdict()
    if claims.username != proven.client.username:
        raise UnauthorizedClient(reason="the token is another service user's")
    if claims.expires_at <= proven.now:
        return Verdict()
    live = proven.found.live
    if live is None or (live.generation, live.jti) != (claims.generation, claims.jti):
        return Verdict()
    record = AuditRecord(
        Event.TOKEN_REVOKED,
        proven.now,
        f"user:{proven.client.username}",
        request.presented.source,
        {
            "account": proven.client.account,
            "username": proven.client.username,
            "jti": live.jti,
            "generation": proven.found.next_generation,
        },
    )
    return Verdict(live=LiveToken(proven.found.next_generation, None, proven.now), audit=(record,))
