"""A load on one usage plan, and whether what was admitted is what the plan grants."""

from __future__ import annotations

import asyncio
import time
from bisect import insort
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from proof.load import BROKEN, Link, to_request

if TYPE_CHECKING:
    from collections.abc import Callable

_SECOND: Final = 1_000_000_000
_LINK_LIFE: Final = 200
"""Exchanges on one connection; a new one may reach another worker."""
_PAUSE_SECONDS: Final = 0.02


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request that was admitted, in nanoseconds: somewhere between the two it was counted."""

    sent: int
    answered: int


@dataclass(slots=True)
class Outcome:
    """What became of a load.

    Attributes:
        refused: How many were refused, by status and text.
        workers: Which workers have admitted.
    """

    admitted: list[Admitted] = field(default_factory=list["Admitted"])
    refused: Counter[tuple[int, bytes]] = field(default_factory=Counter["tuple[int, bytes]"])
    workers: set[int] = field(default_factory=set["int"])
    broken: int = 0


class Crowd:
    """Asks `/profile/authorize` on many connections at once, as fast as it is answered.

    Args:
        port: Where the server listens on loopback.
        token: A live token.
        api_key: A key of the plan.
    """

    def __init__(self, port: int, token: str, api_key: str) -> None:
        self._port = port
        self._request = to_request(
            "GET /profile/authorize", f"authorization: Bearer {token}", f"x-api-key: {api_key}"
        )
        self.outcome = Outcome()

    async def run(self, connections: int, is_over: Callable[[Outcome], bool]) -> Outcome:
        """Ask until it is over."""
        async with asyncio.TaskGroup() as group:
            for _ in range(connections):
                group.create_task(self._converse(is_over))
        return self.outcome

    async def _converse(self, is_over: Callable[[Outcome], bool]) -> None:
        while not is_over(self.outcome):
            try:
                link = await Link.open(self._port)
            except BROKEN:
                await asyncio.sleep(_PAUSE_SECONDS)  # a worker is being replaced
                continue
            try:
                for _ in range(_LINK_LIFE):
                    if is_over(self.outcome):
                        break
                    await self._ask(link)
            except BROKEN:
                self.outcome.broken += 1
            finally:
                link.close()

    async def _ask(self, link: Link) -> None:
        sent = time.monotonic_ns()
        reply = await link.exchange(self._request)
        if reply.status == 200:
            self.outcome.admitted.append(Admitted(sent, time.monotonic_ns()))
            self.outcome.workers.add(reply.worker)
        else:
            text = reply.body.partition(b'"message":"')[2].partition(b'"')[0]
            self.outcome.refused[reply.status, text] += 1


def find_excess(admitted: list[Admitted], rate: int, burst: int) -> float:
    """Return by how many requests the worst span exceeds `burst + rate * t`; never above 0.

    A span begins when a request was sent and ends when one was answered, and holds all that were
    sent and answered in it. Where nothing was admitted it is minus infinity.
    """
    worst = float("-inf")
    answered: list[int] = []
    # From the last to the first: a span that begins earlier holds what later ones do.
    for item in sorted(admitted, key=lambda item: item.sent, reverse=True):
        insort(answered, item.answered)
        for count, end in enumerate(answered, 1):
            granted = burst + rate * (end - item.sent) / _SECOND
            worst = max(worst, count - granted)
    return worst
