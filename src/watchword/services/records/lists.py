"""Lists that are read page by page: by their order, never by counting to where a page begins.

A list is everybody's, or each of several owners has one; then all their pages are read at once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Final

from watchword.services.records.paging import Page, read_stretch
from watchword.services.records.statements import as_json, count_text, page_text, text_of_owners

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from watchword.services.records.cursors import Boundary
    from watchword.services.records.orders import Comparison, Order
    from watchword.services.records.paging import PageInfoInput, Stretch
    from watchword.services.records.reading import Reader
    from watchword.services.records.statements import Shape

    Bindings = Mapping[str, str | int | None]

NOBODY: Final = 0
"""Owns the lists that are nobody's."""
# Walking so far takes less time than a first count may.
_FAR: Final = 1_000


class Listing(ABC):
    """A list: what is in it, and in which order.

    Attributes:
        tag: Two letters that its cursors bear.
        noun: Names the list in refusals.
        order: How it is ordered.
    """

    tag: str
    noun: str
    order: Order

    def page(self, reader: Reader, asked: PageInfoInput | None) -> Page:
        """Return a page of a list that is nobody's."""
        return self.pages(reader, asked, (NOBODY,))[NOBODY]

    def pages(
        self, reader: Reader, asked: PageInfoInput | None, owners: Sequence[int]
    ) -> dict[int, Page]:
        """Return the same page of each owner's list.

        Raises:
            GraphQLError: If there is no such page.
        """
        stretch = read_stretch(asked, self)
        found = self.find(reader, stretch, owners)
        return {owner: Page(self, owner, stretch, found.get(owner, ())) for owner in owners}

    @abstractmethod
    def find(
        self, reader: Reader, stretch: Stretch, owners: Sequence[int]
    ) -> Mapping[int, Sequence[Any]]:
        """Return the items of a stretch by owner, and one more where there are more.

        Those of a stretch backwards come from the boundary towards the list's beginning.
        """

    def is_behind_end(self, reader: Reader, stretch: Stretch) -> bool:
        """Tell whether a stretch of a list that is nobody's begins far on, where nothing is.

        A made-up position is else walked to, past all that there is; a count is remembered.
        """
        boundary = stretch.boundary
        if boundary is None or boundary.key is not None or boundary.position < _FAR:
            return False
        return boundary.position >= self.count(reader, (NOBODY,))[NOBODY]

    @abstractmethod
    def count(self, reader: Reader, owners: Sequence[int]) -> Mapping[int, int]:
        """Return how long each owner's list is."""

    @abstractmethod
    def is_any_before(
        self, reader: Reader, boundary: Boundary, owners: Sequence[int]
    ) -> Mapping[int, bool]:
        """Return whether items come before a boundary; before a bare position: whether any are."""

    @abstractmethod
    def is_any_after(
        self, reader: Reader, boundary: Boundary, owners: Sequence[int]
    ) -> Mapping[int, bool]:
        """Return whether items come after a boundary that has a key."""


class TableListing(Listing):
    """A list that is in the tables as it is.

    Args:
        tag: Two letters that its cursors bear.
        noun: Names the list in refusals.
        shape: Its SQL.
        make: Makes an item of a row.
        bindings: The values that the conditions name.
    """

    __slots__ = ("_bindings", "_make", "_shape", "noun", "order", "tag")

    def __init__(
        self, tag: str, noun: str, shape: Shape, make: Callable[..., Any], bindings: Bindings
    ) -> None:
        self.tag = tag
        self.noun = noun
        self.order = shape.order
        self._shape = shape
        self._make = make
        self._bindings = bindings

    def find(
        self, reader: Reader, stretch: Stretch, owners: Sequence[int]
    ) -> Mapping[int, Sequence[Any]]:
        """Return the items of a stretch by owner."""
        boundary = stretch.boundary
        if self._shape.owner is None and self.is_behind_end(reader, stretch):
            return {}
        bindings: dict[str, str | int | None] = {**self._bindings, "size": stretch.size + 1}
        comparison: Comparison | None = None
        if boundary is None or boundary.key is None:
            bindings["start"] = stretch.start
        else:
            comparison = side_of(boundary, is_before=stretch.is_backwards)
            bindings |= {"start": 0, **self._shape.order.bindings(boundary.key)}
        is_one = len(owners) == 1
        text = page_text(self._shape, comparison, is_one=is_one)
        bindings["owner"] = owners[0] if is_one else as_json(owners)
        rows = reader.rows(text, bindings)
        make = self._make
        if is_one:
            return {owners[0]: [make(*row) for row in rows]}
        found: dict[int, list[Any]] = {}
        for row in rows:
            found.setdefault(row[0], []).append(make(*row[1:]))
        return found

    def count(self, reader: Reader, owners: Sequence[int]) -> Mapping[int, int]:
        """Return how long each owner's list is."""
        if self._shape.owner is None:
            return {NOBODY: reader.count(count_text(self._shape), self._bindings)}
        text = text_of_owners(self._shape, "count(*)", None)
        return dict(reader.rows(text, {**self._bindings, "owner": as_json(owners)}))

    def is_any_before(
        self, reader: Reader, boundary: Boundary, owners: Sequence[int]
    ) -> Mapping[int, bool]:
        """Return whether items come before a boundary."""
        return self._is_any(reader, boundary, owners, is_before=True)

    def is_any_after(
        self, reader: Reader, boundary: Boundary, owners: Sequence[int]
    ) -> Mapping[int, bool]:
        """Return whether items come after a boundary."""
        return self._is_any(reader, boundary, owners, is_before=False)

    def _is_any(
        self, reader: Reader, boundary: Boundary, owners: Sequence[int], *, is_before: bool
    ) -> Mapping[int, bool]:
        bindings: dict[str, str | int | None] = {**self._bindings, "owner": as_json(owners)}
        comparison: Comparison | None = None
        if boundary.key is not None:
            comparison = side_of(boundary, is_before=is_before)
            bindings |= self._shape.order.bindings(boundary.key)
        rows = reader.rows(text_of_owners(self._shape, "EXISTS", comparison), bindings)
        return {owner: bool(is_any) for owner, is_any in rows}


def side_of(boundary: Boundary, *, is_before: bool) -> Comparison:
    """Return how items on one side of a boundary compare to the item beside it."""
    if is_before:
        return "<=" if boundary.is_after else "<"
    return ">" if boundary.is_after else ">="


def by_listing(pages: Iterable[Page]) -> list[tuple[Listing, Stretch, list[Page]]]:
    """Return pages by the list and the stretch that they are of."""
    parts: dict[tuple[int, int], tuple[Listing, Stretch, list[Page]]] = {}
    for page in pages:
        key = (id(page.listing), id(page.stretch))
        parts.setdefault(key, (page.listing, page.stretch, []))[2].append(page)
    return list(parts.values())
