"""Says of what is wrong with a list in which line it stands."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from watchword.access.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Generator


@contextmanager
def at_line(line: int) -> Generator[None]:
    """Add to an OperatorError where it stands, and that nothing came of the whole list."""
    try:
        yield
    except OperatorError as error:
        raise type(error)(f"line {line}: {error}; nothing was imported") from error
