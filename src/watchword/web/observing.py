"""What is noted of every request once it is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from watchword.access.usage import UsageCounter
    from watchword.web.routes import Observed


class Observer:
    """Notes requests.

    Args:
        usage: Counts what was admitted.
    """

    def __init__(self, usage: UsageCounter) -> None:
        self._usage = usage

    def note(self, observed: Observed) -> None:
        """Note one request."""
        admission = observed.request.admission
        if admission is not None:
            self._usage.count(admission, observed.request.operation)
