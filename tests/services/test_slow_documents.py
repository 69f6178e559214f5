"""Slow work of one account leaves room for others', and nobody who has left holds a place."""

from __future__ import annotations

import asyncio
from threading import Event
from typing import TYPE_CHECKING, Final

import pytest

from watchword.access.errors import RequestTooSlow, ServiceBusy
from watchword.services.slow_documents import SlowDocuments

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

_PATIENCE: Final = 30.0
"""Seconds until a test that hangs is a failure."""


class Held:
    """Work that goes on until it is let go."""

    def __init__(self) -> None:
        self.has_begun = Event()
        self._may_end = Event()

    def __call__(self) -> str:
        self.has_begun.set()
        assert self._may_end.wait(_PATIENCE)
        return "held"

    def let_go(self) -> None:
        self._may_end.set()

    async def wait_for_begin(self) -> None:
        assert await asyncio.to_thread(self.has_begun.wait, _PATIENCE)


class Asked:
    """A pool, with those who wait for it."""

    def __init__(self) -> None:
        self.pool = SlowDocuments()
        self.order: list[str] = []
        self.held: list[Held] = []

    async def stays(self) -> None:
        await asyncio.get_running_loop().create_future()

    def begin(
        self,
        account: str,
        work: Callable[[], object],
        until: Callable[[], Awaitable[object]] | None = None,
    ) -> asyncio.Task[object]:
        return asyncio.create_task(self.pool.run(account, work, until or self.stays))

    async def ask(self, account: str, answer: object = None) -> object:
        return await self.pool.run(account, lambda: answer, self.stays)

    def noting(self, name: str) -> Callable[[], None]:
        return lambda: self.order.append(name)

    async def hold(self, account: str) -> tuple[Held, asyncio.Task[object]]:
        held = Held()
        self.held.append(held)
        task = self.begin(account, held)
        await held.wait_for_begin()
        return held, task


@pytest.fixture
def asked() -> Iterator[Asked]:
    made = Asked()
    yield made
    for held in made.held:
        held.let_go()
    made.pool.close()


def run(check: Callable[[], Awaitable[None]]) -> None:
    async def in_time() -> None:
        async with asyncio.timeout(_PATIENCE):
            await check()

    asyncio.run(in_time())


async def turn() -> None:
    """Let every task go on up to where it waits."""
    for _ in range(5):
        await asyncio.sleep(0)


def test_an_account_leaves_a_thread_to_the_others(asked: Asked) -> None:
    async def check() -> None:
        held, first = await asked.hold("greedy")
        second = asked.begin("greedy", asked.noting("second"))

        assert await asked.ask("other", "served") == "served"
        assert asked.order == []

        held.let_go()
        await asyncio.gather(first, second)
        assert asked.order == ["second"]

    run(check)


def test_accounts_take_turns_whoever_came_first(asked: Asked) -> None:
    async def check() -> None:
        one, first = await asked.hold("one")
        other, second = await asked.hold("other")
        names = ["greedy-1", "greedy-2", "greedy-3", "modest-1", "new-1"]
        tasks = [asked.begin(name[:-2], asked.noting(name)) for name in names]
        await turn()

        other.let_go()  # and one thread is left
        await asyncio.gather(second, *tasks)
        one.let_go()
        await first

    run(check)
    # Nobody's second is before another's first.
    assert sorted(asked.order[:3]) == ["greedy-1", "modest-1", "new-1"]
    assert asked.order[3:] == ["greedy-2", "greedy-3"]


def test_an_account_has_eight_places_and_all_have_thirty_two(asked: Asked) -> None:
    async def check() -> None:
        held, running = await asked.hold("0")
        other, also_running = await asked.hold("1")
        waiting = [asked.begin("0", asked.noting("0")) for _ in range(7)]
        waiting += [asked.begin("1", asked.noting("1")) for _ in range(7)]
        await turn()
        with pytest.raises(ServiceBusy, match="8 slow documents of one account"):
            await asked.ask("0")
        waiting += [asked.begin("2", asked.noting("2")) for _ in range(8)]
        waiting += [asked.begin("3", asked.noting("3")) for _ in range(8)]
        await turn()
        with pytest.raises(ServiceBusy, match="32 slow documents are"):
            await asked.ask("4")

        held.let_go()
        other.let_go()
        await asyncio.gather(running, also_running, *waiting)

        assert sorted(asked.order) == sorted(["0", "1"] * 7 + ["2", "3"] * 8)
        assert await asyncio.gather(*(asked.ask("0", n) for n in range(8))) == list(range(8))

    run(check)


def test_a_failure_is_told_and_gives_its_place_back(asked: Asked) -> None:
    def fail() -> None:
        raise KeyError("no such thing")

    async def check() -> None:
        for _ in range(9):
            with pytest.raises(KeyError):
                await asked.pool.run("acme", fail, asked.stays)

        assert await asked.ask("acme", 1) == 1

    run(check)


def test_what_its_caller_left_is_not_begun_and_holds_no_place(asked: Asked) -> None:
    async def check() -> None:
        held, first = await asked.hold("acme")
        gone = asyncio.Event()
        left = [asked.begin("acme", asked.noting("left"), gone.wait) for _ in range(7)]
        await turn()
        gone.set()
        for task in left:
            with pytest.raises(RequestTooSlow, match="went away"):
                await task
        stayed = [asked.begin("acme", asked.noting("stayed")) for _ in range(7)]
        await turn()

        held.let_go()
        await asyncio.gather(first, *stayed)

    run(check)
    assert asked.order == ["stayed"] * 7


def test_what_is_cancelled_is_not_begun_and_holds_no_place(asked: Asked) -> None:
    async def check() -> None:
        held, first = await asked.hold("acme")
        stopped = [asked.begin("acme", asked.noting("stopped")) for _ in range(7)]
        await turn()
        for task in stopped:
            task.cancel()
        await asyncio.wait(stopped)
        stayed = [asked.begin("acme", asked.noting("stayed")) for _ in range(7)]
        await turn()

        held.let_go()
        await asyncio.gather(first, *stayed)

    run(check)
    assert asked.order == ["stayed"] * 7


def test_whoever_leaves_what_runs_holds_its_place_until_it_ends(asked: Asked) -> None:
    async def check() -> None:
        held, gone = Held(), asyncio.Event()
        left = asked.begin("acme", held, gone.wait)
        await held.wait_for_begin()
        gone.set()
        with pytest.raises(RequestTooSlow):
            await left
        waiting = [asked.begin("acme", asked.noting("waiting")) for _ in range(7)]
        await turn()
        with pytest.raises(ServiceBusy):
            await asked.ask("acme")
        assert asked.order == []

        held.let_go()
        await asyncio.gather(*waiting)
        assert await asked.ask("acme", 1) == 1

    run(check)


def test_a_closed_pool_begins_nothing_more(asked: Asked) -> None:
    async def check() -> None:
        held, first = await asked.hold("acme")
        waiting = asked.begin("acme", asked.noting("waiting"))
        await turn()

        held.let_go()
        asked.pool.close()
        asked.pool.close()

        assert await first == "held"
        with pytest.raises(asyncio.CancelledError):
            await waiting

    run(check)
    assert asked.order == []
