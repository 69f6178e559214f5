"""How lists are ordered, in SQL and in cursors. An order is total, so that pages never overlap."""

from __future__ import annotations

import re
from typing import Any, Final, Literal, Protocol

Key = tuple[str | int, ...]
"""What an item's place in its list depends on."""
Comparison = Literal[">", ">=", "<", "<="]
""">: behind an item in the list's order."""

_DATED: Final = re.compile(r"((?:[0-9]{4}(?:-[0-9]{2}){0,2})?)\.([1-9][0-9]{0,17})")
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}")
_RANKED: Final = re.compile(r"([0-9])\.([1-9][0-9]{0,17})")


class Order(Protocol):
    """What an item's place in its list depends on."""

    def key_of(self, item: Any) -> Key:  # noqa: ANN401 - of any class of nodes
        """Return the key of an item."""
        ...

    def find_key(self, text: str) -> Key | None:
        """Return the key that a cursor spells, or None where it is no key of this order."""
        ...


class TableOrder(Order, Protocol):
    """An order that one SQL statement follows.

    Attributes:
        forwards: The terms of ORDER BY.
        backwards: The same, the other way round.
    """

    forwards: str
    backwards: str

    def beyond(self, comparison: Comparison) -> str:
        """Return the condition for items on one side of the key that `bindings` binds."""
        ...

    def bindings(self, key: Key) -> dict[str, str | int]:
        """Return the values that `beyond` names."""
        ...


class ByNumber:
    """By the record's number.

    Args:
        column: Holds the number.
    """

    def __init__(self, column: str = "id") -> None:
        self._column = column
        self.forwards = column
        self.backwards = f"{column} DESC"

    def beyond(self, comparison: Comparison) -> str:
        """Return the condition for items on one side of the key."""
        return f"{self._column} {comparison} :key_number"

    def bindings(self, key: Key) -> dict[str, str | int]:
        """Return the values that `beyond` names."""
        return {"key_number": key[0]}

    def key_of(self, item: Any) -> Key:  # noqa: ANN401 - of any class of nodes
        """Return the key of an item."""
        return (item.number,)

    def find_key(self, text: str) -> Key | None:
        """Return the key that a cursor spells."""
        return (int(text),) if _NUMBER.fullmatch(text) else None


class NewestFirst:
    """By a date, newest first, unknown ones last; then by the record's number.

    Args:
        column: Holds the date, as much of it as is known; '' is unknown.
        number: In SQL.
    """

    def __init__(self, column: str, number: str = "id") -> None:
        self._column = column
        self._number = number
        self.forwards = f"{column} DESC, {number}"
        self.backwards = f"{column}, {number} DESC"

    def beyond(self, comparison: Comparison) -> str:
        """Return the condition for items on one side of the key."""
        # The dates run downwards. The first term alone lets an index seek.
        date = "<" if comparison.startswith(">") else ">"
        column = self._column
        return (
            f"{column} {date}= :key_date "
            f"AND ({column} {date} :key_date OR {self._number} {comparison} :key_number)"
        )

    def bindings(self, key: Key) -> dict[str, str | int]:
        """Return the values that `beyond` names."""
        return {"key_date": key[0], "key_number": key[1]}

    def key_of(self, item: Any) -> Key:  # noqa: ANN401 - of any class of nodes
        """Return the key of an item."""
        return (getattr(item, self._column) or "", item.number)

    def find_key(self, text: str) -> Key | None:
        """Return the key that a cursor spells."""
        matched = _DATED.fullmatch(text)
        return None if matched is None else (matched[1], int(matched[2]))


class ByRank:
    """By the rank of a match, best first; then by the record's number."""

    def beyond(self, comparison: Comparison) -> str:
        """Return the condition for matches of the key's own rank that are on one side of it."""
        return f"rowid {comparison} :key_number"

    def key_of(self, item: Any) -> Key:  # noqa: ANN401 - of any class of nodes
        """Return the key of an item."""
        return (item.rank, item.number)

    def find_key(self, text: str) -> Key | None:
        """Return the key that a cursor spells."""
        matched = _RANKED.fullmatch(text)
        return None if matched is None else (int(matched[1]), int(matched[2]))
