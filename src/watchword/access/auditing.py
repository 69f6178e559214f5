"""Reads, verifies and prunes the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from watchword.access.audit import Event, Verification
from watchword.access.errors import NotAllowed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from datetime import timedelta

    from watchword.access.audit import By, Chain, Edge, KeptRecord
    from watchword.access.ports import AuditLog, Clock

_PAGE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Soundness:
    """What a verification found.

    Attributes:
        first: The oldest record that is kept.
        head: The newest. Noted elsewhere, it shows later that nothing was set back.
        problem: Where the log was changed; None when it was not.
    """

    first: int
    head: Edge
    problem: str | None


class AuditTrail:
    """The audit log, for who reads it."""

    def __init__(self, log: AuditLog, chain: Chain, clock: Clock) -> None:
        self._log = log
        self._chain = chain
        self._clock = clock

    async def read(self, after: int = 0) -> AsyncGenerator[KeptRecord]:
        """Return the records behind a sequence number, oldest first, page by page."""
        while page := await self._log.read_audit(after, _PAGE):
            for record in page:
                yield record
            after = page[-1].sequence

    async def read_last(self, count: int) -> list[KeptRecord]:
        """Return the newest records, oldest first."""
        _, head = await self._log.find_audit_edges()
        return await self._log.read_audit(max(0, head.sequence - count), count)

    async def verify(self, tell: Callable[[int, int], None] = lambda _, __: None) -> Soundness:
        """Follow the chain from the oldest record to the newest.

        Args:
            tell: Called now and then with the record that was reached, and the newest.
        """
        floor, head = await self._log.find_audit_edges()
        verification = Verification(self._chain, floor)
        async for record in self.read(floor.sequence):
            if record.sequence > head.sequence:
                break  # was recorded meanwhile
            verification.follow(record)
            if record.sequence % _PAGE == 0:
                tell(record.sequence, head.sequence)
        verification.finish(head)
        return Soundness(floor.sequence + 1, head, verification.problem)

    async def prune(self, older_than: timedelta, by: By) -> int:
        """Forget the records that are older, and record that. Returns how many.

        Raises:
            NotAllowed: If the log is not sound; then it is evidence, and is kept.
        """
        soundness = await self.verify()
        if soundness.problem is not None:
            raise NotAllowed(f"{soundness.problem}: nothing is forgotten before that is explained")
        now = self._clock.now()
        before = now - older_than
        return await self._log.prune_audit(
            before, by.record(Event.AUDIT_PRUNED, now, before=f"{before:%Y-%m-%dT%H:%M:%SZ}")
        )
