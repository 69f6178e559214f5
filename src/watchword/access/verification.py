"""Looks whether the chain of the audit log is whole."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from watchword.access.audit import Edge, End

if TYPE_CHECKING:
    from watchword.access.audit import Chain, KeptRecord


class Verification:
    """Follows the chain record by record, and remembers where it broke first.

    Args:
        chain: Links as the records were linked.
        floor: The last record that was pruned.
        start: A record to begin behind, taken as it is; the floor when None.
        noted: An earlier head that has to be met on the way.
    """

    def __init__(
        self, chain: Chain, floor: Edge, *, start: Edge | None = None, noted: Edge | None = None
    ) -> None:
        begin = start or floor
        self._chain = chain
        self._noted = noted
        self._sequence = begin.sequence
        self._link = begin.link
        self.problem: str | None = None
        if floor != Edge() and not chain.is_sealed(End.FLOOR, floor):
            self.problem = "the mark of the oldest record was changed"
        elif noted is not None and noted.sequence < begin.sequence:
            self.problem = f"record {noted.sequence}, which was noted, was pruned: note a newer one"
        else:
            self._compare_noted()

    @property
    def sequence(self) -> int:
        """The last record that was seen."""
        return self._sequence

    def follow(self, kept: KeptRecord) -> None:
        """Look at the next record."""
        if self.problem is not None:
            return
        if kept.sequence <= self._sequence:
            self.problem = f"record {kept.sequence} was added from outside"
            return
        if kept.sequence != self._sequence + 1:
            self.problem = f"record {self._sequence + 1} is missing"
            return
        link = self._chain.link(self._link, kept.sequence, kept.recorded_at, kept.text)
        if not hmac.compare_digest(link, kept.link):
            self.problem = f"record {kept.sequence} was changed, or the one before it was"
            return
        self._sequence, self._link = kept.sequence, link
        self._compare_noted()

    def finish(self, head: Edge) -> None:
        """Look whether the newest record is there, and the one that was noted was."""
        if self.problem is not None:
            return
        if head == Edge():
            self.problem = "the log is empty, or the mark of its newest record is missing"
        elif not self._chain.is_sealed(End.HEAD, head):
            self.problem = "the mark of the newest record was changed"
        elif self._sequence < head.sequence:
            self.problem = f"record {self._sequence + 1} is missing"
        elif self._sequence > head.sequence:
            self.problem = f"record {head.sequence + 1} was added from outside, or the end set back"
        elif self._link != head.link:
            self.problem = f"record {head.sequence} is not the one that was marked as the newest"
        elif self._noted is not None and self._noted.sequence > head.sequence:
            self.problem = (
                f"record {self._noted.sequence}, which was noted, is missing: the log was set back"
            )

    def _compare_noted(self) -> None:
        noted = self._noted
        if noted is not None and noted.sequence == self._sequence and noted.link != self._link:
            self.problem = (
                f"record {noted.sequence} is not the one that was noted: "
                "the log was set back and went on from there"
            )
