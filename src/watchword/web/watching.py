"""Ends what lasts when it may not go on. What is over soon pays nothing for it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_LOOK_SECONDS: Final = 0.5
"""A token that was superseded ends what it opened within a second."""


class Watch:
    """Looks every half second whether what lasts may go on.

    It runs nothing in another task, and needs tasks of its own only for what is under way for
    half a second: most is not, and a task costs more than the guard does.

    Args:
        require: Raises when it may not.
        until: Returns when nobody wants it any more. Awaited from the first look on.

    Attributes:
        is_over: Whether it may not go on, or need not, whatever it does when it is cancelled.
    """

    def __init__(
        self,
        require: Callable[[], Awaitable[object]],
        until: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._require = require
        self._until = until
        self._deadline = asyncio.timeout(None)
        self._timer: asyncio.TimerHandle | None = None
        self._looking: list[asyncio.Task[None]] = []
        self._refusal: Exception | None = None
        self.is_over = False

    async def run(self, work: Awaitable[None]) -> None:
        """Run something to its end, or until it may not go on, or need not: then it is cancelled.

        Raises:
            Refusal: What `require` raised.
            StoreUnavailable: If nobody can say whether it may go on.
        """
        try:
            async with self._deadline:
                await work
        except Exception:
            if not self.is_over:
                raise
        finally:
            self.stop()
            if self._looking:
                await asyncio.wait(self._looking)
        if self._refusal is not None:
            raise self._refusal

    def begin(self) -> None:
        """Begin to look, half a second from now."""
        self._timer = asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._begin)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
        for task in self._looking:
            task.cancel()

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        self._looking.append(loop.create_task(self._end_after(self._look)))
        if self._until is not None:
            self._looking.append(loop.create_task(self._end_after(self._until)))

    async def _end_after(self, wait: Callable[[], Awaitable[None]]) -> None:
        refusal: Exception | None = None
        try:
            await wait()
        except Exception as error:  # noqa: BLE001 - raised by `run`: whatever it is, it is no yes
            refusal = error
        # What ends it first, ends it: the other may come while it is being cancelled.
        if not self.is_over:
            self.is_over, self._refusal = True, refusal
            self._deadline.reschedule(asyncio.get_running_loop().time())

    async def _look(self) -> None:
        while True:
            await self._require()
            await asyncio.sleep(_LOOK_SECONDS)
