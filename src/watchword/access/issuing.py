"""Trades a service user's credentials for its next access token (RFC 6749 section 4.4)."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from watchword.access.audit import AuditRecord, Event
from watchword.access.errors import InvalidScope, InvalidTarget
from watchword.access.ledger import Verdict
from watchword.access.model import TOKEN_LIFETIME, LiveToken
from watchword.access.signing import Claims

if TYPE_CHECKING:
    from collections.abc import Callable

    from watchword.access.authenticating import Authenticated, ClientAuthenticator, Presented
    from watchword.access.keyring import KeyKeeper
    from watchword.access.model import Client, Generation
    from watchword.access.ports import Clock, Randomness

_SCOPE: Final = re.compile(r"[!#-\[\]-~]+(?: [!#-\[\]-~]+)*", re.ASCII)  # RFC 6749 section 3.3


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What a client asks, and what it proves itself with."""

    presented: Presented
    scope: str | None = None
    resource: str | None = None


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token that is live.

    Attributes:
        scope: What it is for, where that is not what was asked (RFC 6749 section 5.1).
    """

    token: str = field(repr=False)
    expires_in_seconds: int
    scope: str | None = None


class TokenIssuer:
    """Issues access tokens.

    Args:
        find_service: Names the service that a URL calls, for the `resource` parameter.
        issuer: The `iss` of every token.
    """

    def __init__(
        self,
        *,
        authenticator: ClientAuthenticator,
        keys: KeyKeeper,
        clock: Clock,
        randomness: Randomness,
        issuer: str,
        find_service: Callable[[str], str | None],
    ) -> None:
        self._authenticator = authenticator
        self._keys = keys
        self._clock = clock
        self._randomness = randomness
        self._issuer = issuer
        self._find_service = find_service

    async def issue(self, request: TokenRequest) -> IssuedToken:
        """Issue the service user's next token and end its previous one.

        When this returns, the new token is on the disk as the only live one. A refusal or
        a failure leaves the previous token live.

        Raises:
            InvalidClient: If user, password and key do not belong together.
            SlowDown: If too much failed at this address.
            InvalidScope: If a scope is malformed, unknown or not the account's.
            InvalidTarget: If the resource is unknown or not the account's.
            StoreUnavailable: If nothing could be read or recorded.
        """
        await self._keys.current()
        return await self._authenticator.settle(
            request.presented, lambda proven: self._issue(request, proven)
        )

    def _issue(self, request: TokenRequest, proven: Authenticated) -> Verdict[IssuedToken]:
        client, found = proven.client, proven.found
        services = self._resolve_services(client, request)
        claims = self._claim(client, found.next_generation, services, request.resource)
        # Signed before it is recorded: if signing fails, the previous token stays live.
        token = self._keys.ring.sign(claims)
        live = LiveToken(
            claims.generation, claims.jti, claims.issued_at, expires_at=claims.expires_at
        )
        scope = claims.scope if request.scope and request.scope != claims.scope else None
        return Verdict(
            IssuedToken(token, int(TOKEN_LIFETIME.total_seconds()), scope),
            live=live,
            audit=_tell(request.presented, proven, live),
        )

    def _resolve_services(self, client: Client, request: TokenRequest) -> tuple[str, ...]:
        granted: tuple[str, ...] = client.services
        if request.scope:
            if not _SCOPE.fullmatch(request.scope):
                raise InvalidScope(reason="the scope is malformed")
            asked = tuple(dict.fromkeys(request.scope.split(" ")))
            if not set(asked) <= set(granted):
                raise InvalidScope(reason="a scope is not the account's")
            granted = asked
        if request.resource:
            service = self._find_service(request.resource)
            if service is None or service not in granted:
                raise InvalidTarget(reason="the resource is not the account's")
            granted = (service,)
        return granted

    def _claim(
        self,
        client: Client,
        generation: Generation,
        services: tuple[str, ...],
        resource: str | None,
    ) -> Claims:
        issued_at = self._clock.now()
        return Claims(
            issuer=self._issuer,
            username=client.username,
            audience=(*services, *((resource,) if resource else ())),
            jti=urlsafe_b64encode(self._randomness.token_bytes(16)).rstrip(b"=").decode(),
            issued_at=issued_at,
            expires_at=issued_at + TOKEN_LIFETIME,
            scope=" ".join(services),
            generation=generation,
        )


def _tell(presented: Presented, proven: Authenticated, live: LiveToken) -> tuple[AuditRecord, ...]:
    client, ended_jti = proven.client, proven.found.find_live_jti(proven.now)
    actor = f"user:{client.username}"
    facts: dict[str, str | int | None] = {
        "account": client.account,
        "username": client.username,
        "key_id": None if proven.key is None else proven.key.id,
        "jti": live.jti,
        "generation": live.generation,
    }
    issued = AuditRecord(Event.TOKEN_ISSUED, live.changed_at, actor, presented.source, facts)
    if ended_jti is None:
        return (issued,)
    ended = {**facts, "jti": ended_jti, "generation": live.generation - 1, "by": live.jti}
    return issued, AuditRecord(
        Event.TOKEN_SUPERSEDED, live.changed_at, actor, presented.source, ended
    )
