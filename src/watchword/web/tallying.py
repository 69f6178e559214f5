"""Hands what a worker has counted over to the store, where all workers add up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from watchword.access.ports import Tallies

if TYPE_CHECKING:
    from collections.abc import Mapping

    from watchword.web.counting import Counts


class CountsStore(Tallies, Protocol):
    """What is asked of the store."""

    async def require_answer(self) -> None:
        """Pass when the store answers. Raises StoreUnavailable."""
        ...


class SharedCounts:
    """What all workers have counted, as far as this one knows.

    What a crash loses is what a worker counted in the half second before.

    Args:
        counts: Of this worker.
        store: Keeps the sums of all.
    """

    def __init__(self, counts: Counts, store: CountsStore) -> None:
        self._counts = counts
        self._store = store
        self._held: dict[str, float] = {}
        self._known: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None

    async def record(self) -> None:
        """Hand over what was counted up to now. An idle server writes nothing.

        Raises:
            StoreUnavailable: If the store gives no answer. All is kept for the next time.
        """
        if self._held or not self._counts.is_idle:
            await self._take_turn(needs_answer=False)

    async def exchange(self) -> None:
        """Hand over what was counted up to now, and learn what all have counted.

        Raises:
            StoreUnavailable: If the store gives no answer. All is kept for the next time.
        """
        await self._take_turn(needs_answer=True)

    def shared(self) -> dict[str, float]:
        """Return what all had handed over when last asked: the same for every worker."""
        return dict(self._known)

    def known(self) -> dict[str, float]:
        """Return that, and what this worker has not handed over."""
        known = dict(self._known)
        _add(known, self._held)
        _add(known, self._counts.tallies())
        return known

    async def _take_turn(self, *, needs_answer: bool) -> None:
        # Whoever is cancelled leaves its turn to go on, and the next one waits for it: nothing
        # is handed over twice, or never.
        while self._task is not None:
            await asyncio.shield(self._task)
        self._task = asyncio.get_running_loop().create_task(self._hand_over(needs_answer))
        await asyncio.shield(self._task)

    async def _hand_over(self, needs_answer: bool) -> None:
        try:
            _add(self._held, self._counts.take())
            if self._held:
                await self._store.add_tallies(self._held)
                _add(self._known, self._held)
                self._held = {}
            if needs_answer:
                await self._store.require_answer()
                self._known = await self._store.read_tallies()
        finally:
            self._task = None


def _add(sums: dict[str, float], deltas: Mapping[str, float]) -> None:
    for name, delta in deltas.items():
        sums[name] = sums.get(name, 0) + delta
