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
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator

_PROGRAM: Final = Path(sys.executable).with_name("watchword")
_BROKEN_PROGRAM: Final = Path(__file__).with_name("broken_server.py")
_UNSHARE: Final = ("unshare", "--user", "--map-root-user", "--mount")
_MOUNT: Final = (
    "sh",
    "-c",
    'mount -t tmpfs -o size=8m,mode=700 proof "$0" && cp -p "$1"/* "$0" && shift && exec "$@"',
)
_PAGE_BYTES: Final = 4_096
_START_SECONDS: Final = 30
_STOP_SECONDS: Final = 15


class Server:
    """A supervisor and its workers, or one process that is both, on a free port of loopback.

    Args:
        folder: The data directory.
        workers: How many processes serve.
        log: Takes its log.
        variant: A rule that is broken on purpose (see `broken_server`); None for the product.
        wrapper: A command that runs the server's.
    """

    def __init__(
        self,
        folder: Path,
        workers: int,
        log: Path,
        variant: str | None = None,
        wrapper: tuple[str, ...] = (),
    ) -> None:
        self.folder = folder
        self.workers = workers
        self.log = log
        options = ["--port", "0", "--workers", str(workers), "--data-dir", str(folder), "--json"]
        broken = [] if variant is None else [sys.executable, str(_BROKEN_PROGRAM), variant]
        self.process = subprocess.Popen(
            [*wrapper, *(broken or [str(_PROGRAM)]), "serve", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
            start_new_session=True,  # a group of its own, which can be killed as one
        )
        # A pipe and not the file itself: the log must not fill up with the disk.
        self._logging = threading.Thread(target=self._keep_log, args=(self.process.stderr,))
        self._logging.start()
        self.port = self._await_port()

    def worker_processes(self) -> list[int]:
        """Return the processes that answer requests now."""
        if self.workers == 1:
            return [self.process.pid]
        return [
            int(found.name)
            for found in Path("/proc").glob("[0-9]*")
            if _is_worker(found, self.process.pid)
        ]

    def fill_disk(self, room: int) -> None:
        """Let no process write more into the ledger than there is room, in bytes.

        A limit on the length of files takes effect as a full disk does: a write fails.
        """
        ledger = self.folder / "watchword.db-wal"
        self._limit_files(ledger.stat().st_size + room if room else 0)

    def clear_disk(self) -> None:
        """Let all processes write again."""
        self._limit_files(resource.RLIM_INFINITY)

    def kill_worker(self, process: int) -> None:
        """End one of its processes."""
        os.kill(process, signal.SIGKILL)

    def kill(self) -> None:
        """End all of its processes at once, as a power cut does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(_STOP_SECONDS)

    def close(self) -> None:
        """Stop it as an operator does, if it still runs, and release what it held."""
        try:
            if self.process.poll() is None:
                self.process.terminate()
                self.process.wait(_STOP_SECONDS)
        finally:
            if self.process.poll() is None:
                self.kill()
            self._logging.join(_STOP_SECONDS)
            for pipe in (self.process.stdout, self.process.stderr):
                if pipe is not None:
                    pipe.close()

    def _limit_files(self, size: int) -> None:
        for process in (self.process.pid, *self.worker_processes()):
            _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
            resource.prlimit(process, resource.RLIMIT_FSIZE, (size, hard))

    def _await_port(self) -> int:
        pipe = self.process.stdout
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


class SmallDiskServer(Server):
    """A server of one process whose data directory is a small file system of its own.

    It is one in memory that nobody else sees, and goes with the process. Not every machine
    lets a user make one: ask `can_mount`.

    Args:
        folder: The data directory; what is in it is copied.
        log: Takes its log.
    """

    def __init__(self, folder: Path, log: Path) -> None:
        mounted = folder.with_name("mounted")
        mounted.mkdir()
        super().__init__(mounted, 1, log, wrapper=(*_UNSHARE, *_MOUNT, str(mounted), str(folder)))
        # The way into a file system that only the process sees.
        inside = Path("/proc") / str(self.process.pid) / "root"
        self._filler = inside / mounted.relative_to("/") / "filler"

    def fill_disk(self, room: int) -> None:
        with suppress(OSError), self._filler.open("ab", buffering=0) as filler:
            while filler.write(bytes(_PAGE_BYTES)):
                pass
        if room:
            os.truncate(self._filler, max(0, self._filler.stat().st_size - room))

    def clear_disk(self) -> None:
        self._filler.unlink()


def can_mount() -> bool:
    """Tell whether a user may make a file system of its own here."""
    program = shutil.which(_UNSHARE[0])
    return program is not None and subprocess.run([*_UNSHARE, "true"], check=False).returncode == 0


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
    with ending(Server(folder, workers, log, variant)) as server:
        yield server


@contextmanager
def ending(server: Server) -> Generator[Server]:
    """Stop a server at the end of a block."""
    try:
        yield server
    finally:
        server.close()


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WATCHWORD_")}
    return {**kept, "WATCHWORD_LOG_LEVEL": "warning"}
