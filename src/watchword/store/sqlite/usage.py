"""The counts of admitted requests, and of what the metrics show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.access.model import AccountId, KeyId, ServiceName
from watchword.access.usage import (
    MOST_OPERATIONS,
    OTHERS,
    AccountSum,
    UsageKey,
    UsageRow,
    UsageSum,
)
from watchword.store.sqlite.buckets import from_day, to_day

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import apsw

    from watchword.store.sqlite.database import Database

_ADD: Final = f"""
INSERT INTO usage SELECT ?1, ?2, ?3, ?4,
    CASE WHEN EXISTS (SELECT 1 FROM usage WHERE (day, account, key, service, operation)
                                              = (?1, ?2, ?3, ?4, ?5))
           OR (SELECT count(*) FROM usage WHERE (day, account, key, service)
                                              = (?1, ?2, ?3, ?4)) < {MOST_OPERATIONS}
         THEN ?5 ELSE '{OTHERS}' END, ?6
WHERE true
ON CONFLICT DO UPDATE SET requests = requests + excluded.requests
"""  # noqa: S608 - put together from constants
# Day by day: the table begins with the day, and holds all accounts.
_SUM: Final = """
WITH RECURSIVE days (day) AS (SELECT ?2 UNION ALL SELECT day + 1 FROM days WHERE day < ?3)
SELECT usage.day, service, operation, sum(requests)
  FROM days CROSS JOIN usage ON usage.day = days.day AND account = ?1
 GROUP BY usage.day, service, operation ORDER BY usage.day, service, operation
"""
# The others are added up here: of ten thousand accounts, thirty days are too many rows to hand
# over. A million rows take 0.1 s of a processor with a hundred accounts, 0.4 s with ten thousand.
_SUM_ACCOUNTS: Final = """
WITH total (day, account, requests) AS MATERIALIZED (
         SELECT day, account, sum(requests) FROM usage WHERE day BETWEEN ?1 AND ?2
          GROUP BY day, account),
     busiest AS MATERIALIZED (
         SELECT account FROM total GROUP BY account ORDER BY sum(requests) DESC, account LIMIT ?3)
SELECT day, iif(account IN busiest, account, NULL) AS shown, sum(requests) FROM total
 GROUP BY day, shown ORDER BY day, shown NULLS LAST
"""
_ADD_TALLY: Final = """
INSERT INTO tally VALUES (?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value
"""


class UsageTables:
    """Keeps what was admitted, and the metrics (see `UsageRecords` and `Tallies`)."""

    def __init__(self, usage: Database) -> None:
        self._usage = usage

    async def add_usage(self, counts: Mapping[UsageKey, int]) -> None:
        """Add counts to those of before."""

        def change(connection: apsw.Connection) -> None:
            with connection:
                connection.executemany(
                    _ADD,
                    [(to_day(key.day), *key[1:], requests) for key, requests in counts.items()],
                )

        await self._usage.write(change, lambda _: ())

    async def read_usage(
        self,
        since: date,
        until: date,
        account: AccountId | None,
        after: UsageKey | None,
        limit: int,
    ) -> list[UsageRow]:
        """Return counts by day, account, key, service and operation."""
        where = "day BETWEEN ? AND ?"
        bindings: list[str | int] = [to_day(since), to_day(until)]
        if account is not None:
            where += " AND account = ?"
            bindings.append(account)
        if after is not None:
            where += " AND (day, account, key, service, operation) > (?, ?, ?, ?, ?)"
            bindings += [to_day(after.day), *after[1:]]
        rows = self._usage.read(
            "SELECT day, account, key, service, operation, requests FROM usage "  # noqa: S608
            f"WHERE {where} ORDER BY day, account, key, service, operation LIMIT ?",
            (*bindings, limit),
        )
        return [
            UsageRow(
                UsageKey(
                    from_day(day), AccountId(account), KeyId(key), ServiceName(service), operation
                ),
                requests,
            )
            for day, account, key, service, operation, requests in rows
        ]

    async def sum_accounts(self, since: date, until: date, most: int) -> list[AccountSum]:
        """Return the counts by day and account (see `UsageRecords`)."""
        rows = await self._usage.scan(_SUM_ACCOUNTS, (to_day(since), to_day(until), most))
        return [
            AccountSum(from_day(day), None if account is None else AccountId(account), requests)
            for day, account, requests in rows
        ]

    async def sum_usage(self, account: AccountId, since: date, until: date) -> list[UsageSum]:
        """Return the counts of one account by day, service and operation."""
        rows = self._usage.read(_SUM, (account, to_day(since), to_day(until)))
        return [
            UsageSum(from_day(day), ServiceName(service), operation, requests)
            for day, service, operation, requests in rows
        ]

    async def add_tallies(self, deltas: Mapping[str, float]) -> None:
        """Add to the sums of the metrics."""

        def change(connection: apsw.Connection) -> None:
            with connection:
                connection.executemany(_ADD_TALLY, list(deltas.items()))

        await self._usage.write(change, lambda _: ())

    async def read_tallies(self) -> dict[str, float]:
        """Return the sums of the metrics."""
        return dict(self._usage.read("SELECT name, value FROM tally", ()))
