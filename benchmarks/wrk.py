"""Asks servers: one call at a time by hand, or as many as they answer by wrk."""

from __future__ import annotations

import http.client
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from cores import on_cores
from floor import CapturedAnswer

if TYPE_CHECKING:
    from collections.abc import Sequence

CONNECTIONS: Final = 32
_MOST_REQUESTS: Final = 2_000_000
"""In one round, so that a mistake cannot fill a disk."""
_HOST: Final = "127.0.0.1"
TIMEOUT_SECONDS: Final = 5
_GRACE_SECONDS: Final = 30
_MARK: Final = "watchword-result "
_SCRIPT: Final = Path(__file__).with_suffix(".lua")


@dataclass(frozen=True, slots=True)
class Call:
    """A request, apart from where it goes."""

    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    method: str = "POST"

    @property
    def has_body(self) -> bool:
        """Whether it says how long its body is, be it empty."""
        return self.method != "GET"


class _Counted(msgspec.Struct, frozen=True):
    requests: int
    microseconds: int
    p50: int
    p99: int
    refused: int
    broken: int


@dataclass(frozen=True, slots=True)
class Load:
    """What one round of load gave.

    Attributes:
        busy: Share of its core that the load generator used; near 1 it is what was measured.
    """

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    busy: float


def ask(port: int, call: Call, *, expected: int = http.client.OK) -> CapturedAnswer:
    """Ask once, and return the answer without its date.

    Raises:
        RuntimeError: If the answer has another status, or tells of errors.
    """
    connection = http.client.HTTPConnection(_HOST, port, timeout=TIMEOUT_SECONDS)
    try:
        body = call.body if call.has_body else None
        connection.request(call.method, call.path, body, dict(call.headers))
        response = connection.getresponse()
        text = response.read().decode()
        has_errors = expected == http.client.OK and '"errors"' in text
        if response.status != expected or has_errors:
            raise RuntimeError(f"{call.path} answered {response.status}: {text[:500]}")
        # uvicorn adds the date by itself.
        headers = [
            (name.lower(), value) for name, value in response.getheaders() if name.lower() != "date"
        ]
        return CapturedAnswer(response.status, headers, text)
    finally:
        connection.close()


def load(
    port: int,
    calls: Sequence[Call],
    *,
    seconds: int,
    core: int,
    folder: Path,
    timeout_seconds: int = TIMEOUT_SECONDS,
    connections: int = CONNECTIONS,
) -> Load:
    """Ask over some connections for some seconds, each call in its turn.

    Raises:
        RuntimeError: If a single answer was missing or no success.
        OSError: If wrk is not installed.
    """
    prepared = folder / "requests"
    with prepared.open("wb") as file:
        for call in calls:
            octets = _to_octets(call, port)
            file.write(b"%d\n%b" % (len(octets), octets))
    options = ["-t1", f"-c{connections}", f"-d{seconds}s", f"--timeout={timeout_seconds}s"]
    script = ["-s", str(_SCRIPT), f"http://{_HOST}:{port}", "--"]
    before = os.times()
    with on_cores(core):
        ended = subprocess.run(
            ["wrk", *options, *script, str(prepared), str(_MOST_REQUESTS)],
            capture_output=True,
            text=True,
            check=True,
            timeout=seconds + _GRACE_SECONDS,
        )
    after = os.times()
    prepared.unlink()
    counted = msgspec.json.decode(ended.stdout.partition(_MARK)[2].splitlines()[0], type=_Counted)
    if counted.refused or counted.broken or not counted.requests:
        raise RuntimeError(
            f"of {counted.requests} calls {counted.refused} were refused, {counted.broken} broke"
        )
    used = after.children_user + after.children_system
    used -= before.children_user + before.children_system
    elapsed = counted.microseconds / 1e6
    return Load(counted.requests, elapsed, counted.p50 / 1e3, counted.p99 / 1e3, used / elapsed)


def _to_octets(call: Call, port: int) -> bytes:
    lines = [
        f"{call.method} {call.path} HTTP/1.1",
        f"Host: {_HOST}:{port}",
        *(f"{name}: {value}" for name, value in call.headers),
    ]
    if call.has_body:
        lines.append(f"Content-Length: {len(call.body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + call.body
