"""The promise, against real server processes, real sockets and real SQLite."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from support.commands import operate
from support.customers import connect, generation_of, make_deployment
from support.deployment import code_of
from support.processes import running

if TYPE_CHECKING:
    from pathlib import Path


CONCURRENT = 64


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
        key = operate("key", "list", *where)[0]["key_id"]

        operate("key", "disable", key, *where)
        for _ in range(6):
            with connect(server.url) as client:
                assert code_of(customer.call(client, token)) == "API_KEY_INVALID"
        operate("key", "enable", key, *where)
        operate("user", "disable", customer.username, *where)
        for _ in range(6):
            with connect(server.url) as client:
                assert code_of(customer.call(client, token)) == "ACCOUNT_DISABLED"
