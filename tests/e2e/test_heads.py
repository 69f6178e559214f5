"""The bound on the head of a request counts heads and nothing else."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from support.customers import connect, make_deployment
from support.deployment import basic
from support.processes import running

if TYPE_CHECKING:
    from pathlib import Path

    from support.customers import RemoteCustomer

PIECES = 30


def token_head(customer: RemoteCustomer, length: int) -> bytes:
    return (
        "POST /oauth2/token HTTP/1.1\r\nHost: x\r\n"
        f"x-api-key: {customer.api_key}\r\n"
        f"Authorization: {basic(customer.username, customer.password)}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {length}\r\n\r\n"
    ).encode()


def read_answer(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received or not received.endswith(b"}"):
        piece = connection.recv(65_536)
        assert piece, received
        received += piece
    return received


def test_bodies_that_come_after_their_heads_are_no_heads(tmp_path: Path) -> None:
    """More than the bound in bodies, on one connection, each sent apart from its head."""
    customer = make_deployment(tmp_path / "data")
    body = b"grant_type=client_credentials&note=" + b"x" * 4_000
    arguments = ["serve", "--port", "0", "--data-dir", str(tmp_path / "data")]

    with running(arguments, tmp_path / "log") as server:
        port = int(server.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for _ in range(PIECES):
                connection.sendall(token_head(customer, len(body)))
                # An answer to another connection: the head has been read by then.
                with connect(server.url) as other:
                    assert other.get("/healthz").status_code == 200
                connection.sendall(body)
                assert read_answer(connection).startswith(b"HTTP/1.1 200 ")

        with connect(server.url) as client:
            long_query = "{ info { name } } #" + "x" * 200_000
            token = customer.token(client)
            assert customer.call(client, token, long_query).status_code == 200
