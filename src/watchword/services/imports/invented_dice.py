"""Numbers that depend on a seed and a subject only: the same on every machine, in any order.

The bytes of SHAKE-128 over seed and subject are read as whole numbers of 32 bits. One hash serves
a whole subject; nothing here is rounded, so that no processor and no version differs.
"""

from __future__ import annotations

from bisect import bisect_right
from hashlib import shake_128
from itertools import accumulate, count
from struct import unpack
from typing import TYPE_CHECKING, Final, TypeVar

from watchword.services.records.dates import PartialDate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_Option = TypeVar("_Option")

_NUMBERS_OF_A_HASH: Final = 128
_BITS: Final = 32


class Dice:
    """Draws for one subject."""

    def __init__(self, seed: int, subject: str) -> None:
        self._draw = _numbers(f"{seed}/{subject}/").__next__

    def between(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return low + (self._draw() * (high - low + 1) >> _BITS)

    def pick(self, options: Sequence[_Option]) -> _Option:
        """Return one of `options`."""
        return options[self._draw() * len(options) >> _BITS]

    def is_one_in(self, number: int) -> bool:
        """Return true once in `number` times."""
        return self._draw() * number >> _BITS == 0

    def date(self, low: int, high: int) -> PartialDate:
        """Return a date from year `low` to `high`; one in five not to the day."""
        year, month = self.between(low, high), self.between(1, 12)
        match self.between(1, 10):
            case 1:
                return PartialDate(f"{year}")
            case 2:
                return PartialDate(f"{year}-{month:02}")
            case _:
                return PartialDate(f"{year}-{month:02}-{self.between(1, 28):02}")

    def day(self, low: int, high: int) -> PartialDate:
        """Return a day from year `low` to `high`."""
        month, day = self.between(1, 12), self.between(1, 28)
        return PartialDate(f"{self.between(low, high)}-{month:02}-{day:02}")


class Ranking:
    """Places from 0 on, the first ones oftener than the last: nearly as 1, 1/2, 1/3 and so on.

    Args:
        size: How many places there are.
        flatness: How far the first places are leveled: they differ little among so many.
    """

    def __init__(self, size: int, flatness: int) -> None:
        self._ends = list(accumulate(10**9 // (place + flatness) for place in range(size)))

    def place(self, dice: Dice) -> int:
        """Return a place."""
        return bisect_right(self._ends, dice.between(0, self._ends[-1] - 1))


def _numbers(prefix: str) -> Iterator[int]:
    for block in count():
        digest = shake_128(f"{prefix}{block}".encode()).digest(_NUMBERS_OF_A_HASH * _BITS // 8)
        yield from unpack(f"<{_NUMBERS_OF_A_HASH}I", digest)
