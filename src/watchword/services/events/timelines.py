"""Lists of events: each role that is served begins once, and ends at most once."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from watchword.services.records.dates import PartialDate  # noqa: TC001 - msgspec reads it at run time
from watchword.services.records.lists import Listing, side_of
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
    """

    number: int
    person: int
    organization: int
    title: str
    event_date: PartialDate

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
_CONDITIONS: Final[Mapping[Wanted, tuple[str, ...]]] = {
    Wanted.ANNOUNCEMENTS: (),
    Wanted.ROLE_STARTS: ("id % 2 = 0",),
    Wanted.ROLE_ENDS: ("id % 2 = 1",),
    Wanted.UPCOMING: ("event_date > :today",),
}


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
        return self._count(reader, None, owners)

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
        asked = boundary if boundary.key is not None else None
        comparison = None if asked is None else side_of(asked, is_before=is_before)
        counted = self._count(reader, asked, owners, comparison)
        return {owner: count > 0 for owner, count in counted.items()}

    def _count(
        self,
        reader: Reader,
        boundary: Boundary | None,
        owners: Sequence[int],
        comparison: Comparison | None = None,
    ) -> Mapping[int, int]:
        bindings = self._bindings(owners)
        if boundary is not None and boundary.key is not None:
            bindings |= _ORDER.bindings(boundary.key)
        rows = reader.rows(_counts(self._side, self._wanted, comparison), bindings)
        return {**dict.fromkeys(owners, 0), **dict(rows)}

    def _bindings(self, owners: Sequence[int]) -> Bindings:
        return {"owners": as_json(owners), "today": self._today}


@cache
def _events(side: Side, wanted: Wanted, comparison: Comparison | None) -> str:
    conditions = [*_CONDITIONS[wanted]]
    if comparison is not None:
        conditions.append(_ORDER.beyond(comparison))
    where = " AND ".join(f"({condition})" for condition in conditions) or "TRUE"
    of_owners = f"FROM json_each(:owners) JOIN role ON role.{side} = json_each.value"
    return f"""
        SELECT * FROM (
          SELECT json_each.value AS owner, 2 * role.id AS id, person_id, organization_id, title,
            start_date AS event_date {of_owners} WHERE start_date <> ''
          UNION ALL
          SELECT json_each.value, 2 * role.id + 1, person_id, organization_id, title, end_date
          {of_owners} WHERE end_date IS NOT NULL
        ) WHERE {where}
    """  # noqa: S608 - text of this program


@cache
def _page(side: Side, wanted: Wanted, comparison: Comparison | None) -> str:
    order = _ORDER.backwards if comparison in {"<", "<="} else _ORDER.forwards
    return f"""
        SELECT owner, id, person_id, organization_id, title, event_date FROM (
          SELECT *, row_number() OVER (PARTITION BY owner ORDER BY {order}) AS place
          FROM ({_events(side, wanted, comparison)})
        ) WHERE place > :start AND place <= :stop ORDER BY {order}
    """  # noqa: S608 - text of this program


@cache
def _counts(side: Side, wanted: Wanted, comparison: Comparison | None) -> str:
    events = _events(side, wanted, comparison)
    return f"SELECT owner, count(*) FROM ({events}) GROUP BY owner"  # noqa: S608 - text of this program
