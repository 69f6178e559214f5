"""Who refuses a client tells by no clock why. Stated with its power, and itself tested."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from support.customers import RemoteCustomer, connect, make_deployment
from support.processes import running

if TYPE_CHECKING:
    from pathlib import Path

    import httpx2

SAMPLES = 250
# With 250 samples of each the share of pairs in which one cause takes longer has a standard
# deviation of 0.026 when nothing can be told: the bound is five of them. A difference of half
# a standard deviation of a single answer moves the share to 0.64 and is found.
BOUND = 0.13


def share_of_longer(first: list[float], second: list[float]) -> float:
    """Return in which share of all pairs the first takes longer; 0.5 when nothing can be told."""
    longer = sum((a > b) + (a == b) / 2 for a in first for b in second)
    return longer / (len(first) * len(second))


def time_refusal(client: httpx2.Client, customer: RemoteCustomer) -> float:
    begin = time.perf_counter()
    assert customer.ask(client).status_code == 401
    return time.perf_counter() - begin


def test_an_unknown_user_and_a_wrong_password_take_the_same_time(tmp_path: Path) -> None:
    customer = make_deployment(tmp_path / "data")
    wrong = replace(customer, password="w" * 43)
    unknown = replace(customer, username="svc-none", password="w" * 43)
    arguments = ["serve", "--port", "0", "--data-dir", str(tmp_path / "data")]
    of_wrong: list[float] = []
    of_unknown: list[float] = []

    with running(arguments, tmp_path / "log") as server, connect(server.url) as client:
        for _ in range(SAMPLES):
            of_wrong.append(time_refusal(client, wrong))
            of_unknown.append(time_refusal(client, unknown))

    assert abs(share_of_longer(of_wrong, of_unknown) - 0.5) < BOUND


@pytest.mark.parametrize(("shift", "is_found"), [(0.0, False), (0.6, True)])
def test_the_comparison_finds_a_difference_when_there_is_one(shift: float, is_found: bool) -> None:
    noise = [((number * 7919) % 1000) / 500 - 1 for number in range(SAMPLES)]

    share = share_of_longer([value + shift for value in noise], list(reversed(noise)))

    assert (abs(share - 0.5) >= BOUND) == is_found
