"""Reads lengths of time as an operator writes them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cyclopts import Token

_LENGTH: Final = re.compile(r"(-?\d{1,9})([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def to_duration(_kind: object, tokens: Sequence[Token]) -> timedelta:
    """Read `30m`, `24h` or `7d`.

    Raises:
        ValueError: For anything else; the text says how to write it.
    """
    found = _LENGTH.fullmatch(tokens[0].value)
    if found is None:
        raise ValueError(f"write a length of time as 30m, 24h or 7d, not {tokens[0].value!r}")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
