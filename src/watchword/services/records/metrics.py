"""Chooses among what was measured of an organization in money."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from watchword.services.records.details import CurrencyMetric
    from watchword.services.records.nodes import Organization


def newest_first(organization: Organization) -> list[CurrencyMetric]:
    """Return all of it, by the day of measurement, undated ones last."""
    return sorted(organization.metrics, key=_measured, reverse=True)


def find_latest(type_: str, period: str) -> Callable[[Organization], CurrencyMetric | None]:
    """Return what finds an organization's latest dated metric of a type and period."""

    def find(organization: Organization) -> CurrencyMetric | None:
        fitting = [
            metric
            for metric in organization.metrics
            if metric.measurement_type == type_
            and metric.measurement_date is not None
            and (metric.period_name or "").casefold() == period.casefold()
        ]
        return max(fitting, key=_measured, default=None)

    return find


def _measured(metric: CurrencyMetric) -> str:
    return metric.measurement_date or ""
