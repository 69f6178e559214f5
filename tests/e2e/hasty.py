"""Runs servers that wait less long, so that tests need not wait their bounds out."""

from __future__ import annotations

import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from support.processes import Server

if TYPE_CHECKING:
    from collections.abc import Generator

HASTY_SERVER = Path(__file__).with_name("hasty_server.py")


@contextmanager
def running_hasty(bounds: str, made: Path, folder: Path, workers: int = 1) -> Generator[Server]:
    """Run a server that waits less long, over a copy of a deployment."""
    data = shutil.copytree(made, folder / "data")
    arguments = ["serve", "--port", "0", "--workers", str(workers), "--data-dir", str(data)]
    with patch("support.processes.PROGRAM", sys.executable):
        server = Server([str(HASTY_SERVER), bounds, *arguments], folder / "log")
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()
