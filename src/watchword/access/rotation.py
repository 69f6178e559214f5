"""Rotates the signing keys: publish, wait, sign, and verify with the old one to the end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from watchword.access.audit import Event
from watchword.access.errors import NotAllowed
from watchword.access.keyring import (
    JWKS_LIFETIME,
    LONGEST_WAIT,
    REFRESH,
    SHORTEST_WAIT,
    KeyRing,
    Stage,
)
from watchword.access.names import to_end, word_duration
from watchword.access.signing import SigningKey

if TYPE_CHECKING:
    from datetime import datetime

    from watchword.access.audit import By
    from watchword.access.ports import Clock, Randomness, SigningKeys
    from watchword.access.signing import SealedKey

USUAL_WAIT: Final = timedelta(minutes=10)
"""So long a new key is published before it signs when nobody says how long."""


class SigningRotation:
    """Makes and retires signing keys.

    Args:
        secret: The deployment's; seals the keys.
        by: Who does it.
    """

    def __init__(
        self,
        store: SigningKeys,
        secret: bytes,
        *,
        clock: Clock,
        randomness: Randomness,
        by: By,
    ) -> None:
        self._store = store
        self._secret = secret
        self._clock = clock
        self._randomness = randomness
        self._by = by

    async def rotate(self, wait: timedelta) -> SealedKey:
        """Publish a new key that signs after a while; the old ones verify as long as they must.

        Keys that have retired are forgotten, private half and all.

        Args:
            wait: How long it is published before it signs.

        Raises:
            NotAllowed: If the wait is too short or too long, or another new key waits to sign.
        """
        if wait < SHORTEST_WAIT:
            raise NotAllowed(
                f"others may keep our public keys for {word_duration(JWKS_LIFETIME)}, and our "
                f"workers have {word_duration(2 * REFRESH)} to learn of a new one: wait at least "
                f"{word_duration(SHORTEST_WAIT)}, or rotate at once and end every token"
            )
        if wait > LONGEST_WAIT:
            raise NotAllowed(
                f"a new key waits {LONGEST_WAIT.days} days at most: no other can be made meanwhile"
            )
        now = self._clock.now()
        ring = await self._read()
        stages = {item.key.kid: ring.stage_of(item, now) for item in ring.keys}
        for kid, stage in stages.items():
            if stage is Stage.PUBLISHED:
                raise NotAllowed(f"key {kid} is published already and will sign; wait for it")
        if ring.keys[0].signs_from > now:
            raise NotAllowed(
                f"the clock says {now:%Y-%m-%d %H:%M:%SZ}, which is before the present key began "
                "to sign: set it right first"
            )
        retired = [kid for kid, stage in stages.items() if stage is Stage.RETIRED]
        return await self._add(to_end(now, wait), retired)

    async def rotate_at_once(self) -> SealedKey:
        """Sign with a new key now and forget all others: every token is dead within seconds.

        For a private key that has leaked.
        """
        ring = await self._read()
        return await self._add(self._clock.now(), [item.key.kid for item in ring.keys])

    async def list_keys(self) -> KeyRing:
        """Return the keys and where each is in its life."""
        return await self._read()

    async def _read(self) -> KeyRing:
        kept = await self._store.list_signing_keys()
        return KeyRing((SigningKey.unseal(key, self._secret), key.signs_from) for key in kept)

    async def _add(self, signs_from: datetime, drop: list[str]) -> SealedKey:
        now = self._clock.now()
        key = SigningKey.generate().seal(self._secret, self._randomness, now, signs_from)
        record = self._by.record(
            Event.SIGNING_ROTATED, now, kid=key.kid, dropped=" ".join(drop) or None
        )
        await self._store.add_signing_key(key, record, drop=drop)
        return key
