"""The counts of refused calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.access.model import AccountId
from watchword.access.refusals import MOST_CODES, RefusalKey, RefusalRow
from watchword.access.usage import OTHERS
from watchword.store.sqlite.buckets import from_day, to_day

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import apsw

    from watchword.store.sqlite.database import Database

_ADD: Final = f"""
INSERT INTO refusal SELECT ?1, ?2,
    CASE WHEN EXISTS (SELECT 1 FROM refusal WHERE (day, account, service, code)
                                                = (?1, ?2, ?3, ?4))
           OR (SELECT count(*) FROM refusal WHERE (day, account) = (?1, ?2)) < {MOST_CODES}
         THEN ?3 ELSE '{OTHERS}' END, ?4, ?5
WHERE true
ON CONFLICT DO UPDATE SET calls = calls + excluded.calls
"""  # noqa: S608 - put together from constants
_READ: Final = """
SELECT max(day), account, service, code, sum(calls) AS calls FROM refusal
 WHERE day BETWEEN ?1 AND ?2 AND account = coalesce(?3, account)
 GROUP BY account, service, code ORDER BY calls DESC, account, service, code LIMIT ?4
"""


class RefusalTables:
    """Keeps what was refused (see `RefusalRecords`)."""

    def __init__(self, usage: Database) -> None:
        self._usage = usage

    async def add_refusals(self, counts: Mapping[RefusalKey, int]) -> None:
        """Add counts to those of before."""

        def change(connection: apsw.Connection) -> None:
            with connection:
                connection.executemany(
                    _ADD, [(to_day(key.day), *key[1:], calls) for key, calls in counts.items()]
                )

        await self._usage.write(change, lambda _: ())

    async def read_refusals(
        self, since: date, until: date, account: AccountId | None, limit: int
    ) -> list[RefusalRow]:
        """Return counts, summed up over the days, the largest first."""
        rows = self._usage.read(_READ, (to_day(since), to_day(until), account, limit))
        return [
            RefusalRow(RefusalKey(from_day(day), AccountId(of), service, code), calls)
            for day, of, service, code, calls in rows
        ]
