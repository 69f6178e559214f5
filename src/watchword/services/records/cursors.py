"""Cursors: where a page begins or ends, as a text that callers pass back.

`altptr10` is the tenth position, as the published examples print it. What the service hands out
names the item beside it as well, `altptr10.a.re.2019-01-03.4711`: the boundary stays beside that
item, whatever is imported between two pages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from watchword.services.records.orders import Key, Order

# As many digits as always fit the 64-bit integers of SQLite.
_PLAIN: Final = re.compile(r"altptr([1-9][0-9]{0,14})")
_KEYED: Final = re.compile(r"altptr([1-9][0-9]{0,14})\.([ab])\.([a-z]{2})\.([0-9.-]{1,48})")
_AFTER: Final = "a"
_BEFORE: Final = "b"


class NoCursor(ValueError):
    """The text is no cursor of this service."""


class OtherList(ValueError):
    """The text is a cursor of another list."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """A place between two items of a list.

    Attributes:
        position: How many items were before it when it was handed out.
        key: Of the item beside it; None where only the position is known.
        is_after: Whether it lies behind that item, or before it.
    """

    position: int
    key: Key | None = None
    is_after: bool = True


def parse_cursor(text: str, tag: str, order: Order) -> Boundary:
    """Return the boundary that a cursor stands for.

    Args:
        text: The caller's.
        tag: Of the list that it is to be used in: two letters.
        order: Of that list.

    Raises:
        NoCursor: If it is none.
        OtherList: If it belongs to another list.
    """
    plain = _PLAIN.fullmatch(text)
    if plain is not None:
        return Boundary(int(plain[1]))
    keyed = _KEYED.fullmatch(text)
    if keyed is None:
        raise NoCursor
    if keyed[3] != tag:
        raise OtherList
    key = order.find_key(keyed[4])
    if key is None:
        raise NoCursor
    return Boundary(int(keyed[1]), key, keyed[2] == _AFTER)


def cursor_after(position: int, tag: str, key: Key) -> str:
    """Return the cursor of the boundary behind an item."""
    return f"altptr{position}.{_AFTER}.{tag}.{'.'.join(map(str, key))}"


def cursor_before(position: int, tag: str, key: Key) -> str:
    """Return the cursor of the boundary before an item."""
    return f"altptr{position}.{_BEFORE}.{tag}.{'.'.join(map(str, key))}"
