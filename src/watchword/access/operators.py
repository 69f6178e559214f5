"""Operator tokens: what opens the admin API. Made and revoked on the machine itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from watchword.access.audit import HERE, AuditRecord, Event, Source
from watchword.access.authenticating import refuse
from watchword.access.credentials import NO_KEY, digest_operator_token, make_operator_token
from watchword.access.errors import NotAllowed, OperatorRefused, OperatorTokenMissing
from watchword.access.ledger import Asked
from watchword.access.limiter import Buckets
from watchword.access.model import OperatorScope, OperatorToken
from watchword.access.names import to_end, to_operator_name
from watchword.access.ports import Ledger, Operators

if TYPE_CHECKING:
    from datetime import timedelta

    from watchword.access.audit import By
    from watchword.access.limiter import FailureLimits
    from watchword.access.ports import Clock, Randomness


@dataclass(frozen=True, slots=True)
class PresentedToken:
    """What an operator's program proves itself with."""

    token: str | None = field(repr=False)
    source: Source = HERE


@dataclass(frozen=True, slots=True)
class NewOperator:
    """An operator token's record with the token that is shown once."""

    record: OperatorToken
    token: str = field(repr=False)


class OperatorRegistry:
    """Makes and revokes operator tokens. Every function raises OperatorError and StoreUnavailable.

    Args:
        by: Who does it.
    """

    def __init__(
        self, operators: Operators, *, clock: Clock, randomness: Randomness, by: By
    ) -> None:
        self._operators = operators
        self._clock = clock
        self._randomness = randomness
        self._by = by

    async def add_operator(
        self, name: str, scope: OperatorScope, lifetime: timedelta
    ) -> NewOperator:
        """Make an operator token. A name is given once, so that the audit log stays clear."""
        if not lifetime:
            raise NotAllowed("a token that expires at once opens nothing; give it a lifetime")
        now = self._clock.now()
        record = OperatorToken(to_operator_name(name), scope, now, to_end(now, lifetime))
        token = make_operator_token(self._randomness)
        await self._operators.add_operator(
            record,
            digest_operator_token(token),
            self._by.record(Event.OPERATOR_ADDED, now, operator=name, scope=scope),
        )
        return NewOperator(record, token)

    async def list_operators(self) -> list[OperatorToken]:
        """Return all operator tokens by name."""
        return await self._operators.list_operators()

    async def revoke_operator(self, name: str) -> None:
        """End an operator token, from the next request on."""
        now = self._clock.now()
        await self._operators.revoke_operator(
            name, now, self._by.record(Event.OPERATOR_REVOKED, now, operator=name)
        )


class OperatorStore(Operators, Ledger, Protocol):
    """What the gate asks of the store."""


class OperatorGate:
    """Lets operators in, and nobody else."""

    def __init__(self, store: OperatorStore, *, limits: FailureLimits, clock: Clock) -> None:
        self._store = store
        self._limits = limits
        self._clock = clock

    async def require_admin(self, presented: PresentedToken) -> OperatorToken:
        """Return the operator whose token opens everything.

        Raises:
            OperatorRefused: If it does not.
            SlowDown: If too much failed at this address.
            StoreUnavailable: If nobody can say.
        """
        return await self._require(presented, {OperatorScope.ADMIN})

    async def require_introspection(self, presented: PresentedToken) -> OperatorToken:
        """Return the operator whose token opens introspection. Raises as `require_admin`."""
        return await self._require(presented, {OperatorScope.ADMIN, OperatorScope.INTROSPECT})

    async def require_metrics(self, presented: PresentedToken) -> OperatorToken:
        """Return the operator whose token opens the metrics. Raises as `require_admin`."""
        return await self._require(presented, {OperatorScope.ADMIN, OperatorScope.METRICS})

    async def _require(
        self, presented: PresentedToken, scopes: set[OperatorScope]
    ) -> OperatorToken:
        if not presented.token:
            # Nobody has tried anything: that is no failure, and nothing is written for it.
            raise OperatorTokenMissing(reason="no operator token")
        now = self._clock.now()
        digest = digest_operator_token(presented.token)
        operator = await self._store.find_operator(digest)
        if operator is not None and operator.is_usable(now) and operator.scope in scopes:
            return operator
        # Nobody guesses 200 bits, so a right token is never kept out; what fails is counted.
        reason = "the token is unknown"
        actor = "operator:unknown"
        if operator is not None:
            reason = "the token has ended, or opens other things"
            actor = f"operator:{operator.name}"
        facts = {"reason": reason}
        record = AuditRecord(Event.OPERATOR_REFUSED, now, actor, presented.source, facts)
        asked = Asked("", NO_KEY, Buckets.of(presented.source.address, ""), now)
        verdict = await self._store.settle(
            asked,
            lambda found: refuse(
                OperatorRefused(reason=reason), asked, found, record, self._limits
            ),
        )
        raise verdict.refusal or OperatorRefused(reason=reason)
