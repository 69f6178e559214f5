"""The request log: every call of which the guard knows whose it is, for those who made it.

Owns what is kept of a call, for how long, and the buffer between the calls and the store. No
token, no query and no variable is in it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from watchword.access.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from watchword.access.model import AccountId, KeyId, ServiceName, Username
    from watchword.access.owners import Owners
    from watchword.access.paging import Page
    from watchword.access.ports import Clock

MOST_NOTED: Final = 2_000
"""A worker keeps so many between two times that it hands them over: each half second."""
MOST_OF_ONE: Final = MOST_NOTED // 4
"""So many of them of one account: who calls fast leaves room for others."""
MOST_KEPT: Final = 5_000_000
"""So many stay, however young they are; some 1.2 GB at 240 bytes each."""
_PRUNED_AT_ONCE: Final = 4_000
_LONGEST_OPERATION: Final = 64


class Call(NamedTuple):
    """What is kept of a call.

    Attributes:
        at: When it was admitted, or refused.
        key: The API key that came with it, or whose plan it was counted in.
        operation: As the caller calls it; "" where that is not known.
        code: Why there was no answer, or not the one asked for; None for none.
        microseconds: Until all was sent.
        is_explorer: Whether a browser's session stood in for the token, as in GraphiQL.
    """

    at: datetime
    account: AccountId
    username: Username
    key: KeyId | None
    service: ServiceName
    operation: str
    status: int
    code: str | None
    microseconds: int
    correlation_id: str
    address: str | None
    is_explorer: bool


@dataclass(frozen=True, slots=True)
class KeptCall:
    """A call as it is kept.

    Attributes:
        id: Counts the calls; a later one has a higher one.
    """

    id: int
    call: Call


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilter:
    """Which calls are asked for. What is None is not looked at.

    Attributes:
        status_class: The first digit of the status.
    """

    account: AccountId
    username: str | None = None
    service: str | None = None
    operation: str | None = None
    status_class: int | None = None
    code: str | None = None
    correlation_id: str | None = None
    key: str | None = None


class RequestLog(Protocol):
    """Keeps calls. It may be behind by half a second, and lose that in a crash."""

    async def add_calls(
        self, calls: Sequence[Call], missed: Mapping[tuple[date, AccountId], int]
    ) -> None:
        """Keep calls, and how many more there were of each day and account.

        What is too many of one account and day is counted, and not kept.
        """
        ...

    async def find_calls(
        self, wanted: CallFilter, before: int | None, limit: int
    ) -> Page[KeptCall]:
        """Return calls, newest first, up to so many.

        A page may have fewer, and a `next` all the same: what is looked at for one page is
        bounded, however much is kept and however little of it is wanted.

        Args:
            wanted: Which.
            before: Only those whose id is below.
            limit: How many at most.
        """
        ...

    async def follow_calls(self, wanted: CallFilter, after: int, limit: int) -> list[KeptCall]:
        """Return the newest calls whose id is above, oldest first, up to so many.

        What is looked at is bounded as for a page: of many calls, those before are passed over.
        """
        ...

    async def find_newest(self) -> int:
        """Return the highest id of all; 0 where nothing was kept yet."""
        ...

    async def find_last_uses(
        self, account: AccountId, keys: Sequence[KeyId]
    ) -> dict[KeyId, datetime]:
        """Return when an account last used keys, of those of which a call is kept."""
        ...

    async def count_missed(self, account: AccountId, since: date) -> int:
        """Return how many calls of an account were not kept since a day."""
        ...

    async def prune_calls(self, before: datetime, *, most: int, limit: int) -> int:
        """Forget the oldest calls: what is older than a moment, and what is too many.

        What goes though it is young is counted as missed.

        Args:
            before: The moment.
            most: So many may stay, however young.
            limit: Forget so many at most.

        Returns:
            How many were forgotten.
        """
        ...

    def look_for_file(self) -> None:
        """Notice that what was opened is not what the operator sees any more."""
        ...

    async def find_problems(self) -> list[str]:
        """Return what is damaged; nothing when the log is sound."""
        ...


class Whose(Protocol):
    """Whoever a call is of: the guard's `Caller`, or what a refusal is `About`."""

    @property
    def service(self) -> ServiceName:
        """What was called."""
        ...

    @property
    def username(self) -> Username:
        """The service user."""
        ...

    @property
    def account(self) -> AccountId | None:
        """Its account; None where the guard did not look."""
        ...

    @property
    def key_id(self) -> KeyId | None:
        """The API key."""
        ...


# Made for every call, and a class would cost more: whose, at, operation, status, code, seconds,
# correlation id, address, is_explorer.
Noted = tuple[Whose, datetime | None, str, int, str | None, float, str, str | None, bool]


class RequestLogger:
    """Notes calls in memory, and hands them over to the log now and then.

    What comes too fast is counted and not kept: a log must not cost what it tells of.

    Args:
        log: Keeps the calls.
        owners: Knows whose account a service user is of: of an expired token the guard reads no
            more than its name.
        clock: Tells the time.
        life: How long a call is kept.
    """

    def __init__(self, log: RequestLog, owners: Owners, *, clock: Clock, life: timedelta) -> None:
        self._log = log
        self._owners = owners
        self._clock = clock
        self._life = life
        self._noted: list[Noted] = []
        self._noted_of: Counter[str] = Counter()
        self._missed: dict[Whose, int] = {}

    def note(self, call: Noted) -> None:
        """Note a call, or count it where there is no room. Without a moment, it was just now."""
        whose = call[0]
        name = whose.account or whose.username
        count = self._noted_of[name]
        if count >= MOST_OF_ONE or len(self._noted) >= MOST_NOTED:
            self._miss(whose)
            return
        self._noted_of[name] = count + 1
        if call[1] is None:
            call = (whose, self._clock.now(), *call[2:])
        self._noted.append(call)

    def _miss(self, whose: Whose) -> None:
        self._missed[whose] = self._missed.get(whose, 0) + 1

    async def record(self) -> None:
        """Hand over what was noted since, and forget what is too old.

        Raises:
            StoreUnavailable: If it could not be kept. It is tried again the next time.
        """
        self._log.look_for_file()
        noted, self._noted, self._noted_of = self._noted, [], Counter()
        missed, self._missed = self._missed, {}
        try:
            if noted or missed:
                await self._hand_over(noted, missed)
        except StoreUnavailable:
            # What came meanwhile is newer, and waits behind; what does not fit is missed.
            waiting = noted + self._noted
            self._noted, self._noted_of = [], Counter()
            for whose, count in missed.items():
                self._missed[whose] = self._missed.get(whose, 0) + count
            for call in waiting:
                self.note(call)
            raise
        await self._log.prune_calls(
            self._clock.now() - self._life, most=MOST_KEPT, limit=_PRUNED_AT_ONCE
        )

    async def _hand_over(self, noted: Sequence[Noted], missed: Mapping[Whose, int]) -> None:
        today = self._clock.now().date()
        counts: Counter[tuple[date, AccountId]] = Counter()
        for whose, count in missed.items():
            account = whose.account or await self._owners.find_account(whose.username)
            if account is not None:
                counts[today, account] += count
        calls: list[Call] = []
        for call in noted:
            whose = call[0]
            account = whose.account or await self._owners.find_account(whose.username)
            if account is not None and call[1] is not None:
                calls.append(_to_call(call, call[1], account))
        await self._log.add_calls(calls, counts)


def _to_call(noted: Noted, at: datetime, account: AccountId) -> Call:
    whose, _, operation, status, code, seconds, correlation_id, address, is_explorer = noted
    return Call(
        at=at,
        account=account,
        username=whose.username,
        key=whose.key_id,
        service=whose.service,
        operation=operation[:_LONGEST_OPERATION],
        status=status,
        code=code,
        microseconds=int(seconds * 1_000_000),
        correlation_id=correlation_id,
        address=address,
        is_explorer=is_explorer,
    )
