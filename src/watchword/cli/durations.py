"""Reads lengths of time and days as an operator writes them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cyclopts import Token

_LENGTH: Final = re.compile(
    r"(-?)(?=.)(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?", re.ASCII
)


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
    try:
        return date.fromisoformat(tokens[0].value)
    except ValueError:
        raise ValueError(f"write a day as 2026-11-01, not {tokens[0].value!r}") from None
