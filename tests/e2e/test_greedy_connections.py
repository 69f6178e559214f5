"""A connection takes no more memory and time than it is given, whatever its caller does."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from e2e.hasty import running_hasty
from e2e.test_heads import read_answer
from support.customers import RemoteCustomer, connect
from support.upstreams import wait_until

if TYPE_CHECKING:
    from collections.abc import Generator

    from support.processes import Server

MEGABYTE = 2**20
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@contextmanager
def connected(server: Server, receive_buffer: int | None = None) -> Generator[socket.socket]:
    with socket.socket() as connection:
        if receive_buffer is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(20)
        connection.connect(("127.0.0.1", int(server.url.rpartition(":")[2])))
        yield connection


def send_while_taken(connection: socket.socket, piece: bytes, most: int) -> int:
    """Send without reading, until nothing is taken for a second; return how much was."""
    connection.settimeout(1)
    sent = 0
    with suppress(TimeoutError):
        while sent < most:
            sent += connection.send(piece)
    return sent


def memory(server: Server) -> int:
    """Return what is resident of a server, in bytes."""
    status = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) * 1_024


def sockets(server: Server) -> int:
    """Return how many sockets a server has open."""
    count = 0
    for link in Path(f"/proc/{server.process.pid}/fd").iterdir():
        with suppress(OSError):  # it was closed meanwhile
            count += "socket:" in str(link.readlink())
    return count


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/healthz", "/nothing", "/profile/authorize"])
def test_requests_whose_answers_nobody_reads_take_little_memory(
    served: tuple[Server, RemoteCustomer], path: str
) -> None:
    server, _ = served
    many = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 4_000
    with ExitStack() as stack, connect(server.url) as other:
        assert other.get("/healthz").status_code == 200
        before = memory(server)
        for _ in range(4):
            connection = stack.enter_context(connected(server, receive_buffer=4_096))
            assert send_while_taken(connection, many, 64 * MEGABYTE) < 64 * MEGABYTE
            assert other.get("/healthz").status_code == 200

        assert memory(server) - before < 60 * MEGABYTE


def test_many_requests_in_one_packet_are_all_answered(
    served: tuple[Server, RemoteCustomer],
) -> None:
    server, _ = served
    padded = HEALTH[:-2] + b"x-padding: " + b"x" * 3_000 + b"\r\n\r\n"
    with connected(server) as connection:
        connection.sendall(HEALTH * 500 + padded * 50 + HEALTH[:-2] + b"Connection: close\r\n\r\n")
        received = b""
        while piece := connection.recv(65_536):
            received += piece

    assert received.count(b"HTTP/1.1 200 OK") == 551


def test_a_body_that_comes_with_many_requests_before_it_is_read(
    served: tuple[Server, RemoteCustomer],
) -> None:
    server, customer = served
    with connect(server.url) as client:
        token = customer.token(client)
    query = b'{"query":"{ info { name } } #' + b"x" * 100_000 + b'"}'
    call = (
        "POST /profile/v1/graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        f"x-api-key: {customer.api_key}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(query)}\r\n\r\n"
    ).encode()
    with connected(server) as connection:
        connection.sendall(HEALTH * 40 + call + query[:50_000])
        time.sleep(0.3)
        connection.sendall(query[50_000:])
        received = b""
        while piece := connection.recv(65_536):
            received += piece

    assert received.count(b"HTTP/1.1 200 OK") == 41


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/healthz", "/profile/authorize"])
@pytest.mark.parametrize("says_end", [False, True])
def test_a_caller_that_does_not_read_is_given_up(
    tmp_path: Path, made: tuple[Path, RemoteCustomer], path: str, says_end: bool
) -> None:
    many = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 4_000
    with running_hasty("write=2", made[0], tmp_path) as server:
        before = sockets(server)
        with connected(server, receive_buffer=4_096) as connection:
            with suppress(ConnectionError):  # it may be given up before that
                send_while_taken(connection, many, 64 * MEGABYTE)
                if says_end:
                    connection.shutdown(socket.SHUT_WR)
            wait_until(lambda: sockets(server) == before)


@pytest.mark.slow
def test_a_caller_that_reads_slowly_is_not_given_up(
    tmp_path: Path, made: tuple[Path, RemoteCustomer]
) -> None:
    asked = HEALTH * 30_000 + HEALTH[:-2] + b"Connection: close\r\n\r\n"
    received = b""
    with (
        running_hasty("write=2", made[0], tmp_path) as server,
        connected(server) as connection,
        ThreadPoolExecutor(1) as pool,
    ):
        started = time.monotonic()
        pool.submit(connection.sendall, asked)
        while piece := connection.recv(65_536):
            received += piece
            time.sleep(0.05)

    assert time.monotonic() > started + 2
    assert received.count(b"HTTP/1.1 200 OK") == 30_001


@pytest.mark.slow
def test_a_body_that_nobody_waits_for_holds_no_connection(
    tmp_path: Path, made: tuple[Path, RemoteCustomer]
) -> None:
    head = b"POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
    with running_hasty("rest=1", made[0], tmp_path) as server:
        with connected(server) as connection:
            connection.sendall(head)
            assert read_answer(connection).startswith(b"HTTP/1.1 404 ")
            with suppress(ConnectionError):
                for _ in range(40):
                    connection.sendall(b"x")
                    time.sleep(0.1)
                pytest.fail("it was taken for four seconds")

        with connected(server) as connection:
            for _ in range(2):
                connection.sendall(head)
                assert read_answer(connection).startswith(b"HTTP/1.1 404 ")
                connection.sendall(b"x" * 1_000)
                time.sleep(1.2)  # longer than the rest of a body may take
            # An idle connection is closed as ever.
            assert connection.recv(65_536) == b""
