"""Servers that are killed, or find the disk full, at random instants of their work.

One history runs through all of it, whatever number of servers it takes. After each disturbance the
tokens that clients hold are tried one by one, while nothing else is asked.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from proof.extent import make_dice, tell
from proof.history import Answer, Kind, Operation
from proof.linearizability import Violation
from proof.load import Client, Customer, Link

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator

    from proof.servers import Server

_CONNECTIONS: Final = 8
_ISSUES: Final = 0.3
_LINK_LIFE: Final = 20
_REST_SECONDS: Final = 0.01
_OBSERVED: Final = 60
_WAIT_SECONDS: Final = 60
_LONGEST_DELAY_SECONDS: Final = 0.004
_MOST_ROOM_BYTES: Final = 65_536


class Disturbance(StrEnum):
    """What happens to a server."""

    KILLED_WORKER = "one worker was killed"
    KILLED_SERVER = "the whole server was killed"
    STOPPED_SERVER = "the whole server was told to stop"
    FULL_DISK = "the disk was full for a while"


ENDS: Final = {Disturbance.KILLED_SERVER, Disturbance.STOPPED_SERVER}


class Journal:
    """The history so far. Lets a test wait for what comes."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self._waiting: list[tuple[Callable[[Operation], bool], asyncio.Event]] = []

    def record(self, operation: Operation) -> None:
        self.operations.append(operation)
        for is_awaited, arrived in self._waiting:
            if is_awaited(operation):
                arrived.set()

    async def see(self, kind: Kind | None = None, answer: Answer | None = None) -> None:
        """Wait for the next operation of a kind and with an answer."""
        await self._see(lambda one: kind in {None, one.kind} and answer in {None, one.answer})

    async def see_new_worker(self) -> None:
        """Wait for an answer of a worker that has given none yet."""
        known = {0, *(one.worker for one in self.operations)}
        await self._see(lambda one: one.worker not in known)

    async def _see(self, is_awaited: Callable[[Operation], bool]) -> None:
        waiting = (is_awaited, asyncio.Event())
        self._waiting.append(waiting)
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                await waiting[1].wait()
        finally:
            self._waiting.remove(waiting)


class Ordeal:
    """Disturbs servers over one data directory while clients issue and call.

    Args:
        customers: The service users of the data directory.
        seed: The instants, and what is asked, depend on it.
    """

    def __init__(self, customers: list[Customer], seed: int) -> None:
        self.journal = Journal()
        self.violations: list[Violation] = []
        self._dice = make_dice(seed)
        self._client = Client(0, customers, self.journal.record, seed, _ISSUES)
        self._client.link_life = _LINK_LIFE

    async def disturb(self, server: Server, disturbance: Disturbance) -> None:
        """Let something happen to a server at work; when this returns, nobody asks any more."""
        async with self._at_work(server):
            for _ in range(self._dice.randint(10, 150)):
                await self.journal.see()
            await asyncio.sleep(self._dice.random() * _LONGEST_DELAY_SECONDS)
            began = len(self.journal.operations)
            match disturbance:
                case Disturbance.KILLED_SERVER:
                    server.kill()
                case Disturbance.STOPPED_SERVER:
                    await asyncio.to_thread(server.close)
                case Disturbance.KILLED_WORKER:
                    server.kill_worker(self._dice.choice(server.worker_processes()))
                    await self._see_replacement()
                case Disturbance.FULL_DISK:
                    await self._fill_disk(server)
        tell(f"{disturbance}; {len(self.journal.operations) - began} operations")

    async def examine(self, server: Server) -> None:
        """Try all tokens that clients hold, then a new one of each user and those before it."""
        self._client.port = server.port
        link = await Link.open(server.port)
        try:
            for user in range(len(self._client.purses)):
                self.violations += judge([call async for call in self._try_tokens(link, user)])
                issue = await self._client.issue(link, user)
                again = [call async for call in self._try_tokens(link, user)]
                self.violations += judge(again)
                if (issue.answer, again[-1].answer) != (Answer.DONE, Answer.DONE):
                    self.violations.append(
                        Violation("a new token was not issued, or not live", (issue, again[-1]))
                    )
        finally:
            link.close()

    async def _try_tokens(self, link: Link, user: int) -> AsyncGenerator[Operation]:
        for token in list(self._client.purses[user].tokens):
            yield await self._client.call(link, user, token)

    @asynccontextmanager
    async def _at_work(self, server: Server) -> AsyncGenerator[None]:
        self._client.port = server.port
        running = asyncio.create_task(self._client.run(_CONNECTIONS))
        try:
            yield
        finally:
            self._client.stop()
            await running

    async def _see_replacement(self) -> None:
        for _ in range(_OBSERVED):
            await self.journal.see(Kind.ISSUE, Answer.DONE)
        # The new worker needs the processors to start, and new connections to be found.
        self._client.rest_seconds = _REST_SECONDS
        await self.journal.see_new_worker()
        self._client.rest_seconds = 0.0

    async def _fill_disk(self, server: Server) -> None:
        server.fill_disk(self._dice.randrange(_MOST_ROOM_BYTES))
        # Whatever room was left is soon used up, but for the space that SQLite uses anew.
        for _ in range(_OBSERVED):
            await self.journal.see(Kind.ISSUE)
        server.fill_disk(0)
        for _ in range(_OBSERVED):
            await self.journal.see(Kind.ISSUE, Answer.UNAVAILABLE)
            # Answered from what was counted ahead, or not at all: nothing passes uncounted.
            await self.journal.see(Kind.CALL)
        server.clear_disk()
        await self.journal.see(Kind.ISSUE, Answer.DONE)
        await self.journal.see(Kind.CALL, Answer.DONE)


def judge(calls: list[Operation]) -> list[Violation]:
    """Return what is wrong with the tokens of one user, tried one by one at a quiet time.

    Args:
        calls: One with each token that was acknowledged, the oldest first.
    """
    return list(_judge(calls))


def _judge(calls: list[Operation]) -> Iterator[Violation]:
    admitted = tuple(call for call in calls if call.answer is Answer.DONE)
    if len(admitted) > 1:
        yield Violation("more than one token is live", admitted)
    if admitted and admitted[-1] != calls[-1]:
        yield Violation("a token is live, and not the newest", (admitted[-1], calls[-1]))
    for call in calls:
        if call.answer is Answer.REVOKED:
            yield Violation("a token that was acknowledged is lost", (call,))
        elif call.answer not in {Answer.DONE, Answer.SUPERSEDED}:
            yield Violation("nobody can say whether a token is live", (call,))
