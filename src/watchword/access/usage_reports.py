"""Reads what was admitted, for reports: page by page, and summed up."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from watchword.access.errors import Malformed
from watchword.access.model import AccountId, KeyId, ServiceName
from watchword.access.paging import LONGEST_PAGE, read_all, to_page
from watchword.access.ports import UsageRecords
from watchword.access.register import Customers
from watchword.access.usage import AccountSum, UsageKey, UsageRow, UsageSum

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watchword.access.paging import Page
    from watchword.access.ports import Clock

USUAL_DAYS: Final = 30
"""So many days are told of when nobody says from when on, the present one included."""
_BETWEEN: Final = "/"
# The day as its ordinal, so that whatever is of this form is a day.
NEXT: Final = re.compile(r"[1-9][0-9]{0,5}(?:/[^/\x00-\x1f\x7f]*){4}")
"""What the `next` of a page looks like."""


class ReportStore(UsageRecords, Customers, Protocol):
    """What reports ask of the store."""


class UsageReports:
    """What was admitted. The present day is there but for the last second.

    Args:
        store: Keeps the counts.
        clock: Tells the day.
    """

    def __init__(self, store: ReportStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def read(
        self,
        since: date | None = None,
        until: date | None = None,
        account: str | None = None,
        after: str | None = None,
        limit: int = LONGEST_PAGE,
    ) -> Page[UsageRow]:
        """Return one page of the counts, by day, account, key, service and operation.

        Args:
            since: The first UTC day; None: 30 days ago, the last one included.
            until: The last UTC day; None: the present one.
            account: Of one account alone.
            after: The `next` of the page before.
            limit: How many at most.

        Raises:
            Unknown: If there is no such account.
            Malformed: If `after` is no `next`, or the first day comes after the last.
            StoreUnavailable: If there is no answer.
        """
        first, last = read_days(since, until, self._clock.now().date())
        found = await self._store.read_usage(
            first,
            last,
            await find_whose(self._store, account),
            None if after is None else _read_next(after),
            limit + 1,
        )
        return to_page(found, limit, lambda row: _to_next(row.key))

    async def sum_days(self, account: AccountId, days: int = USUAL_DAYS) -> list[UsageSum]:
        """Return the counts of an account for the last days, the present one included."""
        until = self._clock.now().date()
        return await self._store.sum_usage(account, until - timedelta(days=days - 1), until)

    async def sum_accounts(self, most: int, days: int = USUAL_DAYS) -> list[AccountSum]:
        """Return the counts of the busiest accounts, and of all others together.

        Args:
            most: So many accounts are told apart.
            days: For the last days, the present one included.
        """
        until = self._clock.now().date()
        return await self._store.sum_accounts(until - timedelta(days=days - 1), until, most)

    async def sum_up(
        self,
        by: Sequence[str],
        since: date | None = None,
        until: date | None = None,
        account: str | None = None,
    ) -> list[tuple[tuple[str, ...], int]]:
        """Return the counts summed up by some of the members of `UsageKey`, in order."""
        rows = await read_all(lambda after: self.read(since, until, account, after))
        sums: Counter[tuple[str, ...]] = Counter()
        for row in rows:
            sums[tuple(str(getattr(row.key, name)) for name in by)] += row.requests
        return sorted(sums.items())


async def find_whose(customers: Customers, account: str | None) -> AccountId | None:
    """Return the account that a report is of; None for all. Raises Unknown."""
    return None if account is None else (await customers.get_account(AccountId(account))).id


def read_days(since: date | None, until: date | None, today: date) -> tuple[date, date]:
    """Return the first and the last day of a report, each as usual where it is None.

    Raises:
        Malformed: If the first comes after the last.
    """
    last = until or today
    first = since or last - timedelta(days=USUAL_DAYS - 1)
    if first > last:
        raise Malformed(f"the first day, {first}, comes after the last, {last}")
    return first, last


def _to_next(key: UsageKey) -> str:
    return _BETWEEN.join((str(key.day.toordinal()), *key[1:]))


def _read_next(text: str) -> UsageKey:
    if not NEXT.fullmatch(text):
        raise Malformed("'after' is the 'next' of another page")
    day, account, key, service, operation = text.split(_BETWEEN)
    return UsageKey(
        date.fromordinal(int(day)), AccountId(account), KeyId(key), ServiceName(service), operation
    )
