"""Reads, verifies and prunes the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from watchword.access.audit import Edge, Event
from watchword.access.errors import NotAllowed
from watchword.access.names import to_begin
from watchword.access.paging import LONGEST_PAGE, to_number
from watchword.access.verification import Verification

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable
    from datetime import timedelta

    from watchword.access.audit import AuditFilter, By, Chain, KeptRecord
    from watchword.access.paging import Page
    from watchword.access.ports import AuditLog, Clock

_PAGE: Final = 1_000
_PRUNED_AT_ONCE: Final = 5_000
_BELOW_ALL: Final = -(2**63)
"""Below every number that a store can hold: nothing is out of a verification's sight."""


async def _go_on() -> None:
    """Pause for nobody."""


@dataclass(frozen=True, slots=True)
class Soundness:
    """What a verification found.

    Attributes:
        first: The oldest record that was looked at.
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

    async def read_page(self, after: int, limit: int) -> list[KeptRecord]:
        """Return up to so many records behind a sequence number, oldest first."""
        return await self._log.read_audit(after, limit)

    async def search(
        self, wanted: AuditFilter, after: str | None = None, limit: int = LONGEST_PAGE
    ) -> Page[KeptRecord]:
        """Return records, newest first. A page may be short, and have a `next` all the same.

        Args:
            wanted: Which.
            after: The `next` of the page before.
            limit: How many at most.

        Raises:
            Malformed: If `after` is no `next`.
            StoreUnavailable: If there is no answer.
        """
        return await self._log.search_audit(wanted, to_number(after), limit)

    async def find_last(self, count: int) -> int:
        """Return the sequence number behind which the newest records are, so many of them."""
        _, head = await self._log.find_audit_edges()
        return max(0, head.sequence - count)

    async def verify(
        self,
        tell: Callable[[int, int], None] = lambda _, __: None,
        *,
        newest: int | None = None,
        noted: Edge | None = None,
    ) -> Soundness:
        """Follow the chain from the oldest record to the newest.

        Args:
            tell: Called now and then with the record that was reached, and the newest.
            newest: Look at so many of the newest alone; at all when None.
            noted: An earlier head that has to be found.
        """
        while True:
            floor, head = await self._log.find_audit_edges()
            start = floor if newest is None else await self._find_start(floor, head, newest)
            verification = Verification(self._chain, floor, start=start, noted=noted)
            # All of it means from below the floor, too, where nothing may be.
            after = _BELOW_ALL if start is floor else start.sequence
            await self._follow(verification, after, head, tell)
            if verification.problem is None or floor == (await self._log.find_audit_edges())[0]:
                return Soundness(start.sequence + 1, head, verification.problem)
            # What is missing may have been pruned meanwhile.

    async def prune(
        self,
        older_than: timedelta,
        by: By,
        tell: Callable[[int, int], None] = lambda _, __: None,
        pause: Callable[[], Awaitable[None]] = _go_on,
    ) -> int:
        """Forget the records that are older, and record that. Returns how many.

        Args:
            older_than: How old they are.
            by: Who does it.
            tell: Called while the log is verified.
            pause: Awaited after every few thousand, so that others can write meanwhile.

        Raises:
            NotAllowed: If the log is not sound; then it is evidence, and is kept. If the length
                of time is negative or longer than the calendar.
        """
        now = self._clock.now()
        before = to_begin(now, older_than)
        soundness = await self.verify(tell)
        if soundness.problem is not None:
            raise NotAllowed(f"{soundness.problem}: nothing is forgotten before that is explained")
        # Recorded with the first of them: what is forgotten is never forgotten unsaid.
        record = by.record(Event.AUDIT_PRUNED, now, before=f"{before:%Y-%m-%dT%H:%M:%SZ}")
        count = pruned = await self._log.prune_audit(before, _PRUNED_AT_ONCE, record)
        while count == _PRUNED_AT_ONCE:
            await pause()
            count = await self._log.prune_audit(before, _PRUNED_AT_ONCE, None)
            pruned += count
        return pruned

    async def _follow(
        self, verification: Verification, after: int, head: Edge, tell: Callable[[int, int], None]
    ) -> None:
        async for record in self.read(after):
            if record.sequence > head.sequence:
                _, newer = await self._log.find_audit_edges()
                if record.sequence <= newer.sequence:
                    break  # was recorded meanwhile
            verification.follow(record)
            if verification.problem is not None:
                break
            if record.sequence % _PAGE == 0:
                tell(record.sequence, head.sequence)
        verification.finish(head)

    async def _find_start(self, floor: Edge, head: Edge, newest: int) -> Edge:
        sequence = head.sequence - newest
        if sequence <= floor.sequence:
            return floor
        before = await self._log.read_audit(sequence - 1, 1)
        return Edge(sequence, before[0].link) if before else Edge(sequence)
