"""Runs a server that is broken on purpose, for the tests that must see it."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from support.processes import Server

if TYPE_CHECKING:
    from collections.abc import Generator

BROKEN_SERVER = Path(__file__).with_name("broken_server.py")


@contextmanager
def running_broken(variant: str, arguments: list[str], log: Path) -> Generator[Server]:
    """Run a broken server for the length of a block."""
    with patch("support.processes.PROGRAM", sys.executable):
        server = Server([str(BROKEN_SERVER), variant, *arguments], log)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()
        else:
            server.kill()  # it has ended; this releases what it held
