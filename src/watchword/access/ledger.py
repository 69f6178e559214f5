"""The rule of one live token: a token is live when its generation is the highest there is.

Owns the rule and the words in which the ledger is asked and told; where the rows are is
behind a port. Truth is one row per service user; the generation only ever rises, so no
clock and no order of arrival matters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from watchword.access.errors import TokenRevoked, TokenSuperseded
from watchword.access.limiter import Bucket, Failures
from watchword.access.model import Generation, LiveToken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watchword.access.audit import AuditRecord
    from watchword.access.errors import Refusal
    from watchword.access.limiter import Buckets
    from watchword.access.model import Client, Digest, KeyStanding

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked up to judge a client: everything in one step, whatever is found.

    Attributes:
        buckets: Where its failures are counted.
        beside: One more bucket, of whoever judges.
        takes_outgoing: Whether a password is found that was rotated and is in its overlap.
    """

    username: str
    key: Digest
    buckets: Buckets
    now: datetime
    beside: Bucket | None = None
    takes_outgoing: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """What there is of a client.

    Attributes:
        client: None when no service user has the name.
        key: None when the presented key is unknown.
        live: The service user's row; None before its first token.
        failures: The buckets that are not empty.
        keeps_chosen: Whether any service user at all has a chosen password.
    """

    client: Client | None = None
    key: KeyStanding | None = None
    live: LiveToken | None = None
    failures: Failures = field(default_factory=dict[Bucket, datetime])
    keeps_chosen: bool = False

    @property
    def next_generation(self) -> Generation:
        """The generation of the token, or the revocation, to come."""
        return Generation(1 if self.live is None else self.live.generation + 1)

    def revoked(self, now: datetime) -> LiveToken:
        """Return the row after a revocation: the generation rises, and no token carries it."""
        return LiveToken(self.next_generation, None, now)

    def find_live_jti(self, now: datetime) -> str | None:
        """Return which token is live; None when there is none, or when it has expired."""
        live = self.live
        if live is None or (live.expires_at is not None and live.expires_at <= now):
            return None
        return live.jti


@dataclass(frozen=True, slots=True)
class Verdict(Generic[T_co]):
    """What is to be answered and, in one durable transaction before it is, recorded.

    A judge says no in two ways. What it raises comes out as it is, and nothing is recorded. A
    `refusal` is recorded first, with the failures and the audit records beside it.

    Attributes:
        outcome: What is answered; None with a refusal, or when it is not known yet.
        refusal: What is raised instead.
        compare: The judgement waits for the comparison with these chosen passwords.
        live: The service user's new row.
        failures: The buckets that have changed.
        audit: What the audit log says of it.
    """

    outcome: T_co | None = None
    refusal: Refusal | None = None
    compare: Sequence[str] | None = field(default=None, repr=False)
    live: LiveToken | None = None
    failures: Failures = field(default_factory=dict[Bucket, datetime])
    audit: Sequence[AuditRecord] = ()

    def get_outcome(self) -> T_co:
        """Return what is answered. Raises the refusal, if it is one."""
        if self.refusal is not None:
            raise self.refusal
        return cast("T_co", self.outcome)


def require_live(generation: Generation, jti: str, live: LiveToken | None) -> None:
    """Pass when a genuine token is the live one.

    The caller has verified the signature, so that only the holder of a genuine token
    learns when it was superseded.

    Raises:
        TokenSuperseded: If a newer token was issued.
        TokenRevoked: If the newest change was a revocation, or if the ledger knows
            less than the token does: then it was set back to an older state, and a
            token that cannot be placed is refused.
    """
    if live is None or generation > live.generation:
        raise TokenRevoked(reason="the ledger is older than a genuine token: was it restored?")
    if generation == live.generation and jti == live.jti:
        return
    moment = f"{live.changed_at:%Y-%m-%dT%H:%M:%SZ}"
    if live.jti is None:
        raise TokenRevoked(public=f"The access token was revoked at {moment}.")
    raise TokenSuperseded(
        public=f"The access token was superseded at {moment} by a newer one of the same user."
    )
