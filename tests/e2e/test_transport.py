"""Requests that only a real socket can carry."""

from __future__ import annotations

import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from e2e.hasty import running_hasty
from support.commands import operate
from support.customers import RemoteCustomer, connect
from support.deployment import basic
from support.upstreams import ANSWER, Upstream, then_stay, wait_until, whole

if TYPE_CHECKING:
    from support.processes import Server

pytestmark = pytest.mark.measured


def exchange(server: Server, request: bytes) -> bytes:
    """Send raw bytes and return all that comes back until the server closes."""
    port = int(server.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        received = b""
        with suppress(ConnectionError):  # the server may close before all is sent
            connection.sendall(request)
        with suppress(ConnectionError):
            while chunk := connection.recv(65_536):
                received += chunk
    return received


def test_a_token_request_needs_no_content_length(
    served: tuple[Server, RemoteCustomer],
) -> None:
    server, customer = served
    request = (
        "POST /oauth2/token?grant_type=client_credentials HTTP/1.1\r\nHost: x\r\n"
        f"x-api-key: {customer.api_key}\r\nConnection: close\r\n"
        f"Authorization: {basic(customer.username, customer.password)}\r\n\r\n"
    )

    answer = exchange(server, request.encode())

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b'"token_type":"Bearer"' in answer


def test_a_chunked_body_is_read_up_to_its_bound(
    served: tuple[Server, RemoteCustomer],
) -> None:
    server, customer = served
    head = (
        "POST /oauth2/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        f"x-api-key: {customer.api_key}\r\nConnection: close\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Authorization: {basic(customer.username, customer.password)}\r\n\r\n"
    )
    small = b"1d\r\ngrant_type=client_credentials\r\n0\r\n\r\n"
    large = b"5000\r\n" + b"x" * 0x5000 + b"\r\n0\r\n\r\n"

    assert exchange(server, head.encode() + small).startswith(b"HTTP/1.1 200 ")
    assert exchange(server, head.encode() + large).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "request_bytes", [b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01"]
)
def test_what_is_no_http_harms_nobody(
    served: tuple[Server, RemoteCustomer], request_bytes: bytes
) -> None:
    server, customer = served

    assert b" 400 " in exchange(server, request_bytes).partition(b"\r\n")[0]
    with connect(server.url) as client:
        assert customer.call(client, customer.token(client)).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/nothing", "/profile/authorize", "/oauth2/token"])
@pytest.mark.parametrize("hosts", ["", "Host: x\r\nHost: x\r\n", "Host: x\r\nhost: y\r\n"])
def test_a_request_names_one_host(
    served: tuple[Server, RemoteCustomer], path: str, hosts: str
) -> None:
    server, _ = served
    rest = f"{hosts}Connection: close\r\n\r\n"

    assert exchange(server, f"GET {path} HTTP/1.1\r\n{rest}".encode())[9:12] == b"400"
    if not hosts:  # which HTTP/1.0 may leave out
        assert exchange(server, f"GET {path} HTTP/1.0\r\n{rest}".encode())[9:12] != b"400"


def test_a_head_without_an_end_is_refused_at_its_bound(
    served: tuple[Server, RemoteCustomer],
) -> None:
    server, _ = served
    endless = b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"x-padding: 1\r\n" * 200_000

    answer = exchange(server, endless)

    assert answer.startswith(b"HTTP/1.1 431 ")


@pytest.mark.slow
def test_what_does_not_come_is_not_waited_for_for_ever(
    tmp_path: Path, made: tuple[Path, RemoteCustomer]
) -> None:
    half_body = b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\ngrant"
    halves = [b"", b"GET /healthz HTTP/1.1\r\nHost: x\r\n", half_body]

    with (
        running_hasty("head=0.5,body=0.5", made[0], tmp_path) as server,
        ThreadPoolExecutor(len(halves)) as pool,
    ):
        answers = list(pool.map(lambda half: exchange(server, half), halves))

    assert all(answer.startswith(b"HTTP/1.1 408 ") for answer in answers)
    assert b'"error":"invalid_request"' in answers[-1]


@pytest.mark.slow
def test_an_answer_may_take_longer_than_a_head(
    tmp_path: Path, made: tuple[Path, RemoteCustomer]
) -> None:
    upstream = Upstream()
    upstream.script = then_stay()
    data, customer = made
    with running_hasty("head=0.3", data, tmp_path) as server, connect(server.url) as client:
        where = ("--data-dir", str(tmp_path / "data"))
        operate("service", "add", "matching", "--upstream", upstream.url, *where)
        operate("account", "grant", "acme", "matching", *where)
        operate("plan", "set", "roomy", "matching", "--rate", "9", "--burst", "9", *where)
        call = (
            "POST /matching/v1/graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            f"x-api-key: {customer.api_key}\r\nAuthorization: Bearer {customer.token(client)}\r\n"
            "Content-Length: 2\r\n\r\n{}"
        )
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(exchange, server, call.encode())
            wait_until(lambda: upstream.seen)
            started = time.monotonic()
            wait_until(lambda: asked.done() or time.monotonic() > started + 1)
            upstream.push(whole())
            answer = asked.result()
    upstream.close()

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(ANSWER)


def test_many_requests_on_one_connection_are_not_one_long_head(
    served: tuple[Server, RemoteCustomer],
) -> None:
    server, _ = served
    one = b"GET /healthz HTTP/1.1\r\nHost: x\r\nx-padding: " + b"x" * 30_000 + b"\r\n"
    requests = (one + b"\r\n") * 5 + one + b"Connection: close\r\n\r\n"

    assert exchange(server, requests).count(b"HTTP/1.1 200 OK") == 6


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_sigterm_ends_the_server_cleanly_while_a_caller_stays_connected(
    tmp_path: Path, made: tuple[Path, RemoteCustomer], workers: int
) -> None:
    data, customer = made
    with (
        running_hasty("grace=0.3", data, tmp_path, workers) as server,
        connect(server.url) as client,
        socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))),
    ):
        customer.token(client)

        assert server.stop() == 0


@pytest.mark.slow
def test_sigterm_ends_workers_that_do_not_answer(
    tmp_path: Path, made: tuple[Path, RemoteCustomer]
) -> None:
    with running_hasty("last=0.5", made[0], tmp_path, workers=2) as server:
        workers = workers_of(server)
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)

        assert server.stop() == 0

    assert len(workers) == 2
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


def workers_of(server: Server) -> list[int]:
    """Return the pids of the workers; a supervisor has a helper process beside them."""
    return [
        int(folder.name)
        for folder in Path("/proc").glob("[0-9]*")
        if (found := parent_and_command(folder))
        and found[0] == server.process.pid
        and "spawn_main" in found[1]
    ]


def parent_and_command(folder: Path) -> tuple[int, str] | None:
    try:
        parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        return parent, (folder / "cmdline").read_text()
    except OSError:
        return None  # it has ended meanwhile
