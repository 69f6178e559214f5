"""The list of the records that a caller names: in the caller's order, without those unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from watchword.services.records.lists import NOBODY, Listing
from watchword.services.records.orders import ByNumber
from watchword.services.records.paging import LARGEST_SIZE, Page, Stretch, read_stretch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from watchword.services.records.cursors import Boundary
    from watchword.services.records.finding import Records
    from watchword.services.records.paging import PageInfoInput
    from watchword.services.records.reading import Reader

_EVERYTHING = Stretch(None, LARGEST_SIZE)


class Named(Listing):
    """The records of some numbers. All of them are found at once, as there are few.

    Args:
        tag: Two letters that its cursors bear.
        noun: Names the list in refusals.
        records: Finds them.
        numbers: The caller's; one that is given twice counts once.
    """

    order = ByNumber()

    def __init__(self, tag: str, noun: str, records: Records[Any], numbers: Sequence[int]) -> None:
        self.tag = tag
        self.noun = noun
        self._records = records
        self._numbers = list(dict.fromkeys(numbers))
        self._found: dict[int, Any] = {}

    def page(self, reader: Reader, asked: PageInfoInput | None) -> Page:
        """Return a page of the list; all of it where the caller does not say how much."""
        stretch = read_stretch(asked, self, _EVERYTHING)
        self._found = self._records.find(reader, self._numbers)
        page = Page(self, NOBODY, stretch, self.find(reader, stretch, ())[NOBODY])
        page.total = len(self._found)
        return page

    def find(
        self, reader: Reader, stretch: Stretch, owners: Sequence[int]
    ) -> Mapping[int, Sequence[Any]]:
        """Return the records of a stretch."""
        del reader, owners
        boundary = stretch.boundary
        if boundary is None:
            listed = self._known(self._numbers)
        elif boundary.key is None:
            listed = self._known(self._numbers)[boundary.position :]
        elif stretch.is_backwards:
            listed = self._known(self._numbers[: self._place(boundary)])[::-1]
        else:
            listed = self._known(self._numbers[self._place(boundary) :])
        return {NOBODY: listed[: stretch.size + 1]}

    def count(self, reader: Reader, owners: Sequence[int]) -> Mapping[int, int]:
        """Return how many are known."""
        del reader, owners
        return {NOBODY: len(self._found)}

    def is_any_before(
        self, reader: Reader, boundary: Boundary, owners: Sequence[int]
    ) -> Mapping[int, bool]:
        """Return whether records come before a boundary."""
        del reader, owners
        end = None if boundary.key is None else self._place(boundary)
        return {NOBODY: bool(self._known(self._numbers[:end]))}

    def is_any_after(
        self, reader: Reader, boundary: Boundary, owners: Sequence[int]
    ) -> Mapping[int, bool]:
        """Return whether records come after a boundary."""
        del reader, owners
        return {NOBODY: bool(self._known(self._numbers[self._place(boundary) :]))}

    def _place(self, boundary: Boundary) -> int:
        # A cursor from a longer list of ids: nothing of this one is behind it.
        (number,) = boundary.key or (0,)
        if number not in self._numbers:
            return len(self._numbers)
        return self._numbers.index(int(number)) + boundary.is_after

    def _known(self, numbers: Sequence[int]) -> list[Any]:
        return [self._found[number] for number in numbers if number in self._found]
