"""Lists of events: each role that is served begins once, and ends at most once."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import Struct

from watchword.services.records.dates import PartialDate  # noqa: TC001 - msgspec reads it at run time
from watchword.services.records.lists import Listing, side_of
from watchword.services.records.nodes import END_IS_TO_COME, START_IS_TO_COME
from watchword.services.records.orders import NewestFirst
from watchword.services.records.roles import Side
from watchword.services.records.statements import as_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from watchword.services.records.cursors import Boundary
    from watchword.services.records.orders import Comparison
    from watchword.services.records.paging import Stretch
    from watchword.services.records.reading import Reader

    Bindings = dict[str, str | int | None]


class Wanted(StrEnum):
    """Which events are wanted, by their published names."""

    ANNOUNCEMENTS = "ANNOUNCEMENTS"
    ROLE_STARTS = "ROLE_STARTS"
    ROLE_ENDS = "ROLE_ENDS"
    UPCOMING = "UPCOMING"


class Event(Struct, gc=False):
    """Somebody takes up a role or leaves it.

    Attributes:
        number: Twice the role's number, and one more where it ends: it stays the same for ever.
        is_to_come: Whether it is still to come.
    """

    number: int
    person: int
    organization: int
    title: str
    event_date: PartialDate
    is_to_come: int

    @property
    def role(self) -> int:
        """The number of the role."""
        return self.number // 2

    @property
    def is_end(self) -> bool:
        """Whether the role ends."""
        return bool(self.number % 2)


_ORDER: Final = NewestFirst("event_date")
_TAGS: Final = {Side.PERSON: "ep", Side.ORGANIZATION: "eo"}


class _Half(NamedTuple):
    """The starts of roles, or their ends: in SQL, what an index has in the order of the list.

    Attributes:
        date: The column of the event's date.
        number: The event's.
        exists: Whether a role has such an event.
        is_to_come: Whether it is still to come; it looks at few events of the past.
    """

    date: str
    number: str
    exists: str
    is_to_come: str


_STARTS: Final = _Half("start_date", "2 * id", "start_date > ''", START_IS_TO_COME)
_ENDS: Final = _Half(
    "end_date",
    "2 * id + 1",
    "end_date IS NOT NULL",
    # The first condition lets an index seek: nothing is to come of a year that is over.
    f"end_date >= substr(:today, 1, 4) AND {END_IS_TO_COME}",
)
_HALVES: Final = {Wanted.ROLE_STARTS: (_STARTS,), Wanted.ROLE_ENDS: (_ENDS,)}
_BOTH: Final = (_STARTS, _ENDS)


class Timeline(Listing):
    """The events of people or of organizations, newest first.

    Args:
        side: Whose.
        wanted: Which.
        today: The day that tells what is still to come.
    """

    def __init__(self, side: Side, wanted: Wanted, today: str) -> None:
        self.tag = _TAGS[side]
        self.noun = "events"
        self.order = _ORDER
        self._side = side
        self._wanted = wanted
        self._today = today

    def find(
        self, reader: Reader, stretch: Stretch, owners: Sequence[int]
    ) -> Mapping[int, Sequence[Any]]:
        """Return the events of a stretch by owner, and one more where there are more."""
        boundary = stretch.boundary
        bindings = self._bindings(owners)
        start, comparison = 0, None
        if boundary is None or boundary.key is None:
            start = stretch.start
        else:
            comparison = side_of(boundary, is_before=stretch.is_backwards)
            bindings |= _ORDER.bindings(boundary.key)
        bindings |= {"start": start, "stop": start + stretch.size + 1}
        found: dict[int, list[Event]] = {}
        for owner, *row in reader.rows(_page(self._side, self._wanted, comparison), bindings):
            found.setdefault(owner, []).append(Event(*row))
        return found

    def count(self, reader: Reader, owners: Sequence[int]) -> Mapping[int, int]:
        """Return how many events each owner has."""
        return dict(reader.rows(_counts(self._side, self._wanted), self._bindings(owners)))

    def is_any_before(
        self, reader: Reader, boundary: Boundary, owners: Sequence[int]
    ) -> Mapping[int, bool]:
        """Return whether events come before a boundary."""
        return self._is_any(reader, boundary, owners, is_before=True)

    def is_any_after(
        self, reader: Reader, boundary: Boundary, owners: Sequence[int]
    ) -> Mapping[int, bool]:
        """Return whether events come after a boundary that has a key."""
        return self._is_any(reader, boundary, owners, is_before=False)

    def _is_any(
        self, reader: Reader, boundary: Boundary, owners: Sequence[int], *, is_before: bool
    ) -> Mapping[int, bool]:
        bindings = self._bindings(owners)
        comparison: Comparison | None = None
        if boundary.key is not None:
            comparison = side_of(boundary, is_before=is_before)
            bindings |= _ORDER.bindings(boundary.key)
        rows = reader.rows(_are_any(self._side, self._wanted, comparison), bindings)
        return {owner: bool(is_any) for owner, is_any in rows}

    def _bindings(self, owners: Sequence[int]) -> Bindings:
        return {"owners": as_json(owners), "today": self._today}


_LISTED: Final = "WITH listed (number) AS (SELECT value FROM json_each(:owners))"


def _where(half: _Half, side: Side, wanted: Wanted, comparison: Comparison | None) -> str:
    conditions = [f"{side} = listed.number", half.exists]
    if wanted is Wanted.UPCOMING:
        conditions.append(half.is_to_come)
    if comparison is not None:
        conditions.append(NewestFirst(half.date, half.number).beyond(comparison))
    return " AND ".join(f"({condition})" for condition in conditions)


@cache
def _page(side: Side, wanted: Wanted, comparison: Comparison | None) -> str:
    is_backwards = comparison in {"<", "<="}

    def ordered(order: NewestFirst) -> str:
        return order.backwards if is_backwards else order.forwards

    # Of each owner no more is read than a page of starts and one of ends, and these are merged.
    halves = " UNION ALL ".join(
        f"""
        SELECT number AS owner, {half.number} AS id, person_id, organization_id, title,
          {half.date} AS event_date, {half.is_to_come} AS is_to_come
        FROM listed CROSS JOIN role ON id IN (
          SELECT id FROM role WHERE {_where(half, side, wanted, comparison)}
          ORDER BY {ordered(NewestFirst(half.date))} LIMIT :stop
        )
        """  # noqa: S608 - text of this program
        for half in _HALVES.get(wanted, _BOTH)
    )
    return f"""
        {_LISTED}
        SELECT owner, id, person_id, organization_id, title, event_date, is_to_come FROM (
          SELECT *, row_number() OVER (PARTITION BY owner ORDER BY {ordered(_ORDER)}) AS place
          FROM ({halves})
        ) WHERE place > :start AND place <= :stop ORDER BY {ordered(_ORDER)}
    """  # noqa: S608 - text of this program


@cache
def _counts(side: Side, wanted: Wanted) -> str:
    parts = " + ".join(
        f"(SELECT count(*) FROM role WHERE {_where(half, side, wanted, None)})"  # noqa: S608 - text of this program
        for half in _HALVES.get(wanted, _BOTH)
    )
    return f"{_LISTED} SELECT number, {parts} FROM listed"  # noqa: S608 - text of this program


@cache
def _are_any(side: Side, wanted: Wanted, comparison: Comparison | None) -> str:
    parts = " OR ".join(
        f"EXISTS (SELECT 1 FROM role WHERE {_where(half, side, wanted, comparison)})"  # noqa: S608 - text of this program
        for half in _HALVES.get(wanted, _BOTH)
    )
    return f"{_LISTED} SELECT number, {parts} FROM listed"  # noqa: S608 - text of this program
