"""The operator's commands in the process of the tests: a process each takes half a second."""

from __future__ import annotations

import io
import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any, TypeVar

from watchword.cli.main import run

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def operate(*arguments: str) -> Any:
    """Run a command that succeeds, as `main` does, and return the JSON that it prints.

    The servers of the tests are processes of their own: they see what a command writes as they see
    it of an operator's process. What is about the process itself is for `run_watchword`.
    """
    before = os.umask(0o077)
    try:
        with redirect_stdout(io.StringIO()) as output:
            code = run([*arguments, "--json"])
    finally:
        os.umask(before)
    assert code == 0, f"watchword {' '.join(arguments)} ended with {code}"
    return json.loads(output.getvalue())


def run_apart(work: Callable[[], T]) -> T:
    """Do something on a thread of its own: the event loop that drives a browser runs here."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(work).result()


def operate_apart(*arguments: str) -> Any:
    """Run a command as `operate` does, in the tests of a browser."""
    return run_apart(lambda: operate(*arguments))
