"""Starts servers as real processes, and stops them whatever happens."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import msgspec

from cores import on_cores

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

_START_SECONDS: Final = 30
_STOP_SECONDS: Final = 10
_LOOK_SECONDS: Final = 0.05
_HOST: Final = "127.0.0.1"
_HERE: Final = Path(__file__).parent
_PREFIX: Final = "WATCHWORD_"
_NO_SETTINGS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers on loopback."""

    process: int
    port: int


@contextmanager
def running(
    command: Sequence[str],
    *,
    cores: Sequence[int],
    log: Path,
    settings: Mapping[str, str] = _NO_SETTINGS,
    port: int | None = None,
) -> Generator[Server]:
    """Run a server on some cores until the block ends.

    Args:
        command: Prints one line of JSON with its `base_url` when it answers.
        cores: Where it runs.
        log: Takes its log.
        settings: Of watchword, by their names.
        port: Where a server of another make answers, which prints no such line.

    Raises:
        RuntimeError: If it does not answer in time.
    """
    with log.open("ab") as errors, on_cores(*cores):
        # A session of its own: Ctrl-C reaches this script alone, which then stops the server.
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            env=_environment(settings),
        )
    try:
        if port is None:
            port = _await_port(process, log)
        else:
            _await_listener(process, port, log)
        yield Server(process.pid, port)
    finally:
        _stop(process)


def watchword_command(data_dir: Path, workers: int = 1) -> list[str]:
    """Return the command of the real server."""
    program = Path(sys.executable).with_name("watchword")
    options = ["--workers", str(workers), "--port", "0", "--data-dir", str(data_dir), "--json"]
    return [str(program), "serve", *options]


def floor_command(answer: Path) -> list[str]:
    """Return the command of a floor server."""
    return [sys.executable, str(_HERE / "floor.py"), str(answer)]


def sampled_command(data_dir: Path, profile: Path) -> list[str]:
    """Return the command of the real server with a sampler in it."""
    return [sys.executable, str(_HERE / "sampled_server.py"), str(data_dir), str(profile)]


def end_on_signals() -> None:
    """Let SIGTERM and SIGHUP end this script as Ctrl-C does, so that it stops what it started."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


def find_free_port() -> int:
    """Return a port that nobody listens on now, for a server that cannot choose one itself."""
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    # A setting of the surroundings would change what is measured.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_PREFIX)}
    return kept | {_PREFIX + name.upper(): value for name, value in settings.items()}


def _await_port(process: subprocess.Popen[bytes], log: Path) -> int:
    assert process.stdout is not None  # noqa: S101 - asked for above
    ready, _, _ = select.select([process.stdout], [], [], _START_SECONDS)
    line = process.stdout.readline() if ready else b""
    if not line:
        raise RuntimeError(f"the server did not start:\n{log.read_text()[-2000:]}")
    base_url: str = msgspec.json.decode(line)["base_url"]
    port = urlsplit(base_url).port
    if port is None:
        raise RuntimeError("the server named no port")
    return port


def _await_listener(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection((_HOST, port), timeout=1):
            return
        time.sleep(_LOOK_SECONDS)
    raise RuntimeError(f"the server did not start:\n{log.read_text()[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
