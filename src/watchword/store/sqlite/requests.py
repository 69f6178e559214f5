"""The request log's rows: added by the thousand, read in pages, pruned from below."""

from __future__ import annotations

from collections import Counter
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from watchword.access.errors import StoreUnavailable
from watchword.access.model import AccountId, KeyId, ServiceName, Username
from watchword.access.paging import Page
from watchword.access.request_log import Call, CallFilter, KeptCall
from watchword.store.sqlite.buckets import to_day
from watchword.store.sqlite.database import Database, to_microseconds, to_moment
from watchword.store.sqlite.requests_schema import APPLICATION_ID, MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence
    from datetime import date, datetime
    from pathlib import Path

    import apsw

    from watchword.access.audit import AuditRecord
    from watchword.store.sqlite.database import Row

Binding = str | int | bytes | None
_Of = tuple[int, AccountId]
"""A day and an account."""

LOOKED_AT: Final = 20_000
"""Rows that are looked at for one page, however few of them are wanted."""
MOST_OF_A_DAY: Final = 200_000
"""Rows of one account and day that are kept: one account does not push out all others'."""
_ABOVE_ALL: Final = 2**63 - 1
_encode: Final = msgspec.json.Encoder().encode
_COLUMNS: Final = (
    "at, account, username, key, service, operation, status, code, microseconds, correlation_id, "
    "address, is_explorer"
)
# All rows in one statement: SQLite works without Python, while other threads go on.
_ADD: Final = (
    f"INSERT INTO call ({_COLUMNS}) SELECT "  # noqa: S608 - put together from constants
    + ", ".join(f"value ->> {number}" for number in range(len(_COLUMNS.split(", "))))
    + " FROM json_each(?) ORDER BY json_each.key"
)
_COUNT: Final = """
INSERT INTO counted VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET kept = kept + excluded.kept, missed = missed + excluded.missed
"""
_EDGES: Final = """
SELECT min(id), min(at), (SELECT max(id) FROM call) FROM (
    SELECT id, at FROM call ORDER BY id LIMIT 200)
"""
# Up to the last that has to go: a clock that was set back must not keep what is behind it.
_LAST_TO_GO: Final = """
SELECT max(id) FROM (SELECT id, at FROM call ORDER BY id LIMIT ?1)
 WHERE at < ?2 OR id <= (SELECT max(id) FROM call) - ?3
"""
# What goes before its time is missed from then on.
_MISS_YOUNG: Final = f"""
INSERT INTO counted
    SELECT at / {timedelta(days=1) // timedelta(microseconds=1)}, account, 0, count(*)
      FROM call WHERE id <= ?1 AND at >= ?2 GROUP BY 1, 2
ON CONFLICT DO UPDATE SET missed = missed + excluded.missed
"""  # noqa: S608 - put together from a constant


class SqliteRequestLog:
    """The port `RequestLog` over a file of its own, which nothing else depends on.

    Args:
        path: The file. It is made when it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = Database(
            path, APPLICATION_ID, MIGRATIONS, append=_record_nothing, is_bulk=True
        )

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[SqliteRequestLog]:
        """Open the file, and close it at the end.

        Raises:
            NotAllowed: If the file is another program's, or a newer watchword's.
            StoreUnavailable: If it cannot be opened.
        """
        try:
            self._database.open(may_make=True)
        except StoreUnavailable as error:
            raise StoreUnavailable(
                f"{error} Nothing else depends on it: moved away, it begins anew."
            ) from error
        try:
            yield self
        finally:
            await self._database.close()

    def look_for_file(self) -> None:
        """Notice a file that was moved away or replaced (see `Database`)."""
        self._database.look_for_file()

    async def add_calls(
        self, calls: Sequence[Call], missed: Mapping[tuple[date, AccountId], int]
    ) -> None:
        """Keep calls (see `RequestLog`)."""
        over = Counter({(to_day(day), account): count for (day, account), count in missed.items()})
        kept = self._keep_some(calls, over)
        counts = Counter((to_day(call.at.date()), call.account) for call in kept)
        rows = _encode([(to_microseconds(call.at), *call[1:]) for call in kept]).decode()

        def change(connection: apsw.Connection) -> None:
            with connection:
                connection.execute(_ADD, (rows,))
                connection.executemany(
                    _COUNT, [(*of, counts[of], over[of]) for of in counts.keys() | over.keys()]
                )

        await self._database.write(change, lambda _: ())

    def _keep_some(self, calls: Sequence[Call], over: Counter[_Of]) -> list[Call]:
        """Return the calls that are kept, and count the others.

        Read before the transaction: workers that add at the same moment may each keep a batch
        more.
        """
        room: dict[_Of, int] = {}
        kept: list[Call] = []
        for call in calls:
            of = to_day(call.at.date()), call.account
            if of not in room:
                room[of] = MOST_OF_A_DAY - self._count_kept(*of)
            if room[of] > 0:
                kept.append(call)
            else:
                over[of] += 1
            room[of] -= 1
        return kept

    def _count_kept(self, day: int, account: AccountId) -> int:
        rows = self._database.read(
            "SELECT kept FROM counted WHERE day = ? AND account = ?", (day, account)
        )
        return int(rows[0][0]) if rows else 0

    async def find_calls(
        self, wanted: CallFilter, before: int | None, limit: int
    ) -> Page[KeptCall]:
        """Return calls, newest first (see `RequestLog`)."""
        source, rest = _choose(wanted)
        below = _ABOVE_ALL if before is None else before
        floor = self._find_floor(source, below) if rest.terms else 0
        where = " AND ".join([*source.terms, *rest.terms])
        rows = self._database.read(
            f"SELECT id, {_COLUMNS} FROM {source.table} "  # noqa: S608 - only our own words
            f"WHERE {where} AND id < ? AND id > ? ORDER BY id DESC LIMIT ?",
            (*source.bindings, *rest.bindings, below, floor, limit + 1),
        )
        items = [_to_kept(row) for row in rows[:limit]]
        if len(rows) > limit:
            return Page(items, str(items[-1].id))
        return Page(items, str(floor + 1) if floor else None)

    async def follow_calls(self, wanted: CallFilter, after: int, limit: int) -> list[KeptCall]:
        """Return the newest calls behind one, oldest first (see `RequestLog`)."""
        source, rest = _choose(wanted)
        if rest.terms:
            # Who asks says how far back: never so far that others wait meanwhile.
            after = max(after, self._find_floor(source, _ABOVE_ALL, after))
        where = " AND ".join([*source.terms, *rest.terms])
        rows = self._database.read(
            f"SELECT id, {_COLUMNS} FROM {source.table} "  # noqa: S608 - only our own words
            f"WHERE {where} AND id > ? ORDER BY id DESC LIMIT ?",
            (*source.bindings, *rest.bindings, after, limit),
        )
        return [_to_kept(row) for row in reversed(rows)]

    async def find_newest(self) -> int:
        """Return the highest id of all."""
        rows = self._database.read("SELECT max(id) FROM call", ())
        return rows[0][0] or 0

    async def find_last_uses(
        self, account: AccountId, keys: Sequence[KeyId]
    ) -> dict[KeyId, datetime]:
        """Return when an account last used keys."""
        found: dict[KeyId, datetime] = {}
        for key in keys:
            rows = self._database.read(
                "SELECT at FROM call INDEXED BY call_key WHERE account = ? AND key = ? "
                "ORDER BY id DESC LIMIT 1",
                (account, key),
            )
            if rows:
                found[key] = to_moment(rows[0][0])
        return found

    async def count_missed(self, account: AccountId, since: date) -> int:
        """Return how many calls of an account were not kept since a day."""
        rows = self._database.read(
            "SELECT coalesce(sum(missed), 0) FROM counted WHERE account = ? AND day >= ?",
            (account, to_day(since)),
        )
        return int(rows[0][0])

    async def prune_calls(self, before: datetime, *, most: int, limit: int) -> int:
        """Forget the oldest calls (see `RequestLog`)."""
        oldest = to_microseconds(before)
        # Asked first: nearly always there is nothing to write.
        ((first, at, last),) = self._database.read(_EDGES, ())
        if first is None or (at >= oldest and last - first < most):
            return 0

        def change(connection: apsw.Connection) -> int:
            with connection:
                connection.execute("DELETE FROM counted WHERE day < ?", (to_day(before.date()),))
                ((end,),) = connection.execute(_LAST_TO_GO, (limit, oldest, most)).fetchall()
                connection.execute(_MISS_YOUNG, (end, oldest))
                connection.execute("DELETE FROM call WHERE id <= ?", (end,))
            return connection.changes()

        return await self._database.write(change, lambda _: ())

    async def find_problems(self) -> list[str]:
        """Return what SQLite finds damaged in the file; nothing when it is sound."""
        rows = self._database.read("PRAGMA quick_check", ())
        return [f"{self._path}: {row[0]}" for row in rows if row[0] != "ok"]

    def _find_floor(self, source: _Source, below: int, after: int = 0) -> int:
        """Return the newest id that is not looked at any more; 0 where all behind `after` are."""
        rows = self._database.read(
            f"SELECT id FROM {source.table} WHERE {' AND '.join(source.terms)} AND id < ? "  # noqa: S608 - only our own words
            "AND id > ? ORDER BY id DESC LIMIT 1 OFFSET ?",
            (*source.bindings, below, after, LOOKED_AT),
        )
        return rows[0][0] if rows else 0


class _Where(NamedTuple):
    """Terms of a condition, and what they are compared with."""

    terms: list[str]
    bindings: list[Binding]


class _Source(NamedTuple):
    """The rows of an index among which the wanted ones are, newest first."""

    table: str
    terms: list[str]
    bindings: list[Binding]


# The one that leaves the fewest rows comes first.
_INDEXES: Final = (
    ("correlation_id", "call_correlation"),
    ("key", "call_key"),
    ("code", "call_code"),
    ("operation", "call_operation"),
    ("username", "call_username"),
)
_FAILED: Final = 4


def _choose(wanted: CallFilter) -> tuple[_Source, _Where]:
    """Return the index to go along, and what else has to be true of each row."""
    compared: dict[str, str | None] = {
        "account": wanted.account,
        "correlation_id": wanted.correlation_id,
        "key": wanted.key,
        "code": wanted.code,
        "operation": wanted.operation,
        "username": wanted.username,
        "service": wanted.service,
    }
    given = {name: value for name, value in compared.items() if value is not None}
    failed = wanted.status_class is not None and wanted.status_class >= _FAILED
    index, own = "call_account", ["account"]
    for name, candidate in _INDEXES:
        if name == "username" and failed:
            break
        if name in given:
            index, own = candidate, [name] if name == "correlation_id" else ["account", name]
            break
    terms = [f"{name} = ?" for name in own]
    bindings: list[Binding] = [given[name] for name in own]
    if failed and index == "call_account":
        index = "call_failed"
        terms.append("status >= 400")
    rest = _Where(
        [f"{name} = ?" for name in given if name not in own],
        [value for name, value in given.items() if name not in own],
    )
    if wanted.status_class is not None:
        rest.terms.append("status / 100 = ?")
        rest.bindings.append(wanted.status_class)
    return _Source(f"call INDEXED BY {index}", terms, bindings), rest


def _record_nothing(_connection: apsw.Connection, _records: Sequence[AuditRecord]) -> None:
    """Leave the audit log alone: a call is no event."""


def _to_kept(row: Row) -> KeptCall:
    number, at, account, username, key, service, operation, status, code, *others, explorer = row
    microseconds, correlation_id, address = others
    call = Call(
        at=to_moment(at),
        account=AccountId(account),
        username=Username(username),
        key=None if key is None else KeyId(key),
        service=ServiceName(service),
        operation=operation,
        status=status,
        code=code,
        microseconds=microseconds,
        correlation_id=correlation_id,
        address=address,
        is_explorer=bool(explorer),
    )
    return KeptCall(number, call)
