"""The short way for what proxies ask: on the wire it cannot be told from the usual one."""

from __future__ import annotations

import re
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from support.commands import operate
from support.customers import RemoteCustomer, connect, make_deployment
from support.processes import running

if TYPE_CHECKING:
    from collections.abc import Generator

    from support.processes import Server

# What differs from one request to the next.

pytestmark = pytest.mark.measured
_OWN = re.compile(
    rb"(?m)^(?:date|x-correlation-id|ratelimit): [^\r]*\r\n|\"correlationId\":\"[^\"]*\""
)
SMALL = ("--rate", "1000", "--burst", "1000", "--quota", "30")


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory,
) -> Generator[tuple[Server, RemoteCustomer, str, str]]:
    """A server, a customer, a token, and a key on a plan so small that each call waits."""
    folder = tmp_path_factory.mktemp("at-once")
    where = ("--data-dir", str(folder / "data"))
    customer = make_deployment(folder / "data")
    operate("plan", "add", "small", *where)
    operate("plan", "set", "small", "profile", *SMALL, *where)
    small = operate("key", "add", "--account", "acme", "--plan", "small", *where)["api_key"]
    with running(["serve", "--port", "0", *where], folder / "log") as server:
        with connect(server.url) as client:
            token = customer.token(client)
        yield server, customer, token, small


class Wire:
    """A connection that reads answers one by one."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._unread = b""

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self._connection.sendall(piece)

    def receive(self, *, has_body: bool = True) -> tuple[int, bytes]:
        """Return the status and all of the next answer."""
        while b"\r\n\r\n" not in self._unread:
            self._read()
        head, _, self._unread = self._unread.partition(b"\r\n\r\n")
        found = re.search(rb"(?mi)^content-length: (\d+)", head)
        length = int(found[1]) if found and has_body else 0
        while len(self._unread) < length:
            self._read()
        body, self._unread = self._unread[:length], self._unread[length:]
        return int(head[9:12]), head + b"\r\n\r\n" + body

    def is_closed(self) -> bool:
        return self._unread == b"" and self._connection.recv(65_536) == b""

    def _read(self) -> None:
        piece = self._connection.recv(65_536)
        assert piece, f"the server closed; unread was {self._unread!r}"
        self._unread += piece


@contextmanager
def wired(server: Server) -> Generator[Wire]:
    port = int(server.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        yield Wire(connection)


def ask(
    token: str | None,
    api_key: str | None,
    *lines: str,
    first: str = "GET /profile/authorize HTTP/1.1",
    body: bytes = b"",
) -> bytes:
    head = [first, "Host: api.example.com"]
    if token is not None:
        head.append(f"Authorization: Bearer {token}")
    if api_key is not None:
        head.append(f"x-api-key: {api_key}")
    return "\r\n".join([*head, *lines, "", ""]).encode() + body


def without_own(answer: bytes) -> bytes:
    return _OWN.sub(b"", answer)


@pytest.mark.parametrize(
    "path", ["/profile/authorize", "/profile/authorize/nginx", "/authorize/profile/v1/graphql",
             "/profile/authorize?plane=nginx", "/authorize", "/profile/authorize/any/path?a=b"]
)  # fmt: skip
@pytest.mark.parametrize("case", ["admitted", "no token", "bad token", "no key", "wrong key"])
def test_an_answer_at_once_is_the_usual_one_to_the_byte(
    served: tuple[Server, RemoteCustomer, str, str], path: str, case: str
) -> None:
    server, customer, token, _ = served
    presented: dict[str, tuple[str | None, str | None]] = {
        "admitted": (token, customer.api_key),
        "no token": (None, customer.api_key),
        "bad token": (token[:-3], customer.api_key),
        "no key": (token, None),
        "wrong key": (token, "wrong"),
    }
    first = f"POST {path} HTTP/1.1"
    with wired(server) as wire:
        wire.send(ask(*presented[case], first=first))
        at_once = wire.receive()
        # With a body it is served as any other request.
        wire.send(ask(*presented[case], "Content-Length: 2", first=first, body=b"{}"))
        usual = wire.receive()

    assert without_own(at_once[1]) == without_own(usual[1])
    assert at_once[0] == usual[0]


def test_requests_in_one_packet_are_answered_in_their_order(
    served: tuple[Server, RemoteCustomer, str, str],
) -> None:
    server, customer, token, small = served
    with wired(server) as wire:
        wire.send(
            ask(token, customer.api_key)
            + ask(token, small)  # has to wait for the disk
            + ask(None, None)
            + ask(token, customer.api_key, first="GET /healthz HTTP/1.1")
            + ask(token, customer.api_key)
        )
        answers = [wire.receive() for _ in range(5)]

    assert [status for status, _ in answers] == [200, 200, 401, 200, 200]
    assert b"x-watchword-plan: roomy" in answers[0][1]
    assert b"x-watchword-plan: small" in answers[1][1]
    assert b'{"status":"ok"}' in answers[3][1]


def test_a_head_may_come_in_any_pieces(served: tuple[Server, RemoteCustomer, str, str]) -> None:
    server, customer, token, _ = served
    asked = ask(token, customer.api_key)
    with wired(server) as wire:
        for cut in (1, 20, len(asked) - 2, len(asked) - 1):
            wire.send(asked[:cut], asked[cut:] + asked[:7], asked[7:])
            assert [wire.receive()[0] for _ in range(2)] == [200, 200]


def test_a_request_after_an_answer_at_once_is_served_as_usual(
    served: tuple[Server, RemoteCustomer, str, str],
) -> None:
    server, customer, token, _ = served
    query = b'{"query":"{ info { name } }"}'
    call = ask(
        token,
        customer.api_key,
        "Content-Type: application/json",
        f"Content-Length: {len(query)}",
        first="POST /profile/v1/graphql HTTP/1.1",
        body=query,
    )
    with wired(server) as wire:
        for _ in range(3):
            wire.send(ask(token, customer.api_key) + call)
            assert wire.receive()[0] == 200
            assert b'"profile"' in wire.receive()[1]


def test_the_connection_is_closed_when_the_caller_asks_for_it(
    served: tuple[Server, RemoteCustomer, str, str],
) -> None:
    server, customer, token, _ = served
    with wired(server) as wire:
        wire.send(ask(token, customer.api_key, "Connection: close"))
        status, answer = wire.receive()

        assert status == 200
        assert b"\r\nconnection: close\r\n" in answer
        assert wire.is_closed()


def test_http_1_0_is_answered_and_closed(served: tuple[Server, RemoteCustomer, str, str]) -> None:
    server, customer, token, _ = served
    with wired(server) as wire:
        wire.send(ask(token, customer.api_key, first="GET /profile/authorize HTTP/1.0"))

        assert wire.receive()[0] == 200
        assert wire.is_closed()


def test_head_has_the_headers_of_a_refusal_and_no_body(
    served: tuple[Server, RemoteCustomer, str, str],
) -> None:
    server, customer, token, _ = served
    with wired(server) as wire:
        wire.send(ask(None, None, first="HEAD /profile/authorize HTTP/1.1"))
        status, answer = wire.receive(has_body=False)
        wire.send(ask(token, customer.api_key))

        assert status == 401
        assert re.search(rb"content-length: [1-9]", answer)
        assert wire.receive()[0] == 200


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: +0",),
        ("Content-Length: 0", "Transfer-Encoding: chunked"),
        ("Authorization: Bearer other",),
        ("x-api-key: other",),
    ],
)
def test_what_contradicts_itself_is_refused(
    served: tuple[Server, RemoteCustomer, str, str], lines: tuple[str, ...]
) -> None:
    server, customer, token, _ = served
    with wired(server) as wire:
        wire.send(ask(token, customer.api_key, *lines, body=b"0\r\n\r\n"))

        assert wire.receive()[0] == 400


def test_answers_that_wait_for_the_disk_are_exact_as_well(
    served: tuple[Server, RemoteCustomer, str, str],
) -> None:
    server, _, token, small = served
    statuses: list[int] = []
    with wired(server) as wire:
        for _ in range(5):
            wire.send(ask(token, small) * 10)
            statuses += [wire.receive()[0] for _ in range(10)]

    # One of the thirty went to the packet of another test, if that ran before.
    assert 29 <= statuses.count(200) <= 30
    assert set(statuses) == {200, 429}
    assert statuses == sorted(statuses)


def test_a_caller_that_does_not_read_is_waited_for(
    served: tuple[Server, RemoteCustomer, str, str],
) -> None:
    server, customer, token, _ = served
    asked = ask(token, customer.api_key)
    with wired(server) as wire:
        wire._connection.setblocking(False)
        sent = 0
        for _ in range(20_000):
            try:
                sent += wire._connection.send(asked)
            except BlockingIOError:
                break
        wire._connection.setblocking(True)
        wire._connection.settimeout(20)

        # Some requests may have been sent in part; all whole ones are answered.
        for _ in range(sent // len(asked)):
            assert wire.receive()[0] == 200
