"""Requests as they stand on the wire: headers in order and twice, paths as they are typed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

SECONDS = 20
Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Call:
    """A caller's request. A body of several pieces is sent in chunks, without its length."""

    method: str = "POST"
    target: str = "/profile/v1/graphql"
    headers: Headers = field(default_factory=list)
    body: bytes | list[bytes] = b'{"query": "{ info { name } }"}'
    host: str = "api.example.com"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Headers
    body: bytes

    def find(self, name: str) -> str | None:
        """Return a header that must not be there twice."""
        values = values_of(self.headers, name)
        assert len(values) < 2, f"{name} is there twice: {values}"
        return values[0] if values else None

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def send(port: int, call: Call) -> Answer:
    """Send a call to a port of this machine, on a connection of its own."""
    connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.putrequest(call.method, call.target, skip_host=True, skip_accept_encoding=True)
        for name, value in [("Host", call.host), *call.headers]:
            connection.putheader(name, value)
        is_chunked = isinstance(call.body, list)
        if is_chunked:
            connection.putheader("Transfer-Encoding", "chunked")
        elif call.body:
            connection.putheader("Content-Length", str(len(call.body)))
        connection.endheaders(call.body or None, encode_chunked=is_chunked)
        response = connection.getresponse()
        return Answer(response.status, response.getheaders(), response.read())
    finally:
        connection.close()


def values_of(headers: Headers, name: str) -> list[str]:
    return [value for key, value in headers if key.lower() == name.lower()]


def without(headers: Headers, names: Iterable[str]) -> Headers:
    left_out = {name.lower() for name in names}
    return [(name, value) for name, value in headers if name.lower() not in left_out]


def only(headers: Headers, names: Iterable[str]) -> Headers:
    kept = {name.lower() for name in names}
    return [(name, value) for name, value in headers if name.lower() in kept]
