"""Decides whether a call may pass. The order of the checks stands here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from watchword.access.credentials import digest_api_key
from watchword.access.errors import (
    AccountDisabled,
    ApiKeyInvalid,
    ApiKeyMissing,
    ServiceNotAllowed,
    TokenExpired,
    TokenInvalid,
    TokenMissing,
)
from watchword.access.ledger import require_live
from watchword.access.metering import BucketName
from watchword.access.ports import Issuers, StandingReads

if TYPE_CHECKING:
    from watchword.access.meter import Meter
    from watchword.access.metering import Allowance
    from watchword.access.model import AccountId, KeyStanding, Limit, ServiceName, Standing
    from watchword.access.ports import Clock
    from watchword.access.reading import TokenReader
    from watchword.access.signing import Claims


class GuardStore(StandingReads, Issuers, Protocol):
    """What the guard asks of the store."""


@dataclass(frozen=True, slots=True)
class Admission:
    """A call that may pass, for whom, and where the caller stands afterwards."""

    claims: Claims
    standing: Standing
    key: KeyStanding
    service: ServiceName
    allowance: Allowance

    @property
    def account(self) -> AccountId:
        """The customer."""
        return self.standing.account


class Guard:
    """Admits or refuses calls to services: token, key, entitlement, then rate and quota.

    Args:
        tokens: Reads tokens.
        store: Knows where callers stand.
        meter: Counts what is admitted.
        clock: Tells the time.
    """

    def __init__(
        self, tokens: TokenReader, store: GuardStore, meter: Meter, *, clock: Clock
    ) -> None:
        self._tokens = tokens
        self._store = store
        self._meter = meter
        self._clock = clock
        self._issuers: frozenset[str] = frozenset()

    async def admit(
        self, token: str | None, api_key: str | None, service: ServiceName
    ) -> Admission:
        """Admit a call to a service, and count it. Nothing else is counted.

        The live-token row, the key and the account are judged anew on every call, as of the
        last commit of anybody: what an issue, a revocation or a command has changed holds
        from here on.

        Raises:
            CallRefusal: If the call may not pass; the first check that fails names it.
            StoreUnavailable: If nobody can say.
        """
        claims, standing, key, limit = await self._judge(token, api_key, service)
        bucket = BucketName(standing.account, key.plan, service)
        allowance = await self._meter.take(bucket, limit)
        return Admission(claims, standing, key, service, allowance)

    async def require_lasting(
        self, token: str | None, api_key: str | None, service: ServiceName
    ) -> None:
        """Pass while a call that was admitted, and lasts, may go on. Counts nothing.

        Raises:
            CallRefusal: If it would not be admitted any more, its plan aside.
            StoreUnavailable: If nobody can say.
        """
        await self._judge(token, api_key, service)

    async def _judge(
        self, token: str | None, api_key: str | None, service: ServiceName
    ) -> tuple[Claims, Standing, KeyStanding, Limit]:
        claims, standing = await self.require_live(token, api_key)
        key = standing.key
        if not api_key:
            raise ApiKeyMissing
        if key is None or not key.is_usable(standing.account, self._clock.now()):
            raise ApiKeyInvalid(reason=_why_key_refused(key, standing))
        return claims, standing, key, _require_entitlement(claims, standing, service)

    async def require_live(self, token: str | None, api_key: str | None) -> tuple[Claims, Standing]:
        """Return what a live token says, and where its holder and the key stand now.

        Raises:
            CallRefusal: If the token is not live; the first check that fails names it.
            StoreUnavailable: If nobody can say.
        """
        if not token:
            raise TokenMissing
        claims = await self._tokens.read(token)
        if claims.issuer not in self._issuers:
            await self._learn_issuer(claims.issuer)
        if self._clock.now() >= claims.expires_at:
            raise TokenExpired
        standing = await self._store.find_standing(claims.username, digest_api_key(api_key))
        if standing is None:
            raise TokenInvalid(reason="a genuine token of an unknown service user")
        require_live(claims.generation, claims.jti, standing.live)
        if standing.is_disabled:
            raise AccountDisabled
        return claims, standing

    async def _learn_issuer(self, issuer: str) -> None:
        # Another server of the deployment, or an earlier one under another URL, may have
        # issued it. Only who holds a token that we signed can make us look.
        self._issuers = frozenset(await self._store.list_issuers())
        if issuer not in self._issuers:
            raise TokenInvalid(reason="a token of ours under a name that is not")


def _require_entitlement(claims: Claims, standing: Standing, service: ServiceName) -> Limit:
    if service not in standing.services:
        raise ServiceNotAllowed(reason="the account is not entitled to the service")
    if service not in claims.audience:
        raise ServiceNotAllowed(reason="the token is not for the service")
    limit = standing.limits.get(service)
    if limit is None:
        raise ServiceNotAllowed(
            public="The usage plan of the API key grants nothing at this service."
        )
    return limit


def _why_key_refused(key: KeyStanding | None, standing: Standing) -> str:
    if key is None:
        return "the API key is unknown"
    if key.account != standing.account:
        return f"API key {key.id} is another account's"
    return f"API key {key.id} is disabled or has expired"
