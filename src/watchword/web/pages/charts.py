"""Usage by day as a chart shows it, and as a table: of an account, and of all in the console."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from watchword.access.usage import OTHERS

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_SERIES: Final = 6
"""So many colours the front end has. The smaller series are one together, `OTHERS`."""
UNNAMED: Final = "(no name)"
"""In place of the name of an operation that has none."""


class Count(NamedTuple):
    """How many requests of a series a day had."""

    day: date
    label: str
    requests: int


@dataclass(frozen=True, slots=True)
class Series:
    """How many requests there were of a kind, day by day."""

    label: str
    values: tuple[int, ...]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.values)


@dataclass(frozen=True, slots=True)
class Chart:
    """Days, and the series over them, the largest first.

    Attributes:
        quota: What a day grants; None where there is no one number.
    """

    days: tuple[date, ...]
    series: tuple[Series, ...]
    quota: int | None

    @property
    def total(self) -> int:
        """All requests."""
        return sum(series.total for series in self.series)

    @property
    def rows(self) -> list[tuple[date, list[int]]]:
        """The days on which anything was asked, newest first, with a number for each series."""
        columns = [series.values for series in self.series]
        rows = [
            (day, [column[number] for column in columns]) for number, day in enumerate(self.days)
        ]
        return [row for row in reversed(rows) if any(row[1])]

    def members(self) -> dict[str, object]:
        """Return what the front end draws."""
        return {
            "days": [day.isoformat() for day in self.days],
            "series": [
                {"label": series.label, "values": list(series.values)} for series in self.series
            ],
            "quota": self.quota,
        }


def make_chart(counted: Iterable[Count], last: date, days: int, quota: int | None = None) -> Chart:
    """Return the chart of what was counted.

    Args:
        counted: Of any days; several of one day and label are added up.
        last: The last day that is shown.
        days: How many are.
        quota: What a day grants.
    """
    shown = tuple(last - timedelta(days=days - 1 - number) for number in range(days))
    counts: dict[str, Counter[date]] = {}
    for count in counted:
        if shown[0] <= count.day <= last:
            counts.setdefault(count.label, Counter())[count.day] += count.requests
    names = sorted(counts, key=lambda name: (name == OTHERS, -counts[name].total(), name))
    if len(names) > MOST_SERIES:
        others = counts.setdefault(OTHERS, Counter())
        for name in names[MOST_SERIES - 1 :]:
            if name != OTHERS:
                others.update(counts[name])
        names = [*names[: MOST_SERIES - 1], OTHERS]
    series = tuple(Series(name, tuple(counts[name][day] for day in shown)) for name in names)
    return Chart(shown, series, quota)
