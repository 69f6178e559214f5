"""Pages and their cursors. Owns the arithmetic; reading a page is `reading`'s."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from graphql import GraphQLError

Item = TypeVar("Item")

DEFAULT_SIZE: Final = 10
LARGEST_SIZE: Final = 100
_CURSOR: Final = re.compile(r"altptr([1-9][0-9]{0,14})")


@dataclass(frozen=True, slots=True)
class PageInfoInput:
    """What a caller asks of a page, unchecked."""

    after: str | None = None
    before: str | None = None
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a list: `size` items at most, after the first `start`."""

    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A stretch of a list together with the length of the whole list."""

    items: tuple[Item, ...]
    start: int
    total: int

    @property
    def has_next_page(self) -> bool:
        """Whether items follow."""
        return self.start + len(self.items) < self.total

    @property
    def has_previous_page(self) -> bool:
        """Whether items come before."""
        return self.start > 0 and self.total > 0

    @property
    def start_cursor(self) -> str | None:
        """Where the page begins; None on the first page, as documented, and on an empty one."""
        return f"altptr{self.start}" if self.items and self.start else None

    @property
    def end_cursor(self) -> str | None:
        """Where the page ends; None on an empty one."""
        return f"altptr{self.start + len(self.items)}" if self.items else None


def bad_input(message: str) -> GraphQLError:
    """Return the error for a caller's mistake in an argument."""
    return GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})


def window(asked: PageInfoInput | None, noun: str) -> Window:
    """Return the stretch that was asked for; `noun` names the list in refusals.

    Raises:
        GraphQLError: If the four values make no sense together, or one alone.
    """
    if asked is None:
        return Window(0, DEFAULT_SIZE)
    if asked.last is not None and asked.before is None:
        raise bad_input(f"missing mandatory field 'before' @ {noun}")
    if asked.before is None:
        start = 0 if asked.after is None else _offset("after", asked.after, noun)
        return Window(start, _size("first", asked.first, noun))
    if asked.first is not None or asked.after is not None:
        raise bad_input(f"'before' goes with 'last' only, not with 'first' or 'after' @ {noun}")
    stop = _offset("before", asked.before, noun)
    start = max(0, stop - _size("last", asked.last, noun))
    return Window(start, stop - start)


def _size(name: str, size: int | None, noun: str) -> int:
    if size is None:
        return DEFAULT_SIZE
    if not 1 <= size <= LARGEST_SIZE:
        raise bad_input(f"'{name}' must be from 1 to {LARGEST_SIZE}, not {size} @ {noun}")
    return size


def _offset(name: str, cursor: str, noun: str) -> int:
    matched = _CURSOR.fullmatch(cursor)
    if matched is None:
        raise bad_input(
            f"'{name}' is not a cursor of this service; pass a startCursor or endCursor @ {noun}"
        )
    return int(matched[1])
