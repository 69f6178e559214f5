"""Ctrl-C stops a server in good order, however often it is typed."""

from __future__ import annotations

import os
import re
import signal
import time
from typing import TYPE_CHECKING

import pytest

from support.commands import operate
from support.customers import RemoteCustomer, connect, make_deployment
from support.processes import running

if TYPE_CHECKING:
    from pathlib import Path

    import httpx2

    from support.processes import Server

QUOTA = 1_000_000
CALLS = 30
_LEFT = re.compile(r'"daily";r=(\d+)')


def left(response: httpx2.Response) -> int:
    """Return what is left of the day's requests."""
    assert response.status_code == 200, response.text
    found = _LEFT.search(response.headers["ratelimit"])
    assert found is not None, response.headers
    return int(found[1])


def interrupt(server: Server, *, pauses: tuple[float, ...]) -> int:
    """Type Ctrl-C at the server's terminal, again after each pause; return the exit code.

    A terminal tells all processes of the foreground.
    """
    processes = [server.process.pid, *server.workers()]
    for pause in (0.0, *pauses):
        time.sleep(pause)  # how quickly somebody types
        for pid in processes:
            try:
                os.kill(pid, signal.SIGINT)
            except ProcessLookupError:
                continue
    return server.wait()


def call_often(server: Server, customer: RemoteCustomer) -> None:
    with connect(server.url) as client:
        token = customer.token(client)
    for _ in range(CALLS // 10):
        with connect(server.url) as client:  # another worker, perhaps
            for _ in range(10):
                left(customer.call(client, token))


def customer_of(server: Server, made: RemoteCustomer | None) -> RemoteCustomer:
    ready = server.ready
    return made or RemoteCustomer(ready["username"], ready["password"], ready["api_key"])


@pytest.mark.slow
@pytest.mark.parametrize("pauses", [(0.02,), (0.3, 0.02, 0.1)], ids=str)
@pytest.mark.parametrize(
    "command",
    [["serve"], ["serve", "--workers", "2"], ["demo"]],
    ids=["serve", "two workers", "demo"],
)
def test_a_second_ctrl_c_is_silent_and_what_was_taken_ahead_is_given_back(
    tmp_path: Path, command: list[str], pauses: tuple[float, ...]
) -> None:
    folder = tmp_path / "data"
    made = make_deployment(folder) if command[0] == "serve" else None
    if made is not None:
        limit = ("--rate", "1000000", "--burst", "1000000", "--quota", str(QUOTA))
        operate("plan", "set", "roomy", "profile", *limit, "--data-dir", str(folder))
    arguments = [*command, "--port", "0", "--data-dir", str(folder)]

    with running(arguments, tmp_path / "log") as server:
        call_often(server, customer_of(server, made))
        code = interrupt(server, pauses=pauses)

    assert code == 0
    log = (tmp_path / "log").read_text("utf-8")
    assert "Traceback" not in log
    assert "exception" not in log
    with running(arguments, tmp_path / "log") as again, connect(again.url) as client:
        customer = customer_of(again, made)
        assert left(customer.call(client, customer.token(client))) == QUOTA - CALLS - 1
