"""Counts admitted requests for reports: by day, account, key, service and operation."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from watchword.access.handing_over import HandedOver

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from watchword.access.guard import Admission, Caller
    from watchword.access.model import AccountId, KeyId, ServiceName
    from watchword.access.ports import UsageRecords

    _Counted = tuple[Caller, str, datetime]

# A GraphQL name, no longer than people read: the words are the callers' own.
_OPERATION: Final = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,63}", re.ASCII)
_MOST_COUNTS: Final = 4_096
"""A worker tells so many operations apart between two times that it hands its counts over."""
_DAY: Final = timedelta(days=1)
MOST_OPERATIONS: Final = 200
"""Told apart for a day, account, key and service; the names are the callers' own."""
OTHERS: Final = "(others)"
"""What counts of further operations are kept under."""


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


class UsageSum(NamedTuple):
    """How many requests of an account were admitted, whatever the key."""

    day: date
    service: ServiceName
    operation: str
    requests: int


class AccountSum(NamedTuple):
    """How many requests of an account were admitted, whatever was asked.

    Attributes:
        account: None for all others together.
    """

    day: date
    account: AccountId | None
    requests: int


class UsageCounter(HandedOver["_Counted"]):
    """Counts in memory, and hands the counts over to the store now and then.

    For reports: what a crash loses is what a worker admitted in the second before. Limits are
    the meter's, which loses nothing.

    Args:
        records: Keeps the counts.
    """

    def __init__(self, records: UsageRecords) -> None:
        super().__init__()
        self._records = records

    def count(self, admission: Admission, operation: str) -> None:
        """Count a request that was admitted.

        Args:
            admission: The request.
            operation: What was asked for, in the caller's words; "" when that is not known.
        """
        counts = self._counts
        counted = (admission.caller, operation, admission.allowance.day_ends)
        known = counts.get(counted)
        if known is not None:
            counts[counted] = known + 1
            return
        if operation and (len(counts) >= _MOST_COUNTS or not _OPERATION.fullmatch(operation)):
            counted = (admission.caller, OTHERS, admission.allowance.day_ends)
        counts[counted] = counts.get(counted, 0) + 1

    async def _hand_over(self, counts: Mapping[_Counted, int]) -> None:
        sums: Counter[UsageKey] = Counter()
        for (caller, operation, day_ends), requests in counts.items():
            day = (day_ends - _DAY).date()
            key = UsageKey(day, caller.bucket.account, caller.key.id, caller.service, operation)
            sums[key] += requests
        await self._records.add_usage(sums)
