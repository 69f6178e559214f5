"""Group commit: changes that wait at the same time share one durable transaction.

A commit waits for the disk, so it leaves the event loop for one thread. What arrives
meanwhile makes the next group: the busier the server, the fewer commits a change costs.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar, cast

import apsw

from watchword.access.errors import StoreUnavailable
from watchword.sqlite import explain

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_LARGEST_GROUP: Final = 256
_MOST_WAITING: Final = 8_192


@dataclass(slots=True)
class _Job:
    """A change, and whom to tell. Its outcome is told only after the commit."""

    change: Callable[[apsw.Connection], object]
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
    """Writes through one connection, on one thread. Owns both.

    Args:
        connection: The connection.
        require_writable: Called before each group, on the thread; raises StoreUnavailable
            when nothing may be written.
    """

    def __init__(
        self, connection: apsw.Connection, require_writable: Callable[[], None] = lambda: None
    ) -> None:
        self._connection = connection
        self._require_writable = require_writable
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="watchword-writer")
        self._waiting: list[_Job] = []
        self._running: asyncio.Future[None] | None = None
        self._is_closed = False

    async def write(self, change: Callable[[apsw.Connection], T]) -> T:
        """Carry out a change and return its outcome once it has reached the disk.

        A change that raises before it wrote anything fails alone, with its own error. One
        that writes more than once wraps itself in `with connection:`.

        Raises:
            StoreUnavailable: If nothing could be written, or too much waits already.
        """
        if self._is_closed:
            raise StoreUnavailable("the store is closed")
        if len(self._waiting) >= _MOST_WAITING:
            raise StoreUnavailable("too many changes wait to be written")
        loop = asyncio.get_running_loop()
        job = _Job(change, loop.create_future())
        self._waiting.append(job)
        if self._running is None:
            self._start(loop)
        return cast("T", await job.told)

    async def close(self) -> None:
        """Finish what waits, then close the connection."""
        self._is_closed = True
        while self._running is not None:
            await asyncio.wait([self._running])
            await asyncio.sleep(0)  # lets the next group start
        self._thread.shutdown()
        self._connection.close()

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        group = self._waiting[:_LARGEST_GROUP]
        del self._waiting[:_LARGEST_GROUP]
        self._running = loop.run_in_executor(self._thread, self._write_group, group)
        self._running.add_done_callback(lambda _: self._finish(loop, group))

    def _finish(self, loop: asyncio.AbstractEventLoop, group: list[_Job]) -> None:
        self._running = None
        for job in group:
            job.tell()
        if self._waiting:
            self._start(loop)

    def _write_group(self, group: list[_Job]) -> None:
        """Run on the thread. Never raises: every job of the group gets its outcome."""
        connection = self._connection
        try:
            self._require_writable()
            connection.execute("BEGIN IMMEDIATE")
            for job in group:
                # Nobody waits for it any more, and nobody was told that it is done.
                if not job.told.cancelled():
                    self._carry_out(job)
            connection.execute("COMMIT")
        except BaseException as error:  # noqa: BLE001 - whatever it was, nothing was committed
            failure = error if isinstance(error, StoreUnavailable) else _unavailable(error)
            for job in group:
                job.error = failure
            self._roll_back()

    def _carry_out(self, job: _Job) -> None:
        try:
            job.outcome = job.change(self._connection)
        except Exception as error:
            # A full disk may end the whole transaction; then nobody's change stands.
            if not self._connection.in_transaction:
                raise
            job.error = _unavailable(error) if isinstance(error, apsw.Error) else error

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
