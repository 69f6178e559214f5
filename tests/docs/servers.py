"""Starts the program as its users do, and stops it by its process id."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docs.pages import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Generator

PROGRAMS = Path(sys.executable).parent
WATCHWORD = str(PROGRAMS / "watchword")
NODE = str(PROGRAMS / "node")
_SECONDS_TO_START = 60
_SECONDS_TO_STOP = 10


def data_set() -> Path:
    """The folder of the real data set."""
    named = os.environ.get("WATCHWORD_TEST_DATA")
    if named:
        return Path(named).resolve()
    return REPOSITORY.parent / "shared" / "data" / "congress-legislators"


def clean_environment(**additions: str) -> dict[str, str]:
    """The environment of this process without settings of watchword's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WATCHWORD_")}
    return {**kept, **additions}


class Server:
    """A running server and what it said when it was ready."""

    def __init__(self, process: subprocess.Popen[str], ready: dict[str, Any]) -> None:
        self.process = process
        self.ready = ready

    @property
    def base_url(self) -> str:
        return str(self.ready["base_url"])

    def stop(self) -> int:
        """End it as an operator does, and return its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(_SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            if self.process.stdout is not None:
                self.process.stdout.close()


class Upstream:
    """An app that uvicorn serves on a port that is free."""

    def __init__(self, arguments: list[str], folder: Path) -> None:
        program, *rest = arguments
        with socket.socket() as listener, (folder / "upstream.log").open("ab") as log:
            listener.bind(("127.0.0.1", 0))
            # It takes the socket over: who connects from now on waits until it answers.
            listener.listen()
            self.port: int = listener.getsockname()[1]
            self._process = subprocess.Popen(
                [PROGRAMS / program, *rest, "--fd", str(listener.fileno())],
                cwd=folder,
                pass_fds=[listener.fileno()],
                stdout=log,
                stderr=log,
            )

    def stop(self) -> None:
        """End it, and wait for that."""
        self._process.terminate()
        self._process.wait(_SECONDS_TO_STOP)


def start(arguments: list[str], folder: Path, environment: dict[str, str]) -> Server:
    """Start `watchword` with arguments and return when it serves."""
    log = folder / "server.log"
    with log.open("a", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [WATCHWORD, *arguments, "--json", "--port", "0"],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    line = next(lines_of(process), "")
    if not line:
        process.wait(_SECONDS_TO_STOP)
        raise AssertionError(f"the server did not start: {log.read_text('utf-8')}")
    return Server(process, json.loads(line))


def lines_of(process: subprocess.Popen[str]) -> Generator[str]:
    """The lines that a program prints; one that prints nothing for long is ended."""
    assert process.stdout is not None
    line = "\n"
    while line:
        deadline = threading.Timer(_SECONDS_TO_START, process.kill)
        deadline.start()
        try:
            line = process.stdout.readline()
        finally:
            deadline.cancel()
        yield line


@contextmanager
def running(arguments: list[str], folder: Path, environment: dict[str, str]) -> Generator[Server]:
    """A server for the length of a `with`."""
    server = start(arguments, folder, environment)
    try:
        yield server
    finally:
        server.stop()
