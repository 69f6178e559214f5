"""Tells who a token is for, to those who may ask (RFC 7662).

Starts at "not active" and returns that on every doubt, with nothing beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from watchword.access.errors import CallRefusal

if TYPE_CHECKING:
    from watchword.access.authenticating import ClientAuthenticator, Presented
    from watchword.access.guard import Guard
    from watchword.access.model import AccountId
    from watchword.access.operators import OperatorGate, PresentedToken

Members = dict[str, object]


class TokenIntrospector:
    """Answers service users about tokens of their account, and operators about all."""

    def __init__(
        self, authenticator: ClientAuthenticator, operators: OperatorGate, guard: Guard
    ) -> None:
        self._authenticator = authenticator
        self._operators = operators
        self._guard = guard

    async def introspect_for_client(self, presented: Presented, token: str) -> Members:
        """Describe a token of the client's own account.

        Raises:
            InvalidClient: If the client does not authenticate.
            SlowDown: If too much failed at this address.
            StoreUnavailable: If nobody can say.
        """
        proven = await self._authenticator.authenticate(presented)
        return await self._describe(token, proven.client.account)

    async def introspect_for_operator(self, presented: PresentedToken, token: str) -> Members:
        """Describe any token, for who holds an operator token.

        Raises:
            OperatorRefused: If the operator token opens nothing here.
            StoreUnavailable: If nobody can say.
        """
        await self._operators.require_introspection(presented)
        return await self._describe(token, None)

    async def _describe(self, token: str, account: AccountId | None) -> Members:
        try:
            claims, standing = await self._guard.require_live(token, None)
        except CallRefusal:
            return {"active": False}
        if account not in {None, standing.account}:
            return {"active": False}
        granted = [name for name in claims.scope.split(" ") if name in standing.services]
        return {
            "active": True,
            "token_type": "Bearer",
            "client_id": claims.username,
            "username": claims.username,
            "sub": claims.username,
            "iss": claims.issuer,
            "aud": list(claims.audience),
            "scope": " ".join(granted),
            "jti": claims.jti,
            "iat": int(claims.issued_at.timestamp()),
            "exp": int(claims.expires_at.timestamp()),
        }
