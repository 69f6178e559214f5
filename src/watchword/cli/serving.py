"""Runs the server: one process, or a supervisor and its workers."""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from multiprocessing import connection, parent_process, resource_tracker
from pathlib import Path
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary, WeakSet

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

from watchword.access.errors import NotAllowed
from watchword.bootstrap.server import build_application
from watchword.cli.authorizing import AuthorizingProtocol
from watchword.cli.unix_socket import listen_on_path
from watchword.logs import configure_logs

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import FrameType

    from watchword.settings import Settings
    from watchword.web.routes import Application

_log: Final = logging.getLogger("watchword.serving")
_BACKLOG: Final = 2_048
_GRACE_SECONDS: Final = 2
"""How long requests under way may take when the server stops."""
_LAST_SECONDS: Final = 4.5
"""After so long a process that was told to stop is ended, whatever it does."""
_POLL_SECONDS: Final = 0.05
_RETRY_SECONDS: Final = 2
"""After so long a worker that could not start is tried again."""
_PING_SECONDS: Final = 2
"""A worker that does not say so soon that it lives is replaced."""
_START_SECONDS: Final = 60
"""One that has never said so yet may be starting: on a busy machine that takes a while."""
_STOPPING: Final = (signal.SIGTERM, signal.SIGINT)
_STUCK: Final = 1
"""Exit code of a process that did not stop by itself."""


def run_server(settings: Settings, announce: Callable[[Settings], None]) -> None:
    """Serve until SIGTERM or SIGINT, then end what is under way and return.

    Args:
        settings: How to serve.
        announce: Called once callers are answered, with the port that was taken.

    Raises:
        NotAllowed: If the address cannot be listened on.
    """
    if settings.unix_socket:
        listener = listen_on_path(Path(settings.unix_socket))
    else:
        listener = _listen(settings)
        settings = replace(settings, port=listener.getsockname()[1])
    configure_logs(settings.log_level, sys.stderr)
    config = uvicorn.Config(
        partial(_make_application, settings),
        factory=True,
        workers=settings.workers,
        loop="uvloop",
        http=AuthorizingProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,  # it would log query strings
        server_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        timeout_worker_healthcheck=_PING_SECONDS,
    )
    # Holds until uvicorn listens to signals itself, and when it raises the one that stopped
    # it again: neither is a failure.
    for number in _STOPPING:
        signal.signal(number, _leave)
    if settings.workers == 1:
        _Server(config, partial(announce, settings)).run(sockets=[listener])
    else:
        supervisor = _Supervisor(config, listener, partial(announce, settings))
        supervisor.run()
        _hear_no_more()
        if not supervisor.has_announced and not supervisor.was_told_to_stop:
            raise NotAllowed("the workers did not start; the log says why")


class _Server(uvicorn.Server):
    """A server that says when it answers."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit:
            # uvicorn would leave at once, and what was taken ahead of the plans would be lost.
            # The end is seconds away as it is.
            return
        super().handle_exit(sig, frame)
        # A request that holds the event loop holds the graceful end, too.
        _end_after(_LAST_SECONDS)


class _Supervisor(Multiprocess):
    """Keeps the workers alive, and says when all of them answer."""

    def __init__(
        self, config: uvicorn.Config, listener: socket.socket, announce: Callable[[], None]
    ) -> None:
        super().__init__(config, [listener])
        self._announce = announce
        self.has_announced = False
        self.was_told_to_stop = False
        self._next_start = 0.0
        self._answered = WeakSet[Process]()
        self._begun = WeakKeyDictionary[Process, float]()

    def init_processes(self) -> None:
        with _without_interrupts():
            super().init_processes()
        waiting = list(self.processes)
        while waiting and not self.should_exit.is_set():
            self.handle_signals()
            self.keep_subprocess_alive()
            waiting = [process for process in self.processes if not process.is_ready()]
            time.sleep(_POLL_SECONDS)
        if not waiting and not self.should_exit.is_set():
            self.has_announced = True
            self._announce()

    def keep_subprocess_alive(self) -> None:
        with _without_interrupts():
            if self.has_announced:
                self._replace_unstarted()
            # Out of uvicorn's sight: it would end them before they can answer, again and again.
            starting = [process for process in self.processes if self._is_starting(process)]
            self.processes = [item for item in self.processes if item not in starting]
            super().keep_subprocess_alive()
            self.processes += starting
            if self.has_announced and not self.was_told_to_stop:
                # One may fail while it is asked whether it lives, and uvicorn would stop them
                # all. It is taken out the next time.
                self.should_exit.clear()

    def restart_all(self) -> None:
        with _without_interrupts():
            super().restart_all()

    def _is_starting(self, process: Process) -> bool:
        if process in self._answered or not process.process.is_alive():
            return False
        if process.ping(_PING_SECONDS):
            self._answered.add(process)
            return False
        now = time.monotonic()
        return now - self._begun.setdefault(process, now) < _START_SECONDS

    def _replace_unstarted(self) -> None:
        # uvicorn would stop the healthy workers with one that cannot start. But all could, once:
        # what stands in the way, as a full disk, may go away again.
        for process in [item for item in self.processes if item.exitcode == STARTUP_FAILURE]:
            _log.error("a worker could not start; it is tried again soon")
            self.processes.remove(process)
            self._next_start = time.monotonic() + _RETRY_SECONDS
        missing = self.processes_num - len(self.processes)
        if missing > 0 and time.monotonic() >= self._next_start:
            process = Process(self.config, self.sockets)
            process.start()
            self.processes.append(process)

    def handle_term(self) -> None:
        self.was_told_to_stop = True
        super().handle_term()

    def handle_int(self) -> None:
        self.was_told_to_stop = True
        super().handle_int()

    def join_all(self) -> None:
        deadline = time.monotonic() + _LAST_SECONDS
        for process in self.processes:
            process.process.join(max(0.0, deadline - time.monotonic()))
            if process.process.is_alive():
                process.kill()
                process.process.join()


def _make_application(settings: Settings) -> Application:
    """Make the application of this process; in a worker, the process ends with its parent."""
    configure_logs(settings.log_level, sys.stderr)
    # What was imported stays for ever. Looking through it again and again for garbage would
    # stop the worker for some 40 ms each time.
    gc.collect()
    gc.freeze()
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_leave_with, args=(parent.sentinel,), daemon=True).start()
    return build_application(settings)


def _leave_with(sentinel: int) -> None:
    # A supervisor that was killed stops nobody: its workers would keep the port, and a
    # second server could not start.
    connection.wait([sentinel])
    os.kill(os.getpid(), signal.SIGTERM)
    _end_after(_LAST_SECONDS)


@contextmanager
def _without_interrupts() -> Generator[None]:
    """Start processes that hear no SIGINT, and hear it oneself afterwards.

    A terminal sends Ctrl-C to all of them, as often as it is typed. A worker is told to stop by
    its supervisor, once.
    """
    resource_tracker.ensure_running()  # it would let the signal through when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_after(seconds: float) -> None:
    timer = threading.Timer(seconds, os._exit, args=(_STUCK,))
    timer.daemon = True
    timer.start()


def _leave(_number: int, _frame: FrameType | None) -> None:
    _hear_no_more()
    sys.exit(0)


def _hear_no_more() -> None:
    # Another one would break into what is still being put away. A handler would not do: Python
    # takes ours away before it ends.
    for number in _STOPPING:
        signal.signal(number, signal.SIG_IGN)


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise NotAllowed(
            f"cannot listen on {settings.host}:{settings.port} ({error.strerror}): "
            "choose another with --port, or --port 0 for a free one"
        ) from error
    listener.set_inheritable(True)
    return listener
