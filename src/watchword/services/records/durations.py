"""How long something lasted, in full months. Owns the arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watchword.services.records.dates import precision

if TYPE_CHECKING:
    from datetime import date

    from watchword.services.records.dates import PartialDate


def find_full_months(start: PartialDate | None, end: PartialDate | None, today: date) -> int | None:
    """Return the full months from one date to another, or to today if it is still to come.

    Args:
        start: None is unknown.
        end: None is not yet.
        today: The day of the question.

    Returns:
        None where a date is not known to the month, or the start is to come or behind the end.
        Where only the months are known, days do not count.
    """
    now = today.isoformat()
    if start is None or precision(start) == "YEAR" or start > now:
        return None
    if end is not None and precision(end) == "YEAR":
        return None
    until = now if end is None or end > now else end
    months = 12 * (int(until[:4]) - int(start[:4])) + int(until[5:7]) - int(start[5:7])
    if len(start) == len(until) == len(now) and until[8:] < start[8:]:
        months -= 1
    return months if months >= 0 else None
