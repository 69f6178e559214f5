"""Runs what takes long beside the event loop, so that no account holds up another's.

Knows nothing of documents: it is given functions, and says when each of them has its turn.
"""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from watchword.access.errors import RequestTooSlow, ServiceBusy

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")

_THREADS: Final = 2
"""An account runs in one of them, so that the others find one free."""
_MOST: Final = 32
"""Of one worker, the running ones too. One more is asked to come again."""
_MOST_OF_ACCOUNT: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """Something to run.

    Attributes:
        ended: What came of it. Cancelled when nobody waits for it any more.
    """

    account: str
    work: Callable[[], Any]
    ended: asyncio.Future[Any]


class SlowDocuments:
    """Runs one function of an account at a time, and the accounts in turn."""

    def __init__(self) -> None:
        self._threads: ThreadPoolExecutor | None = None
        # The account whose turn is next stands first.
        self._waiting: dict[str, deque[_Job]] = {}
        self._running: set[str] = set()

    async def run(
        self, account: str, work: Callable[[], T], until: Callable[[], Awaitable[object]]
    ) -> T:
        """Run a function in a thread and return what it returns.

        Args:
            account: Whose it is.
            work: The function. It is not run when the caller goes away before its turn.
            until: Returns when the caller has gone away.

        Raises:
            ServiceBusy: If too many wait already, of this account or in all.
            RequestTooSlow: If the caller goes away.
        """
        self._require_room(account)
        job = _Job(account, work, asyncio.get_running_loop().create_future())
        self._waiting.setdefault(account, deque()).append(job)
        self._begin_next()
        gone = asyncio.ensure_future(until())
        try:
            await asyncio.wait((job.ended, gone), return_when=asyncio.FIRST_COMPLETED)
            if not job.ended.done():
                raise RequestTooSlow(reason="the caller went away")
            result: T = job.ended.result()
            return result
        finally:
            self._withdraw(job)
            gone.cancel()
            await asyncio.wait((gone,))

    def close(self) -> None:
        """Begin nothing more, and end the threads. Closing twice is closing once."""
        for jobs in self._waiting.values():
            for job in jobs:
                job.ended.cancel()
        self._waiting.clear()
        threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown(wait=True)

    def _require_room(self, account: str) -> None:
        # Counted anew each time, so that no way out can forget to give a place back.
        of_account = len(self._waiting.get(account, ())) + (account in self._running)
        if of_account >= _MOST_OF_ACCOUNT:
            raise ServiceBusy(reason=f"{of_account} slow documents of one account are under way")
        in_all = sum(map(len, self._waiting.values())) + len(self._running)
        if in_all >= _MOST:
            raise ServiceBusy(reason=f"{in_all} slow documents are under way")

    def _begin_next(self) -> None:
        for account in list(self._waiting):
            if len(self._running) >= _THREADS:
                return
            if account not in self._running:
                jobs = self._waiting.pop(account)
                job = jobs.popleft()
                if jobs:
                    self._waiting[account] = jobs  # behind the other accounts
                self._begin(job)

    def _begin(self, job: _Job) -> None:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="documents")
        self._running.add(job.account)
        running = asyncio.get_running_loop().run_in_executor(self._threads, job.work)
        running.add_done_callback(partial(self._end, job))

    def _end(self, job: _Job, running: asyncio.Future[Any]) -> None:
        self._running.discard(job.account)
        error = running.exception()
        if not job.ended.done():
            if error is None:
                job.ended.set_result(running.result())
            else:
                job.ended.set_exception(error)
        self._begin_next()

    def _withdraw(self, job: _Job) -> None:
        job.ended.cancel()
        jobs = self._waiting.get(job.account)
        if jobs is not None and job in jobs:
            jobs.remove(job)
            if not jobs:
                del self._waiting[job.account]
