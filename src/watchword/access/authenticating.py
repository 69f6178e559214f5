"""Authenticates clients: the limiter first, then user name, password and API key together.

The order stands here and nowhere else. All causes cost the same work and read the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Never, TypeVar

from watchword.access.audit import HERE, AuditRecord, Event, Source
from watchword.access.credentials import digest_api_key
from watchword.access.errors import InvalidClient
from watchword.access.ledger import Asked, Found, Verdict
from watchword.access.limiter import Buckets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from watchword.access.credentials import PasswordHasher
    from watchword.access.errors import Refusal
    from watchword.access.limiter import FailureLimits
    from watchword.access.model import Client, KeyStanding
    from watchword.access.ports import ChosenPasswords, Clock, Ledger

    Act = Callable[["Authenticated"], Verdict["T"]]

T = TypeVar("T")
_NAME_FINGERPRINT: Final = 4


@dataclass(frozen=True, slots=True)
class Presented:
    """What a client proves itself with.

    Attributes:
        needs_key: Whether an API key has to come with it; one that comes is always judged.
        source: Where it came from; its address is what failures are counted by.
        takes_outgoing: Whether a password that was rotated is good for its overlap. It is not
            where passwords are made: who has an old one shall not take the account over with it.
    """

    username: str
    password: str = field(repr=False)
    api_key: str | None = field(repr=False)
    needs_key: bool = True
    source: Source = HERE
    takes_outgoing: bool = True


@dataclass(frozen=True, slots=True)
class Authenticated:
    """A client that is who it says, and what was found beside it."""

    client: Client
    key: KeyStanding | None
    found: Found
    now: datetime


@dataclass(frozen=True, slots=True)
class _Compared:
    """With which chosen passwords the presented one was compared, and whether it is one."""

    kept: Sequence[str] = field(repr=False)
    is_match: bool


class ClientAuthenticator:
    """Judges clients, and lets an act follow in the same transaction."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        hasher: PasswordHasher,
        chosen: ChosenPasswords,
        limits: FailureLimits,
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._hasher = hasher
        self._chosen = chosen
        self._limits = limits
        self._clock = clock

    async def settle(self, presented: Presented, act: Act[T]) -> T:
        """Authenticate a client, do what `act` says, and record both durably.

        Raises:
            InvalidClient: If user, password and key do not belong together.
            SlowDown: If too much failed at this address.
            StoreUnavailable: If nothing could be read or recorded.
        """
        asked = self._ask(presented)
        verdict = await self._ledger.settle(
            asked, lambda found: self._judge(presented, asked, found, act, None)
        )
        kept = verdict.compare
        if kept is not None:
            is_match = await self._chosen.is_match(presented.username, presented.password, kept)
            compared = _Compared(kept, is_match)
            verdict = await self._ledger.settle(
                asked, lambda found: self._judge(presented, asked, found, act, compared)
            )
        return verdict.get_outcome()

    async def authenticate(self, presented: Presented) -> Authenticated:
        """Authenticate a client. Nothing is written for one that is let in.

        Raises:
            InvalidClient: If user, password and key do not belong together.
            SlowDown: If too much failed at this address.
            StoreUnavailable: If nothing could be read, or a refusal not be recorded.
        """
        asked = self._ask(presented)
        found = await self._ledger.find_client(asked)
        verdict = self._judge(presented, asked, found, Verdict, None)
        if verdict.outcome is not None:
            return verdict.outcome
        return await self.settle(presented, Verdict)

    def _ask(self, presented: Presented) -> Asked:
        return Asked(
            presented.username,
            digest_api_key(presented.api_key),
            Buckets.of(presented.source.address, presented.username),
            self._clock.now(),
            takes_outgoing=presented.takes_outgoing,
        )

    def _judge(
        self,
        presented: Presented,
        asked: Asked,
        found: Found,
        act: Act[T],
        compared: _Compared | None,
    ) -> Verdict[T]:
        refusal = self._limits.find_refusal(asked.buckets, found.failures, asked.now)
        if refusal is not None:
            return Verdict(refusal=refusal)
        client = found.client
        is_match = self._is_match(presented.password, client, compared)
        reason = _why_refused(presented, found, asked.now, is_match=is_match)
        if reason is None and client is not None:
            return act(Authenticated(client, found.key, found, asked.now))
        if found.keeps_chosen and compared is None:
            # Whoever is refused waits for one slow comparison, whatever the cause and whatever
            # is remembered: else the time would tell who has a chosen password, who is there
            # at all, and that of password and key the key is wrong.
            kept = client.chosen if client else ()
            return Verdict(compare=kept or (self._chosen.decoy,))
        return self._refuse(presented, asked, found, reason or "")

    def _is_match(self, password: str, client: Client | None, compared: _Compared | None) -> bool:
        is_generated = self._hasher.is_match(password, client.passwords if client else ())
        if is_generated or client is None or not client.chosen:
            return is_generated
        if compared is None:
            return self._chosen.recall(password, client.chosen)
        # What was compared a moment ago may have been rotated since.
        return compared.is_match and tuple(compared.kept) == client.chosen

    def _refuse(
        self, presented: Presented, asked: Asked, found: Found, reason: str
    ) -> Verdict[Never]:
        client = found.client
        if client is None:
            # What came as a name may be a password, typed into the wrong field.
            digest = self._hasher.digest(presented.username)
            actor = f"unknown:{digest[:_NAME_FINGERPRINT].hex()}"
        else:
            actor = f"user:{client.username}"
        facts = {
            "account": None if client is None else client.account,
            "username": None if client is None else client.username,
            "key_id": None if found.key is None else found.key.id,
            "reason": reason,
        }
        record = AuditRecord(
            Event.AUTHENTICATION_REFUSED, asked.now, actor, presented.source, facts
        )
        refusal = InvalidClient(reason=reason, was_compared=found.keeps_chosen)
        return refuse(refusal, asked, found, record, self._limits)


def refuse(
    refusal: Refusal, asked: Asked, found: Found, record: AuditRecord, limits: FailureLimits
) -> Verdict[Never]:
    """Return the verdict on whoever failed to authenticate: refused, counted and recorded.

    While its buckets are full, it is told to slow down, and nothing is recorded.
    """
    too_much = limits.find_refusal(asked.buckets, found.failures, asked.now)
    if too_much is not None:
        return Verdict(refusal=too_much)
    failures, is_full = limits.count(asked.buckets, found.failures, asked.now)
    audit = [record]
    if is_full:
        audit.append(
            AuditRecord(Event.AUTHENTICATION_LOCKED, asked.now, record.actor, record.source)
        )
    return Verdict(refusal=refusal, failures=failures, audit=audit)


def _why_refused(
    presented: Presented, found: Found, now: datetime, *, is_match: bool
) -> str | None:
    client, key = found.client, found.key
    why: str | None = None
    if client is None:
        why = "the service user is unknown"
    elif not is_match:
        why = "the password is wrong"
    elif client.is_disabled:
        why = "the service user or its account is disabled"
    elif key is None:
        if presented.needs_key or presented.api_key:
            why = "the API key is missing or unknown"
    elif not key.is_usable(client.account, now):
        why = f"API key {key.id} is disabled, expired or another's"
    return why
