"""Reads whole numbers, lengths of time and days as an operator writes them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from cyclopts import Parameter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cyclopts import Token

_LENGTH: Final = re.compile(
    r"(-?)(?=.)(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?", re.ASCII
)
_WHOLE: Final = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def to_whole(_kind: object, tokens: Sequence[Token]) -> int:
    """Read `50`. What is between two numbers is not rounded.

    Raises:
        ValueError: For anything else; the text says how to write it.
    """
    text = tokens[0].value
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"write a whole number as 50, not {text!r}")
    return int(text)


def to_duration(_kind: object, tokens: Sequence[Token]) -> timedelta:
    """Read `30m`, `24h`, `7d` or `5m10s`.

    Raises:
        ValueError: For anything else; the text says how to write it.
    """
    found = _LENGTH.fullmatch(tokens[0].value)
    if found is None:
        raise ValueError(f"write a length of time as 30m, 24h or 7d, not {tokens[0].value!r}")
    days, hours, minutes, seconds = (int(count or 0) for count in found.groups()[1:])
    try:
        length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        length = timedelta.max
    return -length if found[1] else length


def to_day(_kind: object, tokens: Sequence[Token]) -> date:
    """Read `2026-11-01`.

    Raises:
        ValueError: For anything else; the text says how to write it.
    """
    text = tokens[0].value
    try:
        # The standard has other ways to write a day, which nobody means here.
        return date.fromisoformat(text if _DAY.fullmatch(text) else "")
    except ValueError:
        raise ValueError(f"write a day as 2026-11-01, not {text!r}") from None


WHOLE: Final = Parameter(converter=to_whole)
"""Of an option that takes a whole number."""
# A negative length is the business of what refuses it, and no option of its own.
LENGTH: Final = Parameter(converter=to_duration, allow_leading_hyphen=True)
"""Of an option that takes a length of time."""
