"""The SQL of lists. Nothing of a caller's is in it: the same list has always the same text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from watchword.services.records.orders import Comparison, TableOrder

_encoder: Final = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Shape:
    """The text of a list's SQL; nothing of a caller's is in it.

    Attributes:
        origin: What is read from: a table, or a join.
        columns: What makes an item.
        order: The list's.
        owner: The column that names the owner; None where the list is nobody's.
        conditions: All hold of an item.
        identity: The column of `origin` that holds the record's number.
    """

    origin: str
    columns: str
    order: TableOrder
    owner: str | None
    conditions: tuple[str, ...] = ()
    identity: str = "id"


def page_text(shape: Shape, comparison: Comparison | None, *, is_one: bool) -> str:
    """Return the text for a page of one owner's list, or of the lists of several.

    Args:
        shape: The list's.
        comparison: On which side of a key the page lies; None is a page at a position.
        is_one: There is one owner, bound as a number; else `:owner` is their numbers as JSON.
    """
    return _page_text(shape, comparison, is_one)


def as_json(values: Iterable[int] | Iterable[str]) -> str:
    """Return values as one, for `json_each`.

    One value instead of one question mark each: the SQL stays the same text however many there
    are, so SQLite prepares it once.
    """
    return _encoder.encode(list(values)).decode()


@lru_cache(maxsize=512)
def _page_text(shape: Shape, comparison: Comparison | None, is_one: bool) -> str:
    order = shape.order.backwards if comparison in {"<", "<="} else shape.order.forwards
    limit = f"ORDER BY {order} LIMIT :size OFFSET :start"
    if is_one or shape.owner is None:
        where = _where(shape, ":owner", comparison)
        return f"SELECT {shape.columns} FROM {shape.origin}{where} {limit}"  # noqa: S608 - text of this program
    where = _where(shape, "number", comparison)
    # Each owner's page is cut by an index, rather than all their items sorted and numbered.
    return f"""
        WITH listed (number) AS (SELECT value FROM json_each(:owner))
        SELECT number, {shape.columns} FROM listed CROSS JOIN {shape.origin} ON {shape.identity} IN
          (SELECT {shape.identity} FROM {shape.origin}{where} {limit})
        ORDER BY {order}
    """  # noqa: S608 - text of this program


@lru_cache(maxsize=512)
def text_of_owners(shape: Shape, what: str, comparison: Comparison | None) -> str:
    """Return the text that tells one thing of each owner's list.

    Args:
        shape: The list's.
        what: `EXISTS`, or what is selected.
        comparison: On which side of a key; None is the whole list.
    """
    where = _where(shape, "number", comparison)
    inner = (
        f"EXISTS (SELECT 1 FROM {shape.origin}{where})"  # noqa: S608 - text of this program
        if what == "EXISTS"
        else f"(SELECT {what} FROM {shape.origin}{where})"  # noqa: S608 - text of this program
    )
    return f"""
        WITH listed (number) AS (SELECT value FROM json_each(:owner))
        SELECT number, {inner} FROM listed
    """  # noqa: S608 - text of this program


@lru_cache(maxsize=512)
def count_text(shape: Shape) -> str:
    """Return the text that counts a list that is nobody's."""
    return f"SELECT count(*) FROM {shape.origin}{_where(shape, ':owner', None)}"  # noqa: S608 - text of this program


def _where(shape: Shape, owner: str, comparison: Comparison | None) -> str:
    conditions = list(shape.conditions)
    if shape.owner is not None:
        conditions.insert(0, f"{shape.owner} = {owner}")
    if comparison is not None:
        conditions.append(shape.order.beyond(comparison))
    return (
        " WHERE " + " AND ".join(f"({condition})" for condition in conditions) if conditions else ""
    )
