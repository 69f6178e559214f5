"""Where in an answer a value stands. A path is put together when an error asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    Path = list[str | int]


class Place(Protocol):
    """The places of the values of one level, by their position in it."""

    def path(self, index: int, /) -> Path:
        """Return the path of one value, from the root of the answer."""
        ...


class RootPlace:
    """The root of an answer."""

    def path(self, _index: int) -> Path:
        """Return the empty path."""
        return []


class FieldPlace:
    """One field of the objects of a level."""

    __slots__ = ("_key", "_parent")

    def __init__(self, parent: Place, key: str) -> None:
        self._parent = parent
        self._key = key

    def path(self, index: int) -> Path:
        """Return the path of the field of one object."""
        return [*self._parent.path(index), self._key]


class ItemPlace:
    """The items of all lists of a level, one after another."""

    __slots__ = ("_lists", "_parent")

    def __init__(self, parent: Place, lists: Sequence[Sequence[object]]) -> None:
        self._parent = parent
        self._lists = lists

    def path(self, index: int) -> Path:
        """Return the path of one item."""
        for owner, items in enumerate(self._lists):
            if index < len(items):
                return [*self._parent.path(owner), index]
            index -= len(items)
        raise IndexError(index)


class KeptPlace:
    """Some of the values of a level."""

    __slots__ = ("_kept", "_parent")

    def __init__(self, parent: Place, kept: Sequence[int]) -> None:
        self._parent = parent
        self._kept = kept

    def path(self, index: int) -> Path:
        """Return the path of one that was kept."""
        return self._parent.path(self._kept[index])
