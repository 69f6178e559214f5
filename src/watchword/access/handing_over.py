"""Counts in memory that are handed over now and then, and lost at no failure of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

CountedT = TypeVar("CountedT")


class HandedOver(ABC, Generic[CountedT]):
    """Takes what was counted since the last time, and puts it back where nobody takes it over."""

    def __init__(self) -> None:
        self._counts: dict[CountedT, int] = {}

    async def record(self) -> None:
        """Hand over what was counted since.

        Raises:
            StoreUnavailable: If it could not be recorded. It is tried again the next time.
        """
        counts, self._counts = self._counts, {}
        if not counts:
            return
        try:
            await self._hand_over(counts)
        except BaseException:
            for counted, times in counts.items():
                self._counts[counted] = self._counts.get(counted, 0) + times
            raise

    @abstractmethod
    async def _hand_over(self, counts: Mapping[CountedT, int]) -> None: ...
