"""Real server processes on loopback, started and stopped by the tests themselves."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator

PROGRAM = Path(sys.executable).parent / "watchword"
REPOSITORY = Path(__file__).resolve().parents[2]
START_SECONDS = 60
STOP_SECONDS = 15


def people_folder() -> Path:
    """Return the folder of the real data set; it lies beside the repository, never in it."""
    given = os.environ.get("WATCHWORD_TEST_DATA")
    beside = REPOSITORY.parent / "shared" / "data" / "congress-legislators"
    folder = Path(given) if given else beside
    assert folder.is_dir(), f"no data set at {folder}: name it in WATCHWORD_TEST_DATA"
    return folder


def run_watchword(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a command of the CLI to its end."""
    return subprocess.run(
        [PROGRAM, *arguments], capture_output=True, text=True, check=check, timeout=60
    )


def run_json(*arguments: str) -> Any:
    """Run a command of the CLI and return the JSON that it prints."""
    return json.loads(run_watchword(*arguments, "--json").stdout)


class Server:
    """A running server process.

    Attributes:
        ready: What it printed when it was ready.
        log: The file of its standard error.
    """

    def __init__(self, arguments: list[str], log: Path) -> None:
        self.log = log
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [PROGRAM, *arguments, "--json"], stdout=subprocess.PIPE, stderr=errors, text=True
            )
        assert self.process.stdout is not None
        # One that never comes up fails its test, which would wait for ever.
        has_spoken = bool(select.select([self.process.stdout], [], [], START_SECONDS)[0])
        line = self.process.stdout.readline() if has_spoken else ""
        if not line:
            self.kill()
        assert line, f"the server did not start: {log.read_text()}"
        self.ready: dict[str, Any] = json.loads(line)

    @property
    def url(self) -> str:
        return str(self.ready.get("address") or self.ready["base_url"])

    def workers(self) -> list[int]:
        """Return the processes that serve, by pid; none where there is but one process."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        pids = [int(pid) for pid in children.read_text().split()]
        return [pid for pid in pids if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]

    def stop(self) -> int:
        """End the server as an operator does; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """End the server as a power cut does."""
        self.process.kill()
        self.wait()

    def wait(self) -> int:
        """Wait until the server has ended by itself; return its exit code."""
        try:
            return self.process.wait(STOP_SECONDS)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            if self.process.stdout is not None:
                self.process.stdout.close()


@contextmanager
def running(arguments: list[str], log: Path) -> Generator[Server]:
    """Run a server for the length of a block."""
    server = Server(arguments, log)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()
