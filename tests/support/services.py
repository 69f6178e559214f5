"""What a small service of a test answers requests with."""

from __future__ import annotations


class Unhurried:
    """A request that shares something with its resolvers and has all the time."""

    def __init__(self, shared: object = None) -> None:
        self._shared = shared

    def __enter__(self) -> object:
        return self._shared

    def __exit__(self, *raised: object) -> None:
        """Nothing was lent."""

    def require_time(self) -> None:
        """There is time."""
