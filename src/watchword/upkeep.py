"""What a running server does again and again beside its requests."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from watchword.access.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

_log: Final = logging.getLogger("watchword.upkeep")
_SECONDS: Final = 0.5


class Upkeep:
    """Does some chores every half second, one after the other, until it is stopped.

    Args:
        chores: What is done. One that fails is logged, and tried again the next time.
        last: What is done once, when it stops.
    """

    def __init__(
        self,
        chores: Sequence[Callable[[], Awaitable[None]]],
        last: Sequence[Callable[[], Awaitable[None]]],
    ) -> None:
        self._chores = chores
        self._last = last
        self._task: asyncio.Task[None] | None = None
        self._is_stopping: asyncio.Event | None = None

    def start(self) -> None:
        """Begin, on the running event loop."""
        self._is_stopping = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._go_on(self._is_stopping))

    async def stop(self) -> None:
        """Finish what is being done, then do what is left to do."""
        if self._task is not None and self._is_stopping is not None:
            self._is_stopping.set()
            await self._task
        for chore in self._last:
            await _do(chore)

    async def _go_on(self, is_stopping: asyncio.Event) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_SECONDS):
                    await is_stopping.wait()
                    return
            for chore in self._chores:
                await _do(chore)


async def _do(chore: Callable[[], Awaitable[None]]) -> None:
    try:
        await chore()
    except StoreUnavailable as error:
        _log.warning("upkeep has to wait", extra={"reason": str(error)})
