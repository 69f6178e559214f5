"""Reads metrics as Prometheus does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from support.deployment import Deployment


class Scrape:
    """The samples of one scrape, by name and labels."""

    def __init__(self, text: str) -> None:
        self.series: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float:
        """Return one sample, 0 where there is none."""
        return self.series.get((name, tuple(sorted(labels.items()))), 0.0)

    def labels(self, name: str, label: str) -> set[str]:
        """Return the values that a label has."""
        return {dict(labels)[label] for found, labels in self.series if found == name}


def scrape(deployment: Deployment) -> Scrape:
    """Scrape a deployment in this process."""
    response = deployment.request("GET", "/metrics")
    assert response.status_code == 200, response.text
    return Scrape(response.text)
