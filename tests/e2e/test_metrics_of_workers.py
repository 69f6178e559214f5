"""Two workers count as one, and what one that is killed had handed over stays counted."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from support.customers import connect, make_deployment
from support.processes import running
from support.scraping import Scrape

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.customers import RemoteCustomer
    from support.processes import Server

SECONDS = 30
ISSUED = "watchword_tokens_issued_total"
STARTS = "watchword_worker_starts_total"
_PREFIX = 8
"""The digits of a correlation id that all of a process begin with."""


def scrape_once(server: Server) -> tuple[str, Scrape]:
    """Scrape whichever worker takes a new connection; return who it was, too."""
    with connect(server.url) as client:
        response = client.get("/metrics")
    assert response.status_code == 200, response.text
    return response.headers["x-correlation-id"][:_PREFIX], Scrape(response.text)


def scrape_until(server: Server, is_enough: Callable[[dict[str, Scrape]], bool]) -> None:
    """Scrape until the last answers of the workers, by worker, are enough."""
    deadline = time.monotonic() + SECONDS
    answers: dict[str, Scrape] = {}
    while not is_enough(answers):
        assert time.monotonic() < deadline, {name: one.series for name, one in answers.items()}
        worker, metrics = scrape_once(server)
        answers[worker] = metrics


def ask_both(server: Server, customer: RemoteCustomer) -> int:
    """Have both workers issue tokens; return how many."""
    deadline = time.monotonic() + SECONDS
    workers: set[str] = set()
    issued = 0
    while len(workers) < 2 or issued < 40:
        assert time.monotonic() < deadline, workers
        with connect(server.url) as client:
            response = customer.ask(client)
        assert response.status_code == 200, response.text
        workers.add(response.headers["x-correlation-id"][:_PREFIX])
        issued += 1
    return issued


@pytest.mark.slow
def test_each_worker_tells_the_sum_over_both_and_a_kill_loses_only_what_was_not_handed_over(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "data"
    customer = make_deployment(folder)
    arguments = ["serve", "--port", "0", "--workers", "2", "--data-dir", str(folder)]

    with running(arguments, tmp_path / "log") as server:
        issued = ask_both(server, customer)
        # Nobody asks them to: each hands over by itself.
        scrape_until(
            server,
            lambda answers: (
                len(answers) == 2
                and all(metrics.value(ISSUED) == issued for metrics in answers.values())
            ),
        )

        more = ask_both(server, customer)
        os.kill(server.workers()[0], signal.SIGKILL)

        scrape_until(
            server,
            lambda answers: any(metrics.value(STARTS) == 3 for metrics in answers.values()),
        )
        _, metrics = scrape_once(server)
        assert issued <= metrics.value(ISSUED) <= issued + more
