"""Lists, page by page: what is listed at once, and how one comes to the next."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from watchword.access.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")
NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
"""What the `next` of a page looks like where it is a number."""
LONGEST_PAGE: Final = 1_000
"""So many are listed at once at most: reading them must not keep others waiting."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list.

    Attributes:
        next: What the following page is asked for with; None on the last one.
    """

    items: list[T]
    next: str | None


def to_page(found: list[T], limit: int, name_of: Callable[[T], str]) -> Page[T]:
    """Return a page of what the store found: one more than asked for tells that there is more."""
    items = found[:limit]
    return Page(items, name_of(items[-1]) if len(found) > limit else None)


def to_number(after: str | None) -> int | None:
    """Read the `next` of a page that is a number. Raises Malformed."""
    if after is None:
        return None
    if not NUMBER.fullmatch(after):
        raise Malformed("'after' is the 'next' of another page")
    return int(after)


async def read_all(list_page: Callable[[str | None], Awaitable[Page[T]]]) -> list[T]:
    """Return what stands on all pages of a list, for who has the time.

    Args:
        list_page: Returns the page behind what it is given; None asks for the first.
    """
    page = await list_page(None)
    items = page.items
    while page.next is not None:
        page = await list_page(page.next)
        items += page.items
    return items
