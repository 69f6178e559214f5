"""Several rounds of one figure, as they are told: middle, least and most."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable


class Spread(msgspec.Struct, frozen=True):
    """Several rounds of one figure."""

    median: float
    least: float
    most: float


def spread(values: Iterable[float]) -> Spread:
    """Return middle, least and most."""
    kept = list(values)
    return Spread(statistics.median(kept), min(kept), max(kept))
