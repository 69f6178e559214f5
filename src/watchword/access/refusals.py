"""Counts refused calls for reports: by day, account, service and code.

Of calls whose token says nobody's name, nothing is counted here; the metrics have them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from watchword.access.usage import OTHERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from watchword.access.model import AccountId, Username
    from watchword.access.owners import Owners
    from watchword.access.ports import Clock, RefusalRecords
    from watchword.access.request_log import Whose

_MOST_COUNTS: Final = 4_096
"""A worker tells so many apart between two times that it hands its counts over."""
MOST_CODES: Final = 200
"""Told apart for a day and account; a name of a service may be anything that was asked for."""


class RefusalKey(NamedTuple):
    """What is counted apart."""

    day: date
    account: AccountId
    service: str
    code: str


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """How many calls were refused, or got no answer."""

    key: RefusalKey
    calls: int


class RefusalCounter:
    """Counts in memory, and hands the counts over to the store now and then.

    Args:
        records: Keeps the counts.
        owners: Knows whose account a service user is of.
        clock: Tells the day.
    """

    def __init__(self, records: RefusalRecords, owners: Owners, clock: Clock) -> None:
        self._records = records
        self._owners = owners
        self._clock = clock
        self._counts: dict[tuple[AccountId | None, Username, str, str], int] = {}

    def count(self, whose: Whose, code: str) -> None:
        """Count a call that was refused, or got no answer."""
        counts = self._counts
        service: str = whose.service
        counted = (whose.account, whose.username, service, code)
        if counted not in counts and len(counts) >= _MOST_COUNTS:
            counted = (whose.account, whose.username, OTHERS, code)
        counts[counted] = counts.get(counted, 0) + 1

    async def record(self) -> None:
        """Hand over what was counted since.

        Raises:
            StoreUnavailable: If it could not be recorded. It is tried again the next time.
        """
        counts, self._counts = self._counts, {}
        if not counts:
            return
        try:
            await self._records.add_refusals(await self._sum_up(counts))
        except BaseException:
            for counted, calls in counts.items():
                self._counts[counted] = self._counts.get(counted, 0) + calls
            raise

    async def _sum_up(
        self, counts: Mapping[tuple[AccountId | None, Username, str, str], int]
    ) -> Counter[RefusalKey]:
        today = self._clock.now().date()
        sums: Counter[RefusalKey] = Counter()
        for (known, username, service, code), calls in counts.items():
            account = known or await self._owners.find_account(username)
            if account is not None:
                sums[RefusalKey(today, account, service, code)] += calls
        return sums
