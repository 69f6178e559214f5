"""A worker that cannot start takes no other down with it."""

from __future__ import annotations

import os
import select
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from support.customers import connect, make_deployment
from support.processes import running

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

PATIENCE_SECONDS = 30
# Imported by every process before the program: a worker of a busy machine comes up as late.
LATE = """
import sys, time
if "spawn_main" in " ".join(sys.orig_argv):
    time.sleep(6)
"""


class Log:
    """A log that is read while it is written."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._unread = b""

    def await_text(self, text: bytes) -> None:
        """Return when the text has come."""
        while text not in self._unread:
            ready, _, _ = select.select([self._descriptor], [], [], PATIENCE_SECONDS)
            assert ready, f"{text!r} did not come; what came was {self._unread!r}"
            self._unread += os.read(self._descriptor, 65_536)
        self._unread = self._unread.partition(text)[2]


@contextmanager
def reading(path: Path) -> Generator[Log]:
    os.mkfifo(path)
    descriptor = os.open(path, os.O_RDWR)
    try:
        yield Log(descriptor)
    finally:
        os.close(descriptor)


@pytest.mark.slow
def test_a_worker_that_cannot_start_is_tried_again_and_the_others_go_on(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    customer = make_deployment(folder)
    arguments = ["serve", "--port", "0", "--workers", "2", "--data-dir", str(folder)]

    with reading(tmp_path / "log") as log, running(arguments, tmp_path / "log") as server:
        with connect(server.url) as client:
            token = customer.token(client)
        stays, dies = server.workers()
        (folder / "profile.db").rename(folder / "elsewhere.db")
        (folder / "profile.db").write_bytes(b"no database, so that no worker can start" * 100)
        os.kill(dies, signal.SIGKILL)
        log.await_text(b"a worker could not start")

        with connect(server.url) as client:
            assert customer.call(client, token).status_code == 200
        assert stays in server.workers()

        (folder / "profile.db").unlink()
        (folder / "elsewhere.db").rename(folder / "profile.db")
        log.await_text(b"Application startup complete")
        assert server.stop() == 0


@pytest.mark.slow
def test_workers_that_come_up_late_are_waited_for_and_not_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data"
    customer = make_deployment(folder)
    (tmp_path / "late").mkdir()
    (tmp_path / "late" / "sitecustomize.py").write_text(LATE, "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "late"))
    arguments = ["serve", "--port", "0", "--workers", "2", "--data-dir", str(folder)]

    with running(arguments, tmp_path / "log") as server, connect(server.url) as client:
        assert customer.call(client, customer.token(client)).status_code == 200

    assert b" died" not in (tmp_path / "log").read_bytes()
