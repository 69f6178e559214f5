"""Pages: what a caller asks of one, and what a page knows of what lies around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from graphql import GraphQLError

from watchword.services.records.cursors import (
    Boundary,
    NoCursor,
    OtherList,
    cursor_after,
    cursor_before,
    parse_cursor,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watchword.services.records.lists import Listing

DEFAULT_SIZE: Final = 10
LARGEST_SIZE: Final = 100
BAD_USER_INPUT: Final = "BAD_USER_INPUT"
"""The code of a caller's mistake in an argument."""
_BAD_INPUT: Final = {"code": BAD_USER_INPUT}


@dataclass(frozen=True, slots=True)
class PageInfoInput:
    """What a caller asks of a page, unchecked."""

    after: str | None = None
    before: str | None = None
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a list: `size` items at most, on one side of a boundary.

    Attributes:
        boundary: None is the list's beginning.
        is_backwards: The items before the boundary rather than those behind it.
    """

    boundary: Boundary | None
    size: int
    is_backwards: bool = False

    @property
    def start(self) -> int:
        """How many items come before the stretch, as far as that is known."""
        return 0 if self.boundary is None else self.boundary.position


BEGINNING: Final = Stretch(None, DEFAULT_SIZE)


class Page:
    """A stretch of a list, and what is known so far of what lies around it.

    Attributes:
        listing: The list.
        owner: Whose; 0 where the list is nobody's.
        stretch: What was asked for.
        items: What was found.
        start: How many items come before, as far as that is known.
        has_next: Whether items follow; None until somebody asks.
        has_previous: Whether items come before; None until somebody asks.
        total: How long the list is; None until somebody asks.
    """

    __slots__ = (
        "has_next",
        "has_previous",
        "items",
        "listing",
        "owner",
        "start",
        "stretch",
        "total",
    )

    def __init__(
        self, listing: Listing, owner: int, stretch: Stretch, found: Sequence[Any]
    ) -> None:
        size = stretch.size
        is_more = len(found) > size
        self.listing = listing
        self.owner = owner
        self.stretch = stretch
        self.has_next: bool | None
        self.has_previous: bool | None
        if stretch.is_backwards:
            # Found from the boundary towards the beginning.
            self.items = found[:size][::-1]
            self.start = max(1, stretch.start - len(self.items)) if is_more else 0
            self.has_next, self.has_previous = None, is_more
        else:
            self.items = found[:size]
            self.start = stretch.start
            self.has_next, self.has_previous = is_more, _has_previous(stretch, self.items)
        is_whole = stretch.boundary is None and not is_more
        self.total = len(self.items) if is_whole else None

    @property
    def start_cursor(self) -> str | None:
        """Where the page begins; None on the first page, as documented, and on an empty one.

        Needs `has_previous`.
        """
        if not self.items or not self.has_previous:
            return None
        key = self.listing.order.key_of(self.items[0])
        return cursor_before(max(1, self.start), self.listing.tag, key)

    @property
    def end_cursor(self) -> str | None:
        """Where the page ends; None on an empty one."""
        if not self.items:
            return None
        key = self.listing.order.key_of(self.items[-1])
        return cursor_after(self.start + len(self.items), self.listing.tag, key)


class ForeignCursor(GraphQLError):
    """A caller's cursor is one of another list."""


def bad_input(message: str) -> GraphQLError:
    """Return the error for a caller's mistake in an argument."""
    return GraphQLError(message, extensions=_BAD_INPUT)


def read_stretch(
    asked: PageInfoInput | None, listing: Listing, usual: Stretch = BEGINNING
) -> Stretch:
    """Return the stretch of a list that was asked for.

    Args:
        asked: The caller's.
        listing: The list.
        usual: What a caller gets who does not say how much.

    Raises:
        GraphQLError: If the four values make no sense together, or one alone.
    """
    if asked is None:
        return usual
    noun = listing.noun
    if asked.last is not None and asked.before is None:
        raise bad_input(f"missing mandatory field 'before' @ {noun}")
    if asked.before is None:
        size = _size("first", asked.first, usual.size, noun)
        if asked.after is None:
            return Stretch(None, size)
        return Stretch(_boundary("after", asked.after, listing), size)
    if asked.first is not None or asked.after is not None:
        raise bad_input(f"'before' goes with 'last' only, not with 'first' or 'after' @ {noun}")
    return _backwards(
        _boundary("before", asked.before, listing), _size("last", asked.last, usual.size, noun)
    )


def _backwards(boundary: Boundary, size: int) -> Stretch:
    if boundary.key is not None:
        return Stretch(boundary, size, is_backwards=True)
    # Positions count from the beginning, so this is a stretch that ends at one.
    start = max(0, boundary.position - size)
    return Stretch(Boundary(start) if start else None, boundary.position - start)


def _has_previous(stretch: Stretch, items: Sequence[Any]) -> bool | None:
    boundary = stretch.boundary
    if boundary is None:
        return False
    # Whatever is behind a position has as many items before it.
    return True if boundary.key is None and items else None


def _size(name: str, size: int | None, usual: int, noun: str) -> int:
    if size is None:
        return usual
    if not 1 <= size <= LARGEST_SIZE:
        raise bad_input(f"'{name}' must be from 1 to {LARGEST_SIZE}, not {size} @ {noun}")
    return size


def _boundary(name: str, cursor: str, listing: Listing) -> Boundary:
    try:
        return parse_cursor(cursor, listing.tag, listing.order)
    except NoCursor:
        raise bad_input(
            f"'{name}' is not a cursor of this service; "
            f"pass a startCursor or endCursor @ {listing.noun}"
        ) from None
    except OtherList:
        raise ForeignCursor(
            f"'{name}' is a cursor of another list; "
            f"pass a startCursor or endCursor of this one @ {listing.noun}",
            extensions=_BAD_INPUT,
        ) from None
