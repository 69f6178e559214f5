"""When what is served first came in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.services.records.statements import as_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watchword.services.records.reading import Reader

_EVENTS: Final = "SELECT event, day FROM event_seen WHERE event IN (SELECT value FROM json_each(?))"


def find_days_seen(reader: Reader, events: Sequence[int]) -> dict[int, str]:
    """Return the day of the import that first brought each event, by the event's number."""
    return dict(reader.rows(_EVENTS, (as_json(events),)))
