"""Drives a store as several workers would."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from watchword.access.credentials import NO_KEY
from watchword.access.ledger import Asked, Verdict
from watchword.access.limiter import Buckets

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from watchword.access.audit import AuditRecord
    from watchword.access.ports import Store

T = TypeVar("T")


async def append_records(store: Store, at: datetime, records: Sequence[AuditRecord]) -> None:
    """Have a store record what nothing else goes with."""
    asked = Asked("", NO_KEY, Buckets.of(None, ""), at)
    await store.settle(asked, lambda _: Verdict(audit=records))


class Harness:
    """Opens stores over one truth, and runs their answers to the end."""

    def __init__(self, make: Callable[[], Store]) -> None:
        self._make = make
        self._runner = asyncio.Runner()
        self._opened: list[Store] = []
        self.store = self.another()

    def another(self) -> Store:
        """Open a second store over the same truth, as another worker does."""
        store = self._make()
        self.run(store.open(may_make=True))
        self._opened.append(store)
        return store

    def run(self, awaitable: Awaitable[T]) -> T:
        async def wait() -> T:
            return await awaitable

        return self._runner.run(wait())

    def gather(self, *awaitables: Awaitable[T]) -> list[T | BaseException]:
        async def wait() -> list[T | BaseException]:
            return await asyncio.gather(*awaitables, return_exceptions=True)

        return self._runner.run(wait())

    def close(self) -> None:
        for store in self._opened:
            self.run(store.close())
        self._runner.close()
