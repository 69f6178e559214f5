"""Signing keys in memory, kept and read as a store keeps them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from support.fakes import CountedDice
from watchword.access.keyring import KeyKeeper

if TYPE_CHECKING:
    from collections.abc import Collection

    from watchword.access.audit import AuditRecord
    from watchword.access.ports import Clock
    from watchword.access.signing import SealedKey, SigningKey

SECRET = b"s" * 32
START = datetime(2026, 1, 1, tzinfo=UTC)


class KeyCabinet:
    """Keeps sealed signing keys, and counts how often they are asked for."""

    def __init__(self, *keys: SigningKey) -> None:
        self.kept = [key.seal(SECRET, CountedDice(key.kid), START, START) for key in keys]
        self.times_read = 0

    async def add_signing_key(
        self, key: SealedKey, record: AuditRecord, *, drop: Collection[str] = ()
    ) -> None:
        del record
        self.kept = [item for item in self.kept if item.kid not in drop] + [key]

    async def list_signing_keys(self) -> list[SealedKey]:
        self.times_read += 1
        return list(self.kept)


def keeper_of(cabinet: KeyCabinet, clock: Clock) -> KeyKeeper:
    """Return a worker's view of the keys, read once."""
    keeper = KeyKeeper(cabinet, SECRET, clock)
    asyncio.run(keeper.refresh())
    return keeper
