"""Durations are finer than the clock of the event loop, which goes in whole milliseconds."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from support.customers import connect, make_deployment
from support.processes import running
from support.scraping import Scrape

if TYPE_CHECKING:
    from pathlib import Path

CALLS = 40


@pytest.mark.slow
def test_durations_below_a_millisecond_are_told_in_the_log_and_in_the_metrics(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "data"
    customer = make_deployment(folder)
    (folder / "watchword.toml").write_text("access_log = true\n")
    arguments = ["serve", "--port", "0", "--data-dir", str(folder)]
    with running(arguments, tmp_path / "log") as server, connect(server.url) as client:
        began = time.perf_counter()
        for _ in range(CALLS):
            # A new token each time, so that the store has something to read.
            token = customer.token(client)
            assert customer.call(client, token).status_code == 200
        took = time.perf_counter() - began
        metrics = Scrape(client.get("/metrics").text)
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]

    milliseconds = [line["milliseconds"] for line in lines if line.get("endpoint") == "graphql"]
    assert len(milliseconds) == CALLS
    assert sum(not float(number).is_integer() for number in milliseconds) > CALLS * 0.9
    assert min(milliseconds) > 0
    assert sum(milliseconds) < took * 1_000
    name, of = "watchword_store_seconds", {"operation": "read"}
    reads = metrics.value(f"{name}_count", **of)
    in_between = metrics.value(f"{name}_bucket", le="0.001", **of) - metrics.value(
        f"{name}_bucket", le="1e-05", **of
    )
    assert reads >= CALLS
    assert in_between > 0
    # A read takes microseconds, and is never nothing.
    assert 1e-6 < metrics.value(f"{name}_sum", **of) / reads < took / CALLS
