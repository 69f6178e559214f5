"""Runs a command of the CLI at a terminal, and answers what it asks."""

from __future__ import annotations

import os
import pty
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from support.processes import PROGRAM, STOP_SECONDS

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended.

    Attributes:
        shown: All that stood on the terminal.
    """

    code: int
    shown: str


def at_a_terminal(
    *arguments: str, answers: Sequence[tuple[str, str]] = (), columns: int = 200
) -> Done:
    """Run a command at a terminal of its own.

    Args:
        arguments: The command.
        answers: What to wait for on the terminal, and what to type then.
        columns: How wide the terminal is.
    """
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [PROGRAM, *arguments],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
        env={**os.environ, "COLUMNS": str(columns), "TERM": "xterm"},
    )
    os.close(terminal)
    waiting = list(answers)
    shown = ""
    seen = 0
    while chunk := _read(controller):
        shown += chunk
        if waiting and waiting[0][0] in shown[seen:]:
            seen = len(shown)
            os.write(controller, waiting.pop(0)[1].encode() + b"\n")
    os.close(controller)
    return Done(process.wait(STOP_SECONDS), shown)


def _read(controller: int) -> str:
    try:
        return os.read(controller, 65_536).decode()
    except OSError:
        return ""  # the program has ended, and so has its terminal
