"""What a command that Ctrl-C has stopped leaves behind, in words."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from watchword.access.errors import WatchwordError

if TYPE_CHECKING:
    from collections.abc import Generator


class Stopped(WatchwordError):
    """Ctrl-C has stopped the command; the text says what was done."""


@contextmanager
def stoppable(remains: str) -> Generator[None]:
    """Tell whoever stops the block what remains of it.

    Raises:
        Stopped: If Ctrl-C has stopped it.
    """
    try:
        yield
    except KeyboardInterrupt as error:
        raise Stopped(f"Stopped. {remains}") from error
