"""Documents and bodies that are made to hurt are refused in words, and nobody else waits."""

from __future__ import annotations

import select
import socket
import struct
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from e2e.hasty import running_hasty
from e2e.hostile import HOSTILE
from e2e.test_greedy_connections import MEGABYTE, connected, memory
from support.customers import RemoteCustomer, connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx2

    from e2e.hostile import Hostile
    from support.processes import Server

PATH = "/profile/v1/graphql"
TYPED = "application/graphql-response+json"
_TICK = 0.05


def headers_of(customer: RemoteCustomer, token: str) -> dict[str, str]:
    return {
        "x-api-key": customer.api_key,
        "authorization": f"Bearer {token}",
        "content-type": "application/json",
        "accept": TYPED,
    }


def head_of(customer: RemoteCustomer, token: str, length: int) -> bytes:
    """Return the head of a call, as it is sent."""
    lines = [f"POST {PATH} HTTP/1.1", "Host: x", f"Content-Length: {length}"]
    lines += [f"{name}: {value}" for name, value in headers_of(customer, token).items()]
    return "\r\n".join([*lines, "", ""]).encode()


def is_answered(connection: socket.socket) -> bool:
    """Wait a little for the server to say something."""
    return bool(select.select([connection], [], [], _TICK)[0])


@pytest.fixture(scope="module")
def asking(
    served: tuple[Server, RemoteCustomer],
) -> Iterator[tuple[Server, httpx2.Client]]:
    """A server, and a client that is admitted."""
    server, customer = served
    with connect(server.url) as client:
        client.headers.update(headers_of(customer, customer.token(client)))
        yield server, client


def require_alive(client: httpx2.Client) -> None:
    response = client.post(PATH, content=b'{"query": "{ info { name } }"}')

    assert response.json()["data"] == {"info": {"name": "profile"}}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_document_is_refused_for_what_it_is_or_answered(
    asking: tuple[Server, httpx2.Client], hostile: Hostile
) -> None:
    _, client = asking

    response = client.post(PATH, content=hostile.body)

    answer = response.json()
    # Nobody's question is blown up into an answer that is much larger.
    assert len(response.content) < len(hostile.body) + 2**16
    if response.status_code == 200:
        assert (answer.keys(), hostile.code, hostile.text) == ({"data", "extensions"}, None, "")
        return
    assert (response.status_code, set(answer)) == (400, {"errors"})
    first = answer["errors"][0]
    assert hostile.text in first["message"]
    assert hostile.code is None or first["extensions"]["code"] == hostile.code


@pytest.mark.slow
def test_all_of_them_together_leave_a_server_of_bounded_memory(
    asking: tuple[Server, httpx2.Client],
) -> None:
    server, client = asking
    require_alive(client)
    before = memory(server)

    for _ in range(3):
        for hostile in HOSTILE.values():
            assert client.post(PATH, content=hostile.body).status_code in {200, 400, 294}

    require_alive(client)
    assert memory(server) - before < 96 * MEGABYTE


def test_ten_megabytes_are_not_taken(asking: tuple[Server, httpx2.Client]) -> None:
    server, client = asking
    body = b'{"query": "#' + b"x" * 10 * MEGABYTE + b'"}'

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(body), 65_536):
            yield body[start : start + 65_536]

    before = memory(server)
    for content in (body, pieces()):
        response = client.post(PATH, content=content)

        assert response.status_code == 413
        assert response.json()["errors"][0]["extensions"]["code"] == "CONTENT_TOO_LARGE"
    assert memory(server) - before < 32 * MEGABYTE
    require_alive(client)


@pytest.mark.slow
def test_a_body_that_dribbles_is_ended_and_nobody_waits_for_it(
    tmp_path: Path, made: tuple[Path, RemoteCustomer]
) -> None:
    data, customer = made
    answered = 0
    with (
        running_hasty("body=2", data, tmp_path) as server,
        connect(server.url) as client,
        connected(server) as connection,
    ):
        token = customer.token(client)
        connection.sendall(head_of(customer, token, 100_000) + b'{"query": "')
        while not is_answered(connection):
            with suppress(ConnectionError):  # it may be ended in this moment
                connection.sendall(b" ")
            assert customer.call(client, token).status_code == 200
            answered += 1
        received = connection.recv(65_536)
        # Head and body may come one after the other.
        while b"REQUEST_TIMEOUT" not in received and (more := connection.recv(65_536)):
            received += more

    assert received.startswith(b"HTTP/1.1 408 ")
    assert b"REQUEST_TIMEOUT" in received
    assert answered


@pytest.mark.slow
def test_many_bodies_that_dribble_hold_nobody_up(
    tmp_path: Path, made: tuple[Path, RemoteCustomer]
) -> None:
    data, customer = made
    with running_hasty("body=2", data, tmp_path) as server, connect(server.url) as client:
        token = customer.token(client)
        head = head_of(customer, token, MEGABYTE)

        def dribble(_: int) -> bytes:
            with connected(server) as connection:
                connection.sendall(head + b"{")
                while not is_answered(connection):
                    with suppress(ConnectionError):  # it may be ended in this moment
                        connection.sendall(b" ")
                return connection.recv(65_536)

        with ThreadPoolExecutor(20) as pool:
            dribbling = pool.map(dribble, range(20))
            for _ in range(20):
                assert customer.call(client, token).status_code == 200
            answers = list(dribbling)

    assert {answer[:13] for answer in answers} == {b"HTTP/1.1 408 "}


@pytest.mark.parametrize("ending", ["says so", "goes away", "breaks off"])
def test_a_body_that_promises_more_than_it_sends_harms_nobody(
    asking: tuple[Server, httpx2.Client], served: tuple[Server, RemoteCustomer], ending: str
) -> None:
    server, client = asking
    _, customer = served
    token = client.headers["authorization"].removeprefix("Bearer ")
    for _ in range(20):
        with connected(server) as connection:
            connection.sendall(head_of(customer, token, 1_000) + b'{"query": "{ info { name } }"}')
            if ending == "says so":
                connection.shutdown(socket.SHUT_WR)
                # A server may answer that or hang up; nothing is ever executed.
                assert b"profile" not in connection.recv(65_536)
            elif ending == "breaks off":
                reset_at_close = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset_at_close)

        require_alive(client)
