"""Counts in memory what the metrics show, in plain numbers: a request pays for it."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from typing import Final

ISSUED: Final = "issued"
REFUSED: Final = "refused"
ADMITTED: Final = "admitted"
STARTED: Final = "started"
REQUEST: Final = "request"
STORE: Final = "store"
SUM: Final = "sum"
"""Stands for a bound in the name of a tally: how long all took together."""
INFINITE: Final = "+Inf"
BOUNDS: Final = {
    REQUEST: (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
    # A point read takes some microseconds, a commit as long as the disk.
    STORE: (
        *(0.00001, 0.000025, 0.00005, 0.0001, 0.00025),
        *(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
    ),
}
"""Of the durations that are counted: the longest of each bucket, in seconds."""


def tally_name(family: str, label: str = "", bound: str = "") -> str:
    """Return the name under which the store keeps a number."""
    return f"{family}:{label}:{bound}"


class _Histogram:
    """Counts durations by bucket."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.total += seconds


class _Histograms(dict[str, _Histogram]):
    """Histograms of one family by their label, made when they are first needed."""

    def __init__(self, family: str) -> None:
        super().__init__()
        self.family = family

    def __missing__(self, label: str) -> _Histogram:
        made = self[label] = _Histogram(BOUNDS[self.family])
        return made

    def tallies(self) -> dict[str, float]:
        tallies: dict[str, float] = {}
        for label, histogram in self.items():
            tallies[tally_name(self.family, label, SUM)] = histogram.total
            names = [*map(repr, histogram.bounds), INFINITE]
            for bound, count in zip(names, histogram.counts, strict=True):
                if count:
                    tallies[tally_name(self.family, label, bound)] = count
        return tallies


class Counts:
    """What this worker has counted since it was last asked.

    No label is a caller's to choose: each is a kind of endpoint, a code of a refusal, or a
    service that is registered.
    """

    def __init__(self) -> None:
        self._clear()
        self._sums[(STARTED, "")] = 1

    def _clear(self) -> None:
        self._sums: defaultdict[tuple[str, str], int] = defaultdict(int)
        self._requests = _Histograms(REQUEST)
        self._store = _Histograms(STORE)

    def note_request(self, kind: str, seconds: float) -> None:
        """Count a request by the kind of its endpoint, and how long its answer took."""
        self._requests[kind].add(seconds)

    def note_issued(self) -> None:
        """Count a token."""
        self._sums[(ISSUED, "")] += 1

    def note_refused(self, code: str) -> None:
        """Count a refusal."""
        self._sums[(REFUSED, code)] += 1

    def note_admitted(self, service: str) -> None:
        """Count a request that the guard let pass."""
        self._sums[(ADMITTED, service)] += 1

    def note_store(self, operation: str, seconds: float) -> None:
        """Count a `read` or a `write` of the store."""
        self._store[operation].add(seconds)

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to tell but how long the store took, for nobody's request."""
        return not self._requests and not self._sums

    def tallies(self) -> dict[str, float]:
        """Return everything by the name of its tally."""
        sums = {tally_name(family, label): count for (family, label), count in self._sums.items()}
        return {**sums, **self._requests.tallies(), **self._store.tallies()}

    def take(self) -> dict[str, float]:
        """Return everything by the name of its tally, and begin anew."""
        taken = self.tallies()
        self._clear()
        return taken
