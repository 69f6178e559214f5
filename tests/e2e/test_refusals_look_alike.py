"""Who refuses a client tells by no clock why. Stated with its power, and itself tested."""

from __future__ import annotations

import socket
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from support.customers import RemoteCustomer, make_deployment
from support.deployment import basic
from support.processes import running

if TYPE_CHECKING:
    from pathlib import Path

SAMPLES = 300
# With 300 samples of each the share of pairs in which one cause takes longer has a standard
# deviation of 0.024 when nothing can be told: the bound is five of them. It finds a cause that
# answers early, as one that skips the tick. What differs within the work, some 5 % of it, is
# less than this shows; that every cause waits for the tick is a test of the token endpoint.
BOUND = 0.12


def share_of_longer(first: list[float], second: list[float]) -> float:
    """Return in which share of all pairs the first takes longer; 0.5 when nothing can be told."""
    longer = sum((a > b) + (a == b) / 2 for a in first for b in second)
    return longer / (len(first) * len(second))


def request_of(customer: RemoteCustomer) -> bytes:
    return (
        "POST /oauth2/token?grant_type=client_credentials HTTP/1.1\r\nHost: x\r\n"
        f"x-api-key: {customer.api_key}\r\n"
        f"Authorization: {basic(customer.username, customer.password)}\r\n\r\n"
    ).encode()


def time_refusal(connection: socket.socket, request: bytes) -> int:
    """Return the nanoseconds to a refusal, without what a client's library would add."""
    begin = time.perf_counter_ns()
    connection.sendall(request)
    answer = b""
    while not answer.endswith(b"}"):
        answer += connection.recv(4096)
    taken = time.perf_counter_ns() - begin
    assert answer.startswith(b"HTTP/1.1 401 ")
    return taken


def test_an_unknown_user_and_a_wrong_password_take_the_same_time(tmp_path: Path) -> None:
    customer = make_deployment(tmp_path / "data")
    wrong = request_of(replace(customer, password="w" * 43))
    unknown = request_of(replace(customer, username="svc-none", password="w" * 43))
    arguments = ["serve", "--port", "0", "--data-dir", str(tmp_path / "data")]
    of_wrong: list[float] = []
    of_unknown: list[float] = []

    with running(arguments, tmp_path / "log") as server:
        port = int(server.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            for _ in range(SAMPLES):
                of_wrong.append(time_refusal(connection, wrong))
                of_unknown.append(time_refusal(connection, unknown))

    assert abs(share_of_longer(of_wrong, of_unknown) - 0.5) < BOUND


@pytest.mark.parametrize(("shift", "is_found"), [(0.0, False), (0.6, True)])
def test_the_comparison_finds_a_difference_when_there_is_one(shift: float, is_found: bool) -> None:
    noise = [((number * 7919) % 1000) / 500 - 1 for number in range(SAMPLES)]

    share = share_of_longer([value + shift for value in noise], list(reversed(noise)))

    assert (abs(share - 0.5) >= BOUND) == is_found
