"""The promise, against real server processes, real sockets and real SQLite."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx2
import pytest

from support.customers import RemoteCustomer, connect, generation_of, make_deployment
from support.deployment import code_of
from support.processes import run_json, run_watchword, running

if TYPE_CHECKING:
    from pathlib import Path

    from support.processes import Server

CONCURRENT = 64
ROUNDS = 25


def serve(folder: Path, *arguments: str) -> list[str]:
    return ["serve", "--port", "0", "--data-dir", str(folder), *arguments]


@pytest.mark.behaviour(
    33,
    "When the 200 for B was sent, the next call with A is 401 at every worker: the bound is "
    "no call at all",
)
@pytest.mark.parametrize("workers", [1, 4])
def test_the_previous_token_is_refused_on_the_very_next_call_by_every_worker(
    tmp_path: Path, workers: int
) -> None:
    customer = make_deployment(tmp_path / "data")

    with running(serve(tmp_path / "data", "--workers", str(workers)), tmp_path / "log") as server:
        previous = None
        for _ in range(25):
            with connect(server.url) as client:
                token = customer.token(client)
            # New connections, so that every worker is asked in turn.
            for _ in range(4):
                with connect(server.url) as client:
                    live = customer.call(client, token)
                    assert live.status_code == 200, live.text
                    if previous is not None:
                        dead = customer.call(client, previous)
                        assert (dead.status_code, code_of(dead)) == (401, "TOKEN_SUPERSEDED")
            previous = token


@pytest.mark.behaviour(
    34,
    "64 requests at once, the user's first among them, give 64 tokens and leave exactly one "
    "live, with 1 and 4 workers",
)
@pytest.mark.parametrize("workers", [1, 4])
def test_64_concurrent_requests_give_64_tokens_and_leave_exactly_one_live(
    tmp_path: Path, workers: int
) -> None:
    customer = make_deployment(tmp_path / "data")

    with running(serve(tmp_path / "data", "--workers", str(workers)), tmp_path / "log") as server:
        for _ in range(2):  # the user's first ever tokens, then as many more
            barrier = threading.Barrier(CONCURRENT)

            def ask(barrier: threading.Barrier = barrier) -> str:
                with connect(server.url) as client:
                    barrier.wait()
                    return customer.token(client)

            with ThreadPoolExecutor(CONCURRENT) as pool:
                tokens = [
                    future.result() for future in [pool.submit(ask) for _ in range(CONCURRENT)]
                ]

            with connect(server.url) as client:
                statuses = [customer.call(client, token).status_code for token in tokens]
            assert len(set(tokens)) == CONCURRENT
            assert sorted(statuses) == [200] + [401] * (CONCURRENT - 1)
            live = tokens[statuses.index(200)]
            assert generation_of(live) == max(generation_of(token) for token in tokens)


@pytest.mark.behaviour(
    36,
    "A server killed at any instant leaves one live token or none, and loses none that it "
    "acknowledged",
)
@pytest.mark.slow
@pytest.mark.parametrize("half", [1, 2])
def test_a_killed_server_leaves_one_live_token_or_none_and_loses_none_it_acknowledged(
    tmp_path: Path, half: int
) -> None:
    """50 kills in two halves, each after another number of acknowledged tokens."""
    customer = make_deployment(tmp_path / "data")
    acknowledged: list[str] = []

    for number in range(ROUNDS):
        with running(serve(tmp_path / "data"), tmp_path / "log") as server:
            _require_at_most_the_newest_live(server, customer, acknowledged)
            acknowledged = sorted(acknowledged, key=generation_of)[-5:]
            kill_after = 1 + half + 3 * number % 40
            _issue_until_killed(server, customer, acknowledged, kill_after)

    with running(serve(tmp_path / "data"), tmp_path / "log") as server:
        _require_at_most_the_newest_live(server, customer, acknowledged)
        with connect(server.url) as client:
            newest = customer.token(client)
            assert generation_of(newest) > max(map(generation_of, acknowledged))
            assert customer.call(client, newest).status_code == 200


def _issue_until_killed(
    server: Server, customer: RemoteCustomer, acknowledged: list[str], kill_after: int
) -> None:
    counted = itertools.count(1)
    killed = threading.Event()

    def ask() -> None:
        with connect(server.url) as client:
            while not killed.is_set():
                try:
                    acknowledged.append(customer.token(client))
                except httpx2.TransportError:
                    return  # the server is gone; what it had not answered was not acknowledged
                if next(counted) == kill_after:
                    killed.set()
                    server.kill()

    with ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(ask) for _ in range(8)]:
            future.result()
    assert killed.is_set(), "the server went away by itself"


def _require_at_most_the_newest_live(
    server: Server, customer: RemoteCustomer, acknowledged: list[str]
) -> None:
    by_generation = sorted(acknowledged, key=generation_of)
    with connect(server.url) as client:
        for token in by_generation[:-1]:
            assert code_of(customer.call(client, token)) == "TOKEN_SUPERSEDED"
        for newest in by_generation[-1:]:
            answer = customer.call(client, newest)
            # A token that was recorded and not yet answered may have superseded it. It is
            # not lost: the ledger would then say it never heard of it.
            assert answer.status_code == 200 or code_of(answer) == "TOKEN_SUPERSEDED"


def test_a_killed_supervisor_leaves_no_worker_on_the_port(tmp_path: Path) -> None:
    customer = make_deployment(tmp_path / "data")
    with running(serve(tmp_path / "data", "--workers", "2"), tmp_path / "log") as server:
        port = server.url.rpartition(":")[2]
        with connect(server.url) as client:
            token = customer.token(client)
        server.kill()

    arguments = ["serve", "--port", port, "--data-dir", str(tmp_path / "data")]
    with running(arguments, tmp_path / "log") as again, connect(again.url) as client:
        assert customer.call(client, token).status_code == 200


@pytest.mark.behaviour(37, "The live token lives and the dead one is dead after a restart")
def test_state_survives_a_restart(tmp_path: Path) -> None:
    customer = make_deployment(tmp_path / "data")
    with running(serve(tmp_path / "data"), tmp_path / "log") as server:
        with connect(server.url) as client:
            first, second = customer.token(client), customer.token(client)
        port = server.url.rpartition(":")[2]

    arguments = ["serve", "--port", port, "--data-dir", str(tmp_path / "data")]
    with running(arguments, tmp_path / "log") as server, connect(server.url) as client:
        assert customer.call(client, second).status_code == 200
        assert code_of(customer.call(client, first)) == "TOKEN_SUPERSEDED"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_disabled_key_and_user_are_refused_on_the_next_call_by_every_worker(
    tmp_path: Path, workers: int
) -> None:
    customer = make_deployment(tmp_path / "data")
    where = ("--data-dir", str(tmp_path / "data"))
    with running(serve(tmp_path / "data", "--workers", str(workers)), tmp_path / "log") as server:
        with connect(server.url) as client:
            token = customer.token(client)
        key = run_json("key", "list", *where)[0]["key_id"]

        run_watchword("key", "disable", key, *where)
        for _ in range(6):
            with connect(server.url) as client:
                assert code_of(customer.call(client, token)) == "API_KEY_INVALID"
        run_watchword("key", "enable", key, *where)
        run_watchword("user", "disable", customer.username, *where)
        for _ in range(6):
            with connect(server.url) as client:
                assert code_of(customer.call(client, token)) == "ACCOUNT_DISABLED"
