"""Decides whether a call may pass. The order of the checks stands here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

from watchword.access.credentials import NO_KEY, digest_api_key
from watchword.access.errors import (
    About,
    AccountDisabled,
    ApiKeyInvalid,
    ApiKeyMissing,
    CallRefusal,
    PlanGrantsNothing,
    ServiceNotAllowed,
    SessionEnded,
    TokenExpired,
    TokenInvalid,
    TokenMissing,
)
from watchword.access.ledger import require_live
from watchword.access.metering import BucketName, look
from watchword.access.model import Username
from watchword.access.ports import BucketReads, Issuers, ServiceReads, StandingReads

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from watchword.access.meter import Meter
    from watchword.access.metering import Allowance
    from watchword.access.model import AccountId, KeyId, KeyStanding, Limit, ServiceName, Standing
    from watchword.access.ports import Clock
    from watchword.access.reading import TokenReader
    from watchword.access.sessions import Session
    from watchword.access.signing import Claims


class GuardStore(StandingReads, ServiceReads, BucketReads, Issuers, Protocol):
    """What the guard asks of the store."""


@dataclass(frozen=True, slots=True, eq=False)
class Caller:
    """Whom a token and a key stand for at a service, as the guard has judged it.

    Attributes:
        token_id: The `jti` of the token; of a browser, which session it is.
        scope: What the token opens; empty for a session.
        bucket: What its requests are counted in.
        limit: What its plan grants.
        judged_at: From then on this holds,
        holds_until: and until then, as long as nothing is committed.
    """

    token_id: str
    scope: str
    standing: Standing
    key: KeyStanding
    service: ServiceName
    bucket: BucketName
    limit: Limit
    judged_at: datetime
    holds_until: datetime

    @property
    def account(self) -> AccountId:
        """The customer."""
        return self.standing.account

    @property
    def username(self) -> Username:
        """The service user."""
        return self.standing.username

    @property
    def key_id(self) -> KeyId:
        """The API key."""
        return self.key.id


class Admission(NamedTuple):
    """A call that may pass, for whom, and where the caller stands afterwards."""

    caller: Caller
    allowance: Allowance


class Guard:
    """Admits or refuses calls to services: token, key, entitlement, then rate and quota.

    Args:
        tokens: Reads tokens.
        store: Knows where callers stand.
        meter: Counts what is admitted.
        clock: Tells the time.
        remembered: How many callers are kept in memory.
    """

    def __init__(
        self,
        tokens: TokenReader,
        store: GuardStore,
        meter: Meter,
        *,
        clock: Clock,
        remembered: int,
    ) -> None:
        self._tokens = tokens
        self._store = store
        self._meter = meter
        self._clock = clock
        self._bound = remembered
        self._issuers: frozenset[str] = frozenset()
        self._version: int | None = None
        self._callers: dict[tuple[str | None, str | None, str], Caller] = {}

    async def admit(
        self, token: str | None, api_key: str | None, service: ServiceName
    ) -> Admission:
        """Admit a call to a service, and count it. Nothing else is counted.

        What an issue, a revocation or a command has changed, in any process, holds from here on.

        Raises:
            CallRefusal: If the call may not pass; the first check that fails names it.
            StoreUnavailable: If nobody can say.
        """
        return await self._count(await self.identify(token, api_key, service))

    async def admit_signed_in(self, session: Session, service: ServiceName) -> Admission:
        """Admit what a signed-in browser asks of a service, and count it as any other call.

        A session stands in for the token: no token is issued, and none is ended. What is counted
        is the newest key's whose plan grants the service. Explorers may ask for the schema.

        Args:
            session: A service user's, that holds.
            service: What is called.

        Raises:
            CallRefusal: If it may not call the service.
            StoreUnavailable: If nobody can say.
        """
        return await self._count(await self.identify_signed_in(session, service))

    async def identify_signed_in(self, session: Session, service: ServiceName) -> Caller:
        """Tell who asks, as `admit_signed_in` does, but for the plan. Counts nothing."""
        now = self._clock.now()
        username = Username(session.name)
        key = await self._store.find_newest_key(username, service, now)
        standing = await self._store.find_standing(username, key or NO_KEY)
        if standing is None:
            raise SessionEnded(reason="the session of an unknown service user")
        standing = replace(standing, documents=replace(standing.documents, introspection=True))
        try:
            self._require_enabled(standing)
            key_standing = self._require_key(standing, is_presented=key is not None)
            limit = await self._require_entitlement(None, standing, service)
        except CallRefusal as refusal:
            refusal.about = _tell_of(standing, service)
            raise
        return Caller(
            token_id=f"session:{session.id}",
            scope="",
            standing=standing,
            key=key_standing,
            service=service,
            bucket=BucketName(standing.account, key_standing.plan, service),
            limit=limit,
            judged_at=now,
            holds_until=now,
        )

    async def look(self, caller: Caller) -> Allowance:
        """Tell what is left of a caller's plan, as far as workers have recorded it.

        Raises:
            StoreUnavailable: If there is no answer.
        """
        kept = await self._store.find_bucket(caller.bucket)
        return look(kept, caller.limit, self._clock.now())

    async def _count(self, caller: Caller) -> Admission:
        try:
            return Admission(caller, await self._meter.take(caller.bucket, caller.limit))
        except CallRefusal as refusal:
            refusal.about = _tell_of(caller.standing, caller.service)
            raise

    async def identify(
        self, token: str | None, api_key: str | None, service: ServiceName
    ) -> Caller:
        """Tell who calls, as `admit` does, but for the plan. Counts nothing.

        A caller that was judged before is not judged again while nobody has committed anything
        since: that is asked of the store each time. The version is asked for before anything is
        read, so that what is remembered is newer than its version, if anything, and never older.

        Raises:
            CallRefusal: If it may not call the service.
            StoreUnavailable: If nobody can say.
        """
        version = self._store.find_version()
        if version != self._version or len(self._callers) >= self._bound:
            self._callers.clear()
            self._version = version
        asked = (token, api_key, service)
        caller = self._callers.get(asked)
        if caller is not None and caller.judged_at <= self._clock.now() < caller.holds_until:
            return caller
        caller = await self._judge(token, api_key, service)
        # Others may have gone on meanwhile, and found a newer version.
        if version is not None and version == self._version:
            self._callers[asked] = caller
        return caller

    async def _judge(self, token: str | None, api_key: str | None, service: ServiceName) -> Caller:
        now = self._clock.now()
        # A token that we did not sign may say anybody's name: nothing is told of that.
        claims = await self._read(token)
        standing: Standing | None = None
        try:
            standing = await self._find_standing(claims, api_key)
            self._require_live(claims, standing)
            key = self._require_key(standing, is_presented=bool(api_key))
            limit = await self._require_entitlement(claims.audience, standing, service)
        except CallRefusal as refusal:
            refusal.about = (
                About(service, claims.username) if standing is None else _tell_of(standing, service)
            )
            raise
        return Caller(
            token_id=claims.jti,
            scope=claims.scope,
            standing=standing,
            key=key,
            service=service,
            bucket=BucketName(standing.account, key.plan, service),
            limit=limit,
            judged_at=now,
            holds_until=min(
                claims.expires_at, key.expires_at or claims.expires_at, self._tokens.current_until
            ),
        )

    async def _require_entitlement(
        self, audience: Collection[str] | None, standing: Standing, service: ServiceName
    ) -> Limit:
        if service not in standing.services:
            raise ServiceNotAllowed(reason=await self._why_not_entitled(service))
        if audience is not None and service not in audience:
            raise ServiceNotAllowed(
                reason="the token is not for the service",
                public="The access token is not for this service. Ask for a new one.",
            )
        limit = standing.limits.get(service)
        if limit is None:
            raise PlanGrantsNothing
        return limit

    async def _why_not_entitled(self, service: ServiceName) -> str:
        # For the log alone, and asked of the store only when a call is refused.
        entry = await self._store.find_service(service)
        if entry is None:
            return "there is no such service"
        if not entry.is_enabled:
            return "the service is disabled"
        return "the account is not entitled to the service"

    async def require_live(self, token: str | None, api_key: str | None) -> tuple[Claims, Standing]:
        """Return what a live token says, and where its holder and the key stand now.

        Raises:
            CallRefusal: If the token is not live; the first check that fails names it.
            StoreUnavailable: If nobody can say.
        """
        claims = await self._read(token)
        standing = await self._find_standing(claims, api_key)
        self._require_live(claims, standing)
        return claims, standing

    async def _read(self, token: str | None) -> Claims:
        """Return what a token says that we signed, under a name of ours."""
        if not token:
            raise TokenMissing
        claims = await self._tokens.read(token)
        if claims.issuer not in self._issuers:
            await self._learn_issuer(claims.issuer)
        return claims

    async def _find_standing(self, claims: Claims, api_key: str | None) -> Standing:
        if self._clock.now() >= claims.expires_at:
            raise TokenExpired
        standing = await self._store.find_standing(claims.username, digest_api_key(api_key))
        if standing is None:
            raise TokenInvalid(reason="a genuine token of an unknown service user")
        return standing

    def _require_live(self, claims: Claims, standing: Standing) -> None:
        require_live(claims.generation, claims.jti, standing.live)
        self._require_enabled(standing)

    def _require_enabled(self, standing: Standing) -> None:
        if standing.is_disabled:
            raise AccountDisabled

    def _require_key(self, standing: Standing, *, is_presented: bool) -> KeyStanding:
        key = standing.key
        if not is_presented:
            raise ApiKeyMissing
        if key is None or not key.is_usable(standing.account, self._clock.now()):
            raise ApiKeyInvalid(reason=_why_key_refused(key, standing))
        return key

    async def _learn_issuer(self, issuer: str) -> None:
        # Another server of the deployment, or an earlier one under another URL, may have
        # issued it. Only who holds a token that we signed can make us look.
        self._issuers = frozenset(await self._store.list_issuers())
        if issuer not in self._issuers:
            raise TokenInvalid(reason="a token of ours under a name that is not")


def _tell_of(standing: Standing, service: ServiceName) -> About:
    key = standing.key
    return About(service, standing.username, standing.account, None if key is None else key.id)


def _why_key_refused(key: KeyStanding | None, standing: Standing) -> str:
    if key is None:
        return "the API key is unknown"
    if key.account != standing.account:
        return f"API key {key.id} is another account's"
    return f"API key {key.id} is disabled or has expired"
