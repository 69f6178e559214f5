"""Group commit: changes that wait at the same time share one durable transaction.

The changes themselves take microseconds and run on the event loop, on a connection that
nobody else uses, so that its pages stay in memory. What waits leaves the loop for one thread:
the commit, for the disk; and another process's lock, if one holds it. What arrives
meanwhile makes the next group: the busier the server, the fewer commits a change costs.
Where a change is thousands of rows, all of it runs on the thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar, cast

import apsw

from watchword.access.errors import StoreUnavailable
from watchword.sqlite import explain

if TYPE_CHECKING:
    from watchword.access.audit import AuditRecord

T = TypeVar("T")
Change = Callable[[apsw.Connection], T]
Describe = Callable[[T], "Sequence[AuditRecord]"]
Append = Callable[[apsw.Connection, "Sequence[AuditRecord]"], None]

_LARGEST_GROUP: Final = 256
_MOST_WAITING: Final = 8_192
_MILLISECOND: Final = timedelta(milliseconds=1)


class Timing(NamedTuple):
    """Who wants to know how long SQLite takes.

    Attributes:
        observe: Told how many seconds each `read` took, and each group of changes: a `write`.
        time: A stopwatch, in seconds.
    """

    observe: Callable[[str, float], None]
    time: Callable[[], float]


def _tell_nobody(_operation: str, _seconds: float) -> None:
    """Forget how long it took."""


UNTIMED: Final = Timing(_tell_nobody, lambda: 0.0)


@dataclass(slots=True)
class _Job:
    """A change, and whom to tell. Its outcome is told only after the commit."""

    change: Change[object]
    describe: Describe[object]
    told: asyncio.Future[object]
    outcome: object = None
    error: Exception | None = None

    def tell(self) -> None:
        if self.told.done():  # the asking task was cancelled; what is committed stays so
            return
        if self.error is None:
            self.told.set_result(self.outcome)
        else:
            self.told.set_exception(self.error)


class GroupWriter:
    """Writes through one connection, and owns it.

    Args:
        connection: The connection.
        append: Appends audit records in the transaction of a group.
        wait: How long another process's lock is waited for.
        require_writable: Called before each group; raises StoreUnavailable when nothing may
            be written.
        timing: Told how long each group took that was written, the lock included.
        is_bulk: Whether changes take long, and leave the loop.
    """

    def __init__(
        self,
        connection: apsw.Connection,
        append: Append,
        *,
        wait: timedelta,
        require_writable: Callable[[], None] = lambda: None,
        timing: Timing = UNTIMED,
        is_bulk: bool = False,
    ) -> None:
        self._connection = connection
        self._append = append
        self._wait = wait // _MILLISECOND
        self._require_writable = require_writable
        self._timing = timing
        self._is_bulk = is_bulk
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="watchword-writer")
        self._waiting: list[_Job] = []
        self._running: asyncio.Task[None] | None = None
        self._is_closed = False

    async def write(self, change: Change[T], describe: Describe[T]) -> T:
        """Carry out a change and return its outcome once it has reached the disk.

        A change that raises before it wrote anything fails alone, with its own error. One
        that writes more than once wraps itself in `with connection:`.

        Args:
            change: Runs in the transaction.
            describe: Returns the audit records of its outcome; they are part of it.

        Raises:
            StoreUnavailable: If nothing could be written, or too much waits already.
        """
        if self._is_closed:
            raise StoreUnavailable("the store is closed")
        if len(self._waiting) >= _MOST_WAITING:
            raise StoreUnavailable("too many changes wait to be written")
        loop = asyncio.get_running_loop()
        job = _Job(change, cast("Describe[object]", describe), loop.create_future())
        self._waiting.append(job)
        if self._running is None or self._running.done():
            # Begins in the loop's next turn: what this turn still brings joins the group.
            self._running = loop.create_task(self._write_all())
        return cast("T", await job.told)

    async def close(self) -> None:
        """Finish what waits, then close the connection."""
        self._is_closed = True
        if self._running is not None and not self._running.done():
            await asyncio.wait([self._running])
        self._thread.shutdown()
        self._connection.close()

    async def _write_all(self) -> None:
        """Write group after group. Never raises: every job gets its outcome."""
        while self._waiting:
            group = self._waiting[:_LARGEST_GROUP]
            del self._waiting[:_LARGEST_GROUP]
            await self._write_group(group)

    async def _write_group(self, group: list[_Job]) -> None:
        started = self._timing.time()
        try:
            self._require_writable()
            await self._begin()
            if self._is_bulk:
                await self._on_thread(self._carry_out, group)
            else:
                self._carry_out(group)
            await self._on_thread(self._connection.execute, "COMMIT")
        except BaseException as error:  # noqa: BLE001 - whatever it was, nothing was committed
            failure = error if isinstance(error, StoreUnavailable) else _unavailable(error)
            for job in group:
                job.error = failure
            self._roll_back()
        else:
            self._timing.observe("write", self._timing.time() - started)
        for job in group:
            job.tell()

    async def _begin(self) -> None:
        connection = self._connection
        connection.set_busy_timeout(0)
        try:
            connection.execute("BEGIN IMMEDIATE")
        except apsw.BusyError:
            connection.set_busy_timeout(self._wait)
            await self._on_thread(connection.execute, "BEGIN IMMEDIATE")

    async def _on_thread(self, do: Callable[[T], object], what: T) -> None:
        loop = asyncio.get_running_loop()
        done = loop.run_in_executor(self._thread, do, what)
        try:
            await asyncio.shield(done)
        except asyncio.CancelledError:
            # The thread uses the connection until it is through, and what it commits stands.
            await asyncio.wait([done])
            done.result()

    def _carry_out(self, group: list[_Job]) -> None:
        connection = self._connection
        records: list[AuditRecord] = []
        for job in group:
            # Nobody waits for a cancelled one any more, and nobody was told that it is done.
            if job.told.cancelled():
                continue
            try:
                job.outcome = job.change(connection)
            except Exception as error:
                # A full disk may end the whole transaction; then nobody's change stands.
                if not connection.in_transaction:
                    raise
                job.error = _unavailable(error) if isinstance(error, apsw.Error) else error
            else:
                # If this raises, the group fails: nothing is written that is not recorded.
                records += job.describe(job.outcome)
        self._append(connection, records)

    def _roll_back(self) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except apsw.Error:
            # The next BEGIN fails and says so to whoever asks then.
            return


def _unavailable(error: BaseException) -> StoreUnavailable:
    why = explain(error) if isinstance(error, apsw.Error) else "a change went wrong"
    unavailable = StoreUnavailable(f"nothing was written: {why}")
    unavailable.__cause__ = error
    return unavailable
