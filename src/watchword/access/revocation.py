"""Ends a token without issuing another: at its holder's wish (RFC 7009), or an operator's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from watchword.access.audit import By, Event
from watchword.access.credentials import is_api_key, is_operator_token
from watchword.access.errors import TokenInvalid, UnauthorizedClient, UnsupportedTokenType
from watchword.access.ledger import Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from watchword.access.authenticating import Authenticated, ClientAuthenticator, Presented
    from watchword.access.ledger import Found
    from watchword.access.model import Client, Generation, ServiceUser
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


def end_token(
    found: Found, user: Client | ServiceUser, now: datetime, by: By
) -> Verdict[Generation]:
    """Let a service user's generation rise, so that no token is live; answer with the new one.

    It rises even when no token was live: after a restore, the ledger may know less than there
    is. The record then names no token that ended.
    """
    live = found.revoked(now)
    record = by.record(
        Event.TOKEN_REVOKED,
        now,
        account=user.account,
        username=user.username,
        jti=found.find_live_jti(now),
        generation=live.generation,
    )
    return Verdict(live.generation, live=live, audit=(record,))


def _revoke(
    request: RevocationRequest, proven: Authenticated, claims: Claims | None
) -> Verdict[Generation]:
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
    by = By(f"user:{proven.client.username}", request.presented.source)
    return end_token(proven.found, proven.client, proven.now, by)
