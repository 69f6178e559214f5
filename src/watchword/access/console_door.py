"""Lets people into the console: password and code together, and one text for every refusal.

Nothing tells whoever has no code whether the password is right: what is counted, written and
answered is the same. Else a password could be guessed first, and the code alone be left.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from watchword.access.audit import HERE, AuditRecord, Event, Source
from watchword.access.authenticating import refuse
from watchword.access.credentials import NO_KEY
from watchword.access.errors import SignInRefused
from watchword.access.ledger import Asked, Verdict
from watchword.access.limiter import Buckets, FailureLimit, FailureLimits, to_bucket, to_network
from watchword.access.ports import ConsoleUsers, Ledger
from watchword.access.second_factor import NO_FACTOR, find_step

if TYPE_CHECKING:
    from watchword.access.console import ConsoleUser
    from watchword.access.ledger import Found
    from watchword.access.limiter import Bucket, Failures
    from watchword.access.ports import ChosenPasswords, Clock
    from watchword.access.sealing import Sealing
    from watchword.access.sessions import Session

FACTOR_PURPOSE: Final = "second factor"
"""What second factors are sealed for."""
_CODES: Final = FailureLimit(burst=5, refill=timedelta(minutes=10))
"""Wrong codes of a name beside the right password, from wherever: there are only a million codes,
and whoever has the password may have many addresses. From then on it is as if each were wrong,
until the name is reset or enough time has gone by."""
_TOO_MANY: Final = (
    "too many codes were wrong beside the right password: somebody has it. Run 'watchword console "
    "reset' for the name, which lets it in at once"
)


@dataclass(frozen=True, slots=True)
class PresentedPerson:
    """What a person proves itself with."""

    name: str
    password: str = field(repr=False)
    code: str = field(repr=False)
    source: Source = HERE


@dataclass(frozen=True, slots=True)
class _Attempt:
    """Somebody who has come, and what is looked up for it.

    Attributes:
        user: Whose name it is.
        codes: The bucket of wrong codes beside the right password, from whatever address.
    """

    presented: PresentedPerson
    user: ConsoleUser | None
    asked: Asked
    codes: Bucket

    def is_spent(self, found: Found) -> bool:
        """Tell whether no code is good for now, the right one neither."""
        return _CODES.find_wait(found.failures.get(self.codes), self.asked.now) is not None

    def count_code(self, found: Found, *, is_wrong: bool) -> Failures:
        """Return the bucket after it: as it was unless a code was wrong, to be written anyway."""
        now = self.asked.now
        moment = found.failures.get(self.codes)
        return {self.codes: _CODES.count(moment, now) if is_wrong else moment or now}


@dataclass(frozen=True, slots=True)
class _Proof:
    """What came of it.

    Attributes:
        has_password: Whether the code alone is wrong, or one too many.
        reason: Why nobody is let in; "" where somebody is.
    """

    reason: str = ""
    has_password: bool = False


class DoorStore(ConsoleUsers, Ledger, Protocol):
    """What the door asks of the store."""


class ConsoleDoor:
    """Tells who may come in, and who may go on."""

    def __init__(
        self,
        store: DoorStore,
        *,
        chosen: ChosenPasswords,
        sealing: Sealing,
        limits: FailureLimits,
        clock: Clock,
    ) -> None:
        self._store = store
        self._chosen = chosen
        self._sealing = sealing
        self._limits = limits
        self._clock = clock

    async def admit(self, presented: PresentedPerson) -> ConsoleUser:
        """Return who has come, when name, password and code belong together. Uses the code up.

        Raises:
            SignInRefused: If they do not.
            SlowDown: If too much failed at this address.
            StoreUnavailable: If nobody can say.
        """
        attempt = await self._look_up(presented)
        found = await self._store.find_client(attempt.asked)
        too_much = self._limits.find_refusal(
            attempt.asked.buckets, found.failures, attempt.asked.now
        )
        if too_much is not None:
            raise too_much
        proof = await self._prove(attempt, found)
        verdict = await self._store.settle(
            attempt.asked, lambda found: _judge(attempt, proof, found, self._limits)
        )
        return verdict.get_outcome()

    async def find_user(self, session: Session) -> ConsoleUser | None:
        """Return whose session it is; None for somebody disabled, reset or gone meanwhile."""
        user = await self._store.find_console_user(session.name)
        return user if user is not None and user.is_behind(session) else None

    async def _look_up(self, presented: PresentedPerson) -> _Attempt:
        user = await self._store.find_console_user(presented.name)
        # With other credentials, the count begins anew.
        since = "" if user is None else f" {user.changed_at.isoformat()}"
        codes = to_bucket("console code", presented.name + since)
        buckets = Buckets.of(presented.source.address, _question(presented))
        return _Attempt(
            presented, user, Asked("", NO_KEY, buckets, self._clock.now(), codes), codes
        )

    async def _prove(self, attempt: _Attempt, found: Found) -> _Proof:
        """Return who it is, and use the code up. Costs the same whatever the cause."""
        presented, user = attempt.presented, attempt.user
        kept = await self._store.find_console_credentials(presented.name)
        phc = self._chosen.decoy if kept is None else kept.password
        is_match = await self._chosen.is_match(
            _question(presented),
            presented.password,
            (phc,),
            caller=to_network(presented.source.address),
        )
        factor = NO_FACTOR if kept is None else self._sealing.unseal(kept.factor, presented.name)
        step = find_step(factor, presented.code, attempt.asked.now)
        if kept is None or user is None:
            return _Proof("the name is unknown")
        if not is_match:
            return _Proof("the password is wrong")
        if user.disabled_at is not None:
            return _Proof("the name is disabled")
        if attempt.is_spent(found):
            return _Proof(_TOO_MANY, has_password=True)
        # Last, so that nobody uses up another's code without the password; and in one step with
        # the look whether it was used, so that of two browsers at once one gets in.
        if step is None or not await self._store.use_console_code(user.name, step, kept):
            return _Proof("the code is wrong, or was used before", has_password=True)
        return _Proof(has_password=True)


def _question(presented: PresentedPerson) -> str:
    """Return whose failures are counted: a service user of the same name has its own."""
    return f"console {presented.name}"


def _judge(
    attempt: _Attempt, proof: _Proof, found: Found, limits: FailureLimits
) -> Verdict[ConsoleUser]:
    asked = attempt.asked
    too_much = limits.find_refusal(asked.buckets, found.failures, asked.now)
    if too_much is not None:
        return Verdict(refusal=too_much)
    # Others may have tried meanwhile.
    is_spent = proof.has_password and attempt.is_spent(found)
    reason = _TOO_MANY if is_spent else proof.reason
    if not reason:
        return Verdict(attempt.user)
    # A name that nobody has is not kept: people type passwords into the wrong field.
    name = "unknown" if attempt.user is None else attempt.user.name
    source = attempt.presented.source
    record = AuditRecord(
        Event.CONSOLE_REFUSED, asked.now, f"console:{name}", source, {"reason": reason}
    )
    verdict = refuse(SignInRefused(reason=reason), asked, found, record, limits)
    counted = attempt.count_code(found, is_wrong=proof.has_password and not is_spent)
    return replace(verdict, failures={**verdict.failures, **counted})
