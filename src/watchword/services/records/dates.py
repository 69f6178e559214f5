"""Dates that may be known to the month or the year only. Owns their parsing and their display."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Final, Literal, NewType

PartialDate = NewType("PartialDate", str)
"""ISO 8601, as much as is known: `2001-01-03`, `2001-01` or `2001`."""
Precision = Literal["DAY", "MONTH", "YEAR"]

_FORM: Final = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}")
_PRECISIONS: Final[dict[int, Precision]] = {4: "YEAR", 7: "MONTH", 10: "DAY"}
# Spelt out, as strftime would follow the machine's language.
_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
OLDEST_AGE: Final = 100


@lru_cache(maxsize=1 << 15)
def parse_partial_date(text: str) -> PartialDate:
    """Return `text` as a date.

    Raises:
        ValueError: If it has another form, or no calendar has such a day.
    """
    if not _FORM.fullmatch(text):
        raise ValueError("not of the form YYYY-MM-DD, YYYY-MM or YYYY")
    partial = PartialDate(text)
    date.fromisoformat(first_day(partial))
    return partial


def require_dates(*dates: str | None) -> None:
    """Raise ValueError if one of the dates that are known is none."""
    for written in dates:
        if written is not None:
            try:
                parse_partial_date(written)
            except ValueError as error:
                raise ValueError(f"{written!r} is no date ({error})") from error


def require_order(start: str | None, end: str | None) -> None:
    """Raise ValueError if one of the dates is none, or it ends before it starts."""
    require_dates(start, end)
    if start is not None and end is not None:
        # As far as both are known: what starts in May 2001 may end in 2001.
        known = min(len(start), len(end))
        if end[:known] < start[:known]:
            raise ValueError(f"it ends ({end}) before it starts ({start})")


def precision(partial: PartialDate) -> Precision:
    """Return how much of the date is known."""
    return _PRECISIONS[len(partial)]


def first_day(partial: PartialDate) -> str:
    """Return the day, or the first day of the month or year."""
    return partial + "-01-01"[len(partial) - 10 :] if len(partial) < len("YYYY-MM-DD") else partial


@lru_cache(maxsize=1 << 15)
def display(partial: PartialDate) -> str:
    """Return the date in English: `3 January 2001`, `January 2001` or `2001`."""
    parts = partial.split("-")
    words = [parts[0]]
    if len(parts) > 1:
        words.insert(0, _MONTHS[int(parts[1]) - 1])
    if parts[2:]:
        words.insert(0, str(int(parts[2])))
    return " ".join(words)


def find_age(born: PartialDate | None, today: date) -> int | None:
    """Return the full years since birth, or None where they would be a guess.

    The sources have no dates of death: nobody is said to be older than 100.
    """
    if born is None or precision(born) != "DAY":
        return None
    birth = date.fromisoformat(born)
    age = today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
    return age if 0 <= age <= OLDEST_AGE else None
