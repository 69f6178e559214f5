"""Words the metrics for Prometheus and OpenMetrics. Nothing else imports `prometheus_client`."""

from __future__ import annotations

from collections import defaultdict
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector, CollectorRegistry

from watchword.web.counting import (
    ADMITTED,
    BOUNDS,
    INFINITE,
    ISSUED,
    REFUSED,
    REQUEST,
    STARTED,
    STORE,
    SUM,
    tally_name,
)
from watchword.web.responses import CODES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from prometheus_client.core import Metric

_COUNTERS: Final = {
    ISSUED: ("watchword_tokens_issued", "Access tokens issued.", None),
    REFUSED: ("watchword_refused", "Requests refused or failed, by code.", "code"),
    ADMITTED: ("watchword_admitted", "Calls that the guard let pass, by service.", "service"),
    STARTED: ("watchword_worker_starts", "Times that a worker has started.", None),
}
_HISTOGRAMS: Final = {
    REQUEST: (
        "watchword_request_seconds",
        "Time until a request had its answer, by kind of endpoint.",
        "endpoint",
    ),
    STORE: (
        "watchword_store_seconds",
        "Time inside SQLite: of a read that memory could not answer, and of a group of writes.",
        "operation",
    ),
}
_OPENMETRICS: Final = "application/openmetrics-text"
# Prometheus sees a rise only from a number that was there before.
_ALWAYS: Final = {
    tally_name(ISSUED): 0.0,
    **{tally_name(REFUSED, code): 0.0 for code in sorted(CODES)},
}


def expose(
    sums: Mapping[str, float] | None, accept: str, *, version: str, is_store_up: bool
) -> tuple[str, bytes]:
    """Return the metrics in the form that the scraper accepts, with its media type first.

    Args:
        sums: What was counted, by the name of its tally; None where nobody knows.
        accept: The Accept header.
        version: The program's.
        is_store_up: Whether the store gave an answer.
    """
    # A registry of our own: the global one tells of this one process, not of all workers.
    registry = CollectorRegistry()
    registry.register(_Collector(sums, version, is_store_up=is_store_up))
    # Not by the library's own choice, which fails over a version that it cannot read.
    if _OPENMETRICS in accept:
        text: bytes = openmetrics.generate_latest(registry)  # type: ignore[no-untyped-call]  # it has no types
        return openmetrics.CONTENT_TYPE_LATEST, text
    return CONTENT_TYPE_PLAIN_0_0_4, generate_latest(registry)


class _Collector(Collector):
    def __init__(
        self, sums: Mapping[str, float] | None, version: str, *, is_store_up: bool
    ) -> None:
        self._sums = sums
        self._version = version
        self._is_store_up = is_store_up

    def collect(self) -> Iterable[Metric]:
        build = GaugeMetricFamily("watchword_build_info", "What is running.", labels=["version"])
        build.add_metric([self._version], 1)
        yield build
        store_up = GaugeMetricFamily(
            "watchword_store_up", "Whether the store gave an answer: 0, 1."
        )
        store_up.add_metric([], int(self._is_store_up))
        yield store_up
        if self._sums is not None:
            families = _group({**_ALWAYS, **self._sums})
            yield from _counters(families)
            yield from _histograms(families)


_Families = dict[str, dict[str, dict[str, float]]]
"""Sums by family, label and bound."""


def _group(sums: Mapping[str, float]) -> _Families:
    families: _Families = defaultdict(lambda: defaultdict(dict))
    for name, value in sorted(sums.items()):
        family, label, bound = name.split(":")
        families[family][label][bound] = value
    return families


def _counters(families: _Families) -> Iterable[Metric]:
    for family, (name, help_text, label) in _COUNTERS.items():
        counter = CounterMetricFamily(name, help_text, labels=[label] if label else [])
        for value, bounds in families[family].items():
            counter.add_metric([value] if label else [], bounds[""])
        yield counter


def _histograms(families: _Families) -> Iterable[Metric]:
    for family, (name, help_text, label) in _HISTOGRAMS.items():
        histogram = HistogramMetricFamily(name, help_text, labels=[label])
        bounds = [*map(repr, BOUNDS[family]), INFINITE]
        for value, counts in families[family].items():
            up_to = accumulate(counts.get(bound, 0) for bound in bounds)
            histogram.add_metric([value], list(zip(bounds, up_to, strict=True)), counts.get(SUM, 0))
        yield histogram
