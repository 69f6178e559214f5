"""Reads what was refused, for reports: the most frequent first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from watchword.access.paging import LONGEST_PAGE
from watchword.access.ports import RefusalRecords
from watchword.access.register import Customers
from watchword.access.usage_reports import find_whose, read_days

if TYPE_CHECKING:
    from datetime import date

    from watchword.access.ports import Clock
    from watchword.access.refusals import RefusalRow


class RefusalStore(RefusalRecords, Customers, Protocol):
    """What reports ask of the store."""


class RefusalReports:
    """What was refused to whom. The present day is there but for the last second.

    Args:
        store: Keeps the counts.
        clock: Tells the day.
    """

    def __init__(self, store: RefusalStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def read(
        self,
        since: date | None = None,
        until: date | None = None,
        account: str | None = None,
        limit: int = LONGEST_PAGE,
    ) -> list[RefusalRow]:
        """Return counts by account, service and code, summed up over the days, the largest first.

        Args:
            since: The first UTC day; None: 30 days ago, the last one included.
            until: The last UTC day; None: the present one.
            account: Of one account alone.
            limit: How many at most.

        Raises:
            Unknown: If there is no such account.
            Malformed: If the first day comes after the last.
            StoreUnavailable: If there is no answer.
        """
        first, last = read_days(since, until, self._clock.now().date())
        of = await find_whose(self._store, account)
        return await self._store.read_refusals(first, last, of, limit)
