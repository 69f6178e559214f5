"""A real server whose service `matching` has an upstream of the tests, and a customer of it."""

from __future__ import annotations

import json
import shutil
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from support.commands import operate
from support.customers import SECONDS, RemoteCustomer, connect, make_deployment
from support.processes import Server, running
from watchword.settings import FILE_NAME

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    import httpx2

    from support.upstreams import Upstream

URL = "/matching/v1/graphql"
QUERY = {"query": "subscription Ticks { tick }", "operationName": "Ticks"}


def make_proxied(folder: Path, upstream: Upstream) -> RemoteCustomer:
    """Make a deployment with the commands of the page."""
    customer = make_deployment(folder)
    where = ("--data-dir", str(folder))
    operate("service", "add", "matching", "--upstream", upstream.url, *where)
    operate("account", "grant", "acme", "matching", *where)
    limit = ("--rate", "1000000", "--burst", "1000000")
    operate("plan", "set", "roomy", "matching", *limit, *where)
    return customer


@dataclass(frozen=True, slots=True)
class Proxied:
    """A running server, its upstream, and a customer with a token."""

    server: Server
    data: Path
    upstream: Upstream
    customer: RemoteCustomer
    client: httpx2.Client
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"x-api-key": self.customer.api_key, "authorization": f"Bearer {self.token}"}

    def call(self, **more: Any) -> httpx2.Response:
        return self.client.post(URL, headers=self.headers, **({"json": QUERY} | more))

    @contextmanager
    def stream(self) -> Generator[httpx2.Response]:
        """Ask on a connection of its own, and leave the answer to be read."""
        with (
            connect(self.server.url) as client,
            client.stream("POST", URL, headers=self.headers, json=QUERY) as response,
        ):
            yield response

    def operate(self, *arguments: str) -> None:
        operate(*arguments, "--data-dir", str(self.data))

    def raw_head(self, *lines: str) -> bytes:
        """Return the head of a call, to be sent by hand."""
        usual = [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([f"POST {URL} HTTP/1.1", "host: x", *usual, *lines, "", ""]).encode()

    def dial(self) -> socket.socket:
        port = int(self.server.url.rpartition(":")[2])
        return socket.create_connection(("127.0.0.1", port), timeout=SECONDS)


@contextmanager
def serving(
    folder: Path,
    made: tuple[Path, RemoteCustomer],
    upstream: Upstream,
    *,
    settings: str = "",
    workers: int = 1,
) -> Generator[Proxied]:
    """Run a server over a copy of a deployment."""
    data = shutil.copytree(made[0], folder / "data")
    (data / FILE_NAME).write_text(settings, "utf-8")
    arguments = ["serve", "--port", "0", "--workers", str(workers), "--data-dir", str(data)]
    with running(arguments, folder / "log") as server, connect(server.url) as client:
        yield Proxied(server, data, upstream, made[1], client, made[1].token(client))


def events_of(pieces: Iterator[bytes]) -> Iterator[tuple[str, Any]]:
    """Yield the events of a stream as they come: name and data."""
    text = ""
    for piece in pieces:
        text += piece.decode()
        while "\n\n" in text:
            one, _, text = text.partition("\n\n")
            fields = dict(line.partition(":")[::2] for line in one.split("\n"))
            told = fields.get("data", "").strip()
            yield fields["event"].strip(), json.loads(told) if told else None
    assert not text, "it ended within an event"


def read_answer(connection: socket.socket) -> bytes:
    """Return one answer with a length of its body, or what came until the end."""
    received = b""
    while piece := connection.recv(65_536):
        received += piece
        head, end, body = received.partition(b"\r\n\r\n")
        if head.startswith(b"HTTP/1.1 100 "):
            received, (head, end, body) = body, body.partition(b"\r\n\r\n")
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b": ")
            if end and name.lower() == b"content-length" and len(body) >= int(value):
                return received
    return received
