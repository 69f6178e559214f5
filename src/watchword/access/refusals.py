"""Counts refused calls for reports: by day, account, service and code.

Of calls whose token says nobody's name, nothing is counted here; the metrics have them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from watchword.access.handing_over import HandedOver
from watchword.access.usage import OTHERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from watchword.access.model import AccountId, Username
    from watchword.access.owners import Owners
    from watchword.access.ports import Clock, RefusalRecords
    from watchword.access.request_log import Whose

    _Counted = tuple[AccountId | None, Username, str, str]

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


class RefusalCounter(HandedOver["_Counted"]):
    """Counts in memory, and hands the counts over to the store now and then.

    Args:
        records: Keeps the counts.
        owners: Knows whose account a service user is of.
        clock: Tells the day.
    """

    def __init__(self, records: RefusalRecords, owners: Owners, clock: Clock) -> None:
        super().__init__()
        self._records = records
        self._owners = owners
        self._clock = clock

    def count(self, whose: Whose, code: str) -> None:
        """Count a call that was refused, or got no answer."""
        counts = self._counts
        service: str = whose.service
        counted = (whose.account, whose.username, service, code)
        if counted not in counts and len(counts) >= _MOST_COUNTS:
            counted = (whose.account, whose.username, OTHERS, code)
        counts[counted] = counts.get(counted, 0) + 1

    async def _hand_over(self, counts: Mapping[_Counted, int]) -> None:
        today = self._clock.now().date()
        sums: Counter[RefusalKey] = Counter()
        for (known, username, service, code), calls in counts.items():
            account = known or await self._owners.find_account(username)
            if account is not None:
                sums[RefusalKey(today, account, service, code)] += calls
        await self._records.add_refusals(sums)
