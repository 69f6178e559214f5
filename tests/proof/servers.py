"""Server processes that the proof starts, disturbs and ends: by their ids, and no others."""

from __future__ import annotations

import json
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator

_PROGRAM: Final = Path(sys.executable).with_name("watchword")
_BROKEN_PROGRAM: Final = Path(__file__).with_name("broken_server.py")
_START_SECONDS: Final = 30
_STOP_SECONDS: Final = 15


class Server:
    """A supervisor and its workers, or one process that is both, on a free port of loopback.

    Args:
        folder: The data directory.
        workers: How many processes serve.
        log: Takes its log.
        variant: A rule that is broken on purpose (see `broken_server`); None for the product.
    """

    def __init__(self, folder: Path, workers: int, log: Path, variant: str | None = None) -> None:
        self.workers = workers
        self.log = log
        options = ["--port", "0", "--workers", str(workers), "--data-dir", str(folder), "--json"]
        broken = [] if variant is None else [sys.executable, str(_BROKEN_PROGRAM), variant]
        self._process = subprocess.Popen(
            [*(broken or [str(_PROGRAM)]), "serve", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
            start_new_session=True,  # a group of its own, which can be killed as one
        )
        # A pipe and not the file itself: the log must not fill up with the disk.
        self._logging = threading.Thread(target=self._keep_log, args=(self._process.stderr,))
        self._logging.start()
        self.port = self._await_port()

    def worker_processes(self) -> list[int]:
        """Return the processes that answer requests now."""
        if self.workers == 1:
            return [self._process.pid]
        return [
            int(found.name)
            for found in Path("/proc").glob("[0-9]*")
            if _is_worker(found, self._process.pid)
        ]

    def limit_files(self, size: int) -> None:
        """Let no process write past a size of its files, as if the disk were full."""
        for process in (self._process.pid, *self.worker_processes()):
            _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
            resource.prlimit(process, resource.RLIMIT_FSIZE, (size, hard))

    def kill_worker(self, process: int) -> None:
        """End one of its processes."""
        os.kill(process, signal.SIGKILL)

    def kill(self) -> None:
        """End all of its processes at once, as a power cut does."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(_STOP_SECONDS)

    def close(self) -> None:
        """Stop it as an operator does, if it still runs, and release what it held."""
        try:
            if self._process.poll() is None:
                self._process.terminate()
                self._process.wait(_STOP_SECONDS)
        finally:
            if self._process.poll() is None:
                self.kill()
            self._logging.join(_STOP_SECONDS)
            for pipe in (self._process.stdout, self._process.stderr):
                if pipe is not None:
                    pipe.close()

    def _await_port(self) -> int:
        pipe = self._process.stdout
        assert pipe is not None
        ready, _, _ = select.select([pipe], [], [], _START_SECONDS)
        line = pipe.readline() if ready else b""
        if not line:
            self.close()
            raise AssertionError(f"the server did not start: {self.log.read_text()}")
        return int(json.loads(line)["address"].rpartition(":")[2])

    def _keep_log(self, pipe: IO[bytes]) -> None:
        with self.log.open("ab", buffering=0) as log:
            shutil.copyfileobj(pipe, log, 1)


def _is_worker(folder: Path, supervisor: int) -> bool:
    try:
        parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        # Not the process that cleans up after the workers.
        return parent == supervisor and b"spawn_main" in (folder / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False  # it ended meanwhile


@contextmanager
def serving(folder: Path, workers: int, log: Path, variant: str | None = None) -> Generator[Server]:
    """Run a server for the length of a block."""
    server = Server(folder, workers, log, variant)
    try:
        yield server
    finally:
        server.close()


def _environment() -> dict[str, str]:
    # Measured for coverage, a server under load is half as fast; other tests do that.
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("COVERAGE_", "COV_CORE_", "WATCHWORD_"))
    }
    return {**kept, "WATCHWORD_LOG_LEVEL": "warning"}
