"""How many streams a service user follows at once, in this worker."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator

MOST_STREAMS: Final = 5


class Streams:
    """Counts the streams that are open, by service user."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def has_room(self, username: str) -> bool:
        """Tell whether one more may be opened."""
        return self._open[username] < MOST_STREAMS

    @contextmanager
    def opened(self, username: str) -> Generator[None]:
        """Count a stream for as long as it is open."""
        self._open[username] += 1
        try:
            yield
        finally:
            self._open[username] -= 1
            if not self._open[username]:
                del self._open[username]
