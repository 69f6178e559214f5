"""Lets people into the console: password and code together, and one text for every refusal."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from watchword.access.audit import HERE, AuditRecord, Event, Source
from watchword.access.authenticating import refuse
from watchword.access.credentials import NO_KEY
from watchword.access.errors import SignInRefused
from watchword.access.ledger import Asked, Verdict
from watchword.access.limiter import Buckets, FailureLimit, FailureLimits
from watchword.access.ports import ConsoleUsers, Ledger
from watchword.access.second_factor import NO_FACTOR, find_step

if TYPE_CHECKING:
    from datetime import datetime

    from watchword.access.console import ConsoleUser
    from watchword.access.ledger import Found
    from watchword.access.ports import ChosenPasswords, Clock
    from watchword.access.sealing import Sealing
    from watchword.access.sessions import Session

FACTOR_PURPOSE: Final = "second factor"
"""What second factors are sealed for."""
_CODES: Final = FailureLimit(burst=5, refill=timedelta(minutes=10))
"""Wrong codes of a name beside the right password, from wherever: there are only a million codes,
and whoever has the password may have many addresses."""


@dataclass(frozen=True, slots=True)
class PresentedPerson:
    """What a person proves itself with."""

    name: str
    password: str = field(repr=False)
    code: str = field(repr=False)
    source: Source = HERE


@dataclass(frozen=True, slots=True)
class _Proof:
    """What came of it.

    Attributes:
        reason: Why nobody is let in; "" where somebody is.
    """

    user: ConsoleUser | None
    has_password: bool
    reason: str = ""


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
        # A service user of the same name has buckets of its own.
        question = f"console {presented.name}"
        asked = self._ask(Buckets.of(presented.source.address, question))
        found = await self._store.find_client(asked)
        too_much = self._limits.find_refusal(asked.buckets, found.failures, asked.now)
        if too_much is not None:
            raise too_much
        proof = await self._prove(presented, question, asked.now)
        limits = self._limits
        if proof.has_password:
            of_codes = Buckets.of(None, f"console code {presented.name}").name
            asked = self._ask(Buckets(of_codes, asked.buckets.address))
            limits = FailureLimits(by_name=_CODES, by_address=limits.by_address)
        verdict = await self._store.settle(
            asked, lambda found: _judge(proof, presented, asked, found, limits)
        )
        return verdict.get_outcome()

    async def find_user(self, session: Session) -> ConsoleUser | None:
        """Return whose session it is; None for somebody disabled, reset or gone meanwhile."""
        user = await self._store.find_console_user(session.name)
        return user if user is not None and user.is_behind(session) else None

    def _ask(self, buckets: Buckets) -> Asked:
        return Asked("", NO_KEY, buckets, self._clock.now())

    async def _prove(self, presented: PresentedPerson, question: str, now: datetime) -> _Proof:
        """Return who it is, and use the code up. Costs the same whatever the cause."""
        user = await self._store.find_console_user(presented.name)
        kept = await self._store.find_console_credentials(presented.name)
        phc = self._chosen.decoy if kept is None else kept.password
        is_match = await self._chosen.is_match(question, presented.password, (phc,))
        factor = NO_FACTOR if kept is None else self._sealing.unseal(kept.factor, presented.name)
        step = find_step(factor, presented.code, now)
        if kept is None or user is None:
            return _Proof(None, has_password=False, reason="the name is unknown")
        if not is_match:
            return _Proof(user, has_password=False, reason="the password is wrong")
        if user.disabled_at is not None:
            return _Proof(user, has_password=False, reason="the name is disabled")
        # Last, so that nobody uses up another's code without the password; and in one step with
        # the look whether it was used, so that of two browsers at once one gets in.
        if step is None or not await self._store.use_console_code(user.name, step, kept):
            return _Proof(user, has_password=True, reason="the code is wrong, or was used before")
        return _Proof(user, has_password=True)


def _judge(
    proof: _Proof, presented: PresentedPerson, asked: Asked, found: Found, limits: FailureLimits
) -> Verdict[ConsoleUser]:
    too_much = limits.find_refusal(asked.buckets, found.failures, asked.now)
    if too_much is not None:
        return Verdict(refusal=too_much)
    if not proof.reason:
        return Verdict(proof.user)
    # A name that nobody has is not kept: people type passwords into the wrong field.
    name = "unknown" if proof.user is None else proof.user.name
    record = AuditRecord(
        Event.CONSOLE_REFUSED,
        asked.now,
        f"console:{name}",
        presented.source,
        {"reason": proof.reason},
    )
    return refuse(SignInRefused(reason=proof.reason), asked, found, record, limits)
