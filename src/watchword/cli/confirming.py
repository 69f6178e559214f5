"""Asks before a command does what cannot be undone."""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import Parameter

from watchword.access.errors import NotAllowed

Yes = Annotated[bool, Parameter(negative="")]
"""The option `--yes`."""


def require_yes(consequence: str, *, is_yes: bool) -> None:
    """Pass when the operator means it: said so with `--yes`, or says so on the terminal.

    Args:
        consequence: What the command will do, as a sentence.
        is_yes: Whether `--yes` was given.

    Raises:
        NotAllowed: If the operator does not mean it, or nobody is there to be asked.
    """
    if is_yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise NotAllowed(f"{consequence} Add --yes to do it.")
    sys.stderr.write(f"{consequence} Go on? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise NotAllowed("nothing was changed")
