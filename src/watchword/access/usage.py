"""Counts admitted requests for reports: by day, account, key, service and operation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from watchword.access.guard import Admission
    from watchword.access.model import AccountId, KeyId, ServiceName
    from watchword.access.ports import Clock, UsageRecords

# A GraphQL name, no longer than people read: the words are the callers' own.
_OPERATION: Final = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,63}", re.ASCII)
_MOST_OPERATIONS: Final = 1_000
"""Told apart by a worker between two times it records them; the names are the callers' own."""
OTHERS: Final = "(others)"


class UsageKey(NamedTuple):
    """What is counted apart."""

    day: date
    account: AccountId
    key: KeyId
    service: ServiceName
    operation: str


@dataclass(frozen=True, slots=True)
class UsageRow:
    """How many requests were admitted."""

    key: UsageKey
    requests: int


class UsageCounter:
    """Counts in memory, and hands the counts over to the store now and then.

    For reports: what a crash loses is what a worker admitted in the second before. Limits are
    the meter's, which loses nothing.

    Args:
        records: Keeps the counts.
        clock: Tells the day.
    """

    def __init__(self, records: UsageRecords, clock: Clock) -> None:
        self._records = records
        self._clock = clock
        self._counts: dict[UsageKey, int] = {}

    def count(self, admission: Admission, operation: str) -> None:
        """Count a request that was admitted.

        Args:
            admission: The request.
            operation: What was asked for, in the caller's words; "" when that is not known.
        """
        name = operation
        if operation and not _OPERATION.fullmatch(operation):
            name = OTHERS
        day = self._clock.now().date()
        key = UsageKey(day, admission.account, admission.key.id, admission.service, name)
        counts = self._counts
        if key not in counts and len(counts) >= _MOST_OPERATIONS:
            key = key._replace(operation=OTHERS)
        counts[key] = counts.get(key, 0) + 1

    async def record(self) -> None:
        """Hand over what was counted since.

        Raises:
            StoreUnavailable: If it could not be recorded. It is tried again the next time.
        """
        counts, self._counts = self._counts, {}
        if not counts:
            return
        try:
            await self._records.add_usage(counts)
        except BaseException:
            self._put_back(counts)
            raise

    def _put_back(self, counts: Mapping[UsageKey, int]) -> None:
        for key, requests in counts.items():
            self._counts[key] = self._counts.get(key, 0) + requests
