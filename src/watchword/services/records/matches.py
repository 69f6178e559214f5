"""The list of what a keyword finds, best matches first.

Nothing is scored: a page is cut from one part of the full-text index after another, in the order
in which the index has them. So the first page of a word that a third of all people match costs as
little as that of a rare one; only the length of the list has to be counted, and is remembered.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from watchword.services.records.lists import NOBODY, Listing, side_of
from watchword.services.records.orders import ByRank

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from watchword.services.records.cursors import Boundary
    from watchword.services.records.finding import Records
    from watchword.services.records.keywords import Ranks
    from watchword.services.records.orders import Comparison
    from watchword.services.records.paging import Stretch
    from watchword.services.records.reading import Reader, Row

_ORDER: Final = ByRank()
_NAMES: Final = "SELECT rowid FROM person_name_keyword WHERE person_name_keyword MATCH"


class Matches(Listing):
    """The records that a keyword finds.

    Args:
        tag: Two letters that its cursors bear.
        noun: Names the list in refusals.
        table: Whose records are found.
        records: Makes them of rows.
        ranks: The expressions.
    """

    order = _ORDER

    def __init__(
        self, tag: str, noun: str, table: str, records: Records[Any], ranks: Ranks
    ) -> None:
        self.tag = tag
        self.noun = noun
        self._table = table
        self._records = records
        self._ranks = ranks

    def find(
        self, reader: Reader, stretch: Stretch, owners: Sequence[int]
    ) -> Mapping[int, Sequence[Any]]:
        """Return the matches of a stretch."""
        del owners  # the list is nobody's
        if self.is_behind_end(reader, stretch):
            return {}
        boundary = stretch.boundary
        size = stretch.size + 1
        start = stretch.start if boundary is None or boundary.key is None else 0
        rows = self._read(reader, boundary, size, start=start, is_before=stretch.is_backwards)
        make = self._records.make
        return {NOBODY: [make(*row[1:], row[0]) for row in rows]}

    def count(self, reader: Reader, owners: Sequence[int]) -> Mapping[int, int]:
        """Return how many match."""
        del owners
        whole = self._ranks.whole
        return {NOBODY: reader.count(_count(whole.table), {"expression": whole.expression})}

    def is_any_before(
        self, reader: Reader, boundary: Boundary, owners: Sequence[int]
    ) -> Mapping[int, bool]:
        """Return whether matches come before a boundary."""
        del owners
        return {NOBODY: bool(self._read(reader, boundary, 1, start=0, is_before=True))}

    def is_any_after(
        self, reader: Reader, boundary: Boundary, owners: Sequence[int]
    ) -> Mapping[int, bool]:
        """Return whether matches come after a boundary."""
        del owners
        return {NOBODY: bool(self._read(reader, boundary, 1, start=0, is_before=False))}

    def _read(
        self, reader: Reader, boundary: Boundary | None, size: int, *, start: int, is_before: bool
    ) -> list[Row]:
        parts = self._parts(boundary, is_before=is_before)
        if not parts:
            return []
        bindings: dict[str, str | int | None] = {
            "size": size,
            "start": start,
            "reach": size + start,
            "key_number": 0 if boundary is None or boundary.key is None else boundary.key[1],
        }
        for rank, part in enumerate(self._ranks.parts):
            bindings |= {f"part_{rank}": part.expression, f"without_{rank}": part.without}
        is_backwards = is_before and boundary is not None and boundary.key is not None
        return reader.rows(_page(self._table, self._records.columns, parts, is_backwards), bindings)

    def _parts(self, boundary: Boundary | None, *, is_before: bool) -> tuple[_Stretch, ...]:
        """Return the parts on one side of a boundary, nearest first, and where one is cut."""
        ranks = range(len(self._ranks.parts))
        if boundary is None or boundary.key is None:
            return tuple(self._part(rank, None) for rank in ranks)
        here = int(boundary.key[0])
        if is_before:
            beyond = [rank for rank in reversed(ranks) if rank < here]
        else:
            beyond = [rank for rank in ranks if rank > here]
        parts = [self._part(rank, None) for rank in beyond]
        if here in ranks:
            parts.insert(0, self._part(here, side_of(boundary, is_before=is_before)))
        return tuple(parts)

    def _part(self, rank: int, cut: Comparison | None) -> _Stretch:
        part = self._ranks.parts[rank]
        return _Stretch(rank, part.table, part.without is not None, cut)


class _Stretch(NamedTuple):
    """What of a part is read: all of it, or what is on one side of a match."""

    rank: int
    table: str
    is_reduced: bool
    cut: Comparison | None

    def text(self, way: str) -> str:
        """Return its SQL, which reads no more of it than is wanted."""
        table = self.table
        cut = "" if self.cut is None else f" AND {_ORDER.beyond(self.cut)}"
        reduced = f" AND rowid NOT IN ({_NAMES} :without_{self.rank})" if self.is_reduced else ""
        return f"""
            SELECT * FROM (SELECT {self.rank} AS rank, rowid AS hit FROM {table}
            WHERE {table} MATCH :part_{self.rank}{cut}{reduced} ORDER BY rowid {way} LIMIT :reach)
        """  # noqa: S608 - text of this program


@lru_cache(maxsize=64)
def _page(
    table: str,
    columns: str,
    parts: tuple[_Stretch, ...],
    is_backwards: bool,
) -> str:
    way = "DESC" if is_backwards else "ASC"
    # The next part is not even begun where those before it fill the page.
    hits = " UNION ALL ".join(part.text(way) for part in parts)
    return f"""
        WITH found AS MATERIALIZED ({hits} LIMIT :size OFFSET :start)
        SELECT rank, {columns} FROM found CROSS JOIN {table} ON {table}.id = hit
        ORDER BY rank {way}, hit {way}
    """  # noqa: S608 - text of this program


def _count(table: str) -> str:
    return f"SELECT count(*) FROM {table} WHERE {table} MATCH :expression"  # noqa: S608 - text of this program
