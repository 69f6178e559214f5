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

    Unlike `lasting.run_while` it runs nothing in another task, and needs one of its own only for
    what is under way for half a second: most is not, and a task costs more than the guard does.

    Args:
        require: Raises when it may not.
    """

    def __init__(self, require: Callable[[], Awaitable[object]]) -> None:
        self._require = require
        self._deadline = asyncio.timeout(None)
        self._timer: asyncio.TimerHandle | None = None
        self._looking: asyncio.Task[None] | None = None
        self._refusal: Exception | None = None

    @property
    def is_over(self) -> bool:
        """Whether it may not go on, whatever it does when it is cancelled."""
        return self._refusal is not None

    async def run(self, work: Awaitable[None]) -> None:
        """Run something to its end, or until it may not go on: then it is cancelled.

        Raises:
            Refusal: What `require` raised.
            StoreUnavailable: If nobody can say whether it may go on.
        """
        try:
            async with self._deadline:
                await work
        except Exception:
            if self._refusal is None:
                raise
        finally:
            self.stop()
            if self._looking is not None:
                await asyncio.wait([self._looking])
        if self._refusal is not None:
            raise self._refusal

    def begin(self) -> None:
        """Begin to look, half a second from now."""
        self._timer = asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._begin)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
        if self._looking is not None:
            self._looking.cancel()

    def _begin(self) -> None:
        self._looking = asyncio.get_running_loop().create_task(self._look())

    async def _look(self) -> None:
        try:
            while True:
                await self._require()
                await asyncio.sleep(_LOOK_SECONDS)
        except Exception as error:  # noqa: BLE001 - raised by `run`: whatever it is, it is no yes
            self._refusal = error
            self._deadline.reschedule(asyncio.get_running_loop().time())
