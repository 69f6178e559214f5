"""Trades a service user's credentials for its next access token (RFC 6749 section 4.4)."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from watchword.access.credentials import digest_api_key
from watchword.access.errors import InvalidClient, InvalidScope, InvalidTarget
from watchword.access.model import TOKEN_LIFETIME
from watchword.access.signing import Claims

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from watchword.access.credentials import PasswordHasher
    from watchword.access.model import Client, Generation, KeyId, ServiceName, Username
    from watchword.access.ports import ClientReads, Clock, Ledger, Randomness
    from watchword.access.signing import KeyRing

_SCOPE: Final = re.compile(r"[!#-\[\]-~]+(?: [!#-\[\]-~]+)*", re.ASCII)  # RFC 6749 section 3.3


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What a client asks and what it proves itself with."""

    username: str
    password: str = field(repr=False)
    api_key: str | None = field(repr=False)
    scope: str | None = None
    resource: str | None = None


@dataclass(frozen=True, slots=True)
class MintedToken:
    """A signed token and what the ledger records of it."""

    token: str = field(repr=False)
    jti: str
    generation: Generation
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token that is live, and the facts of its issue that a log may hold."""

    token: str = field(repr=False)
    username: Username
    key: KeyId
    jti: str
    generation: Generation
    expires_in_seconds: int


class TokenIssuer:
    """Issues access tokens.

    Args:
        resources: The URLs under which each service is called, for the `resource` parameter.
        issuer: The `iss` of every token.
    """

    def __init__(
        self,
        *,
        clients: ClientReads,
        ledger: Ledger,
        hasher: PasswordHasher,
        keys: KeyRing,
        clock: Clock,
        randomness: Randomness,
        issuer: str,
        resources: Mapping[str, ServiceName],
    ) -> None:
        self._clients = clients
        self._ledger = ledger
        self._hasher = hasher
        self._keys = keys
        self._clock = clock
        self._randomness = randomness
        self._issuer = issuer
        self._resources = resources

    async def issue(self, request: TokenRequest) -> IssuedToken:
        """Issue the service user's next token and end its previous one.

        When this returns, the new token is on the disk as the only live one. A refusal or
        a failure leaves the previous token live.

        Raises:
            InvalidClient: If user, password and key do not belong together.
            InvalidScope: If a scope is malformed, unknown or not the account's.
            InvalidTarget: If the resource is unknown or not the account's.
            StoreUnavailable: If nothing could be read or recorded.
        """
        client, key = await self._authenticate(request)
        services = self._resolve_services(client, request)
        audience = (*services, *((request.resource,) if request.resource else ()))
        minted = await self._ledger.issue(
            client.username,
            lambda generation: self._mint(client, generation, services, audience),
        )
        return IssuedToken(
            token=minted.token,
            username=client.username,
            key=key,
            jti=minted.jti,
            generation=minted.generation,
            expires_in_seconds=int(TOKEN_LIFETIME.total_seconds()),
        )

    async def _authenticate(self, request: TokenRequest) -> tuple[Client, KeyId]:
        # Everything is looked up and compared before anything is judged, so that all causes
        # cost nearly the same. The endpoint hides what is left of the difference.
        now = self._clock.now()
        digest = digest_api_key(request.api_key)
        client, key = await self._clients.find_client(request.username, digest, now)
        is_match = self._hasher.is_match(request.password, client.passwords if client else ())
        if client is None:
            raise InvalidClient(reason="the service user is unknown")
        if not is_match:
            raise InvalidClient(reason="the password is wrong")
        if client.is_disabled:
            raise InvalidClient(reason="the service user or its account is disabled")
        if key is None:
            raise InvalidClient(reason="the API key is missing or unknown")
        if not key.is_usable(client.account, now):
            raise InvalidClient(reason=f"API key {key.id} is disabled, expired or another's")
        return client, key.id

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
            service = self._resources.get(request.resource)
            if service is None or service not in granted:
                raise InvalidTarget(reason="the resource is not the account's")
            granted = (service,)
        return granted

    def _mint(
        self,
        client: Client,
        generation: Generation,
        services: tuple[str, ...],
        audience: tuple[str, ...],
    ) -> MintedToken:
        issued_at = self._clock.now()
        claims = Claims(
            issuer=self._issuer,
            username=client.username,
            audience=audience,
            jti=urlsafe_b64encode(self._randomness.token_bytes(16)).rstrip(b"=").decode(),
            issued_at=issued_at,
            expires_at=issued_at + TOKEN_LIFETIME,
            scope=" ".join(services),
            generation=generation,
        )
        return MintedToken(
            token=self._keys.sign(claims),
            jti=claims.jti,
            generation=generation,
            issued_at=issued_at,
            expires_at=claims.expires_at,
        )
