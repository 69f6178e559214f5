"""Starts servers as real processes, and stops them whatever happens."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import msgspec

from cores import on_core

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

_START_SECONDS: Final = 30
_STOP_SECONDS: Final = 10
_HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers on loopback."""

    process: int
    port: int


@contextmanager
def running(command: Sequence[str], *, core: int, log: Path) -> Generator[Server]:
    """Run a server on one core until the block ends.

    Args:
        command: Prints one line of JSON with its `base_url` when it answers.
        core: Where it runs.
        log: Takes its log.

    Raises:
        RuntimeError: If it does not answer in time.
    """
    with log.open("ab") as errors, on_core(core):
        # A session of its own: Ctrl-C reaches this script alone, which then stops the server.
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            env=_environment(),
        )
    try:
        yield Server(process.pid, _await_port(process, log))
    finally:
        _stop(process)


def watchword_command(data_dir: Path) -> list[str]:
    """Return the command of the real server."""
    program = Path(sys.executable).with_name("watchword")
    options = ["--workers", "1", "--port", "0", "--data-dir", str(data_dir), "--json"]
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


def _environment() -> dict[str, str]:
    # A setting of the surroundings would change what is measured.
    return {name: value for name, value in os.environ.items() if not name.startswith("WATCHWORD_")}


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


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
