"""The signing keys over time: published, then signing, then verifying only, then gone.

All of it follows from one moment a key, from which on it signs. So a rotation is one row,
and every worker comes to the same answer by its own clock, whenever it learns of the row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from watchword.access.errors import NotAllowed, TokenInvalid
from watchword.access.model import CLOCK_SKEW, TOKEN_LIFETIME
from watchword.access.signing import MAXIMUM_TOKEN_LENGTH, SigningKey

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from watchword.access.ports import Clock, SigningKeys
    from watchword.access.signing import Claims, Identity

REFRESH: Final = timedelta(seconds=5)
"""A worker learns of a new key after so long at the latest."""
STRANGER_REFRESH: Final = timedelta(seconds=1)
"""Tokens of unknown keys make a worker look at the store once in so long, however many come."""
JWKS_LIFETIME: Final = timedelta(minutes=5)
"""So long others may keep the published keys."""
SHORTEST_WAIT: Final = JWKS_LIFETIME + 2 * REFRESH
"""A new key is published so long at least before it signs."""
LONGEST_WAIT: Final = timedelta(days=90)
"""And no longer than this: no other key can be made meanwhile."""
OUTLIVES: Final = TOKEN_LIFETIME + CLOCK_SKEW + 2 * REFRESH
"""A key verifies for so long after the next one began to sign."""


class Stage(StrEnum):
    """Where a key is in its life."""

    PUBLISHED = "published"
    SIGNING = "signing"
    VERIFYING = "verifying"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class ScheduledKey:
    """A key and when it signs.

    Attributes:
        retires_at: When no token of its own can be valid any more; None while it is newest.
    """

    key: SigningKey
    signs_from: datetime
    retires_at: datetime | None


class KeyRing:
    """The signing keys of the deployment at one reading of the store: one signs, all verify."""

    def __init__(self, keys: Iterable[tuple[SigningKey, datetime]]) -> None:
        ordered = sorted(keys, key=lambda item: item[1])
        if not ordered:
            raise NotAllowed("there is no signing key: run 'watchword init'")
        ends = [after[1] + OUTLIVES for _, after in pairwise(ordered)]
        self.keys = tuple(
            ScheduledKey(key, signs_from, end)
            for (key, signs_from), end in zip(ordered, [*ends, None], strict=True)
        )
        self._by_header = {item.key.header: item for item in self.keys}

    def stage_of(self, item: ScheduledKey, now: datetime) -> Stage:
        """Return where a key is in its life."""
        if item is self._find_signing(now):
            return Stage.SIGNING
        if item.retires_at is not None and now >= item.retires_at:
            return Stage.RETIRED
        return Stage.PUBLISHED if item.signs_from > now else Stage.VERIFYING

    def sign(self, claims: Claims) -> str:
        """Sign with the key whose time it is."""
        return self._find_signing(claims.issued_at).key.sign(claims)

    def sign_identity(self, identity: Identity) -> str:
        """Sign a statement of who calls with the key whose time it is."""
        return self._find_signing(identity.issued_at).key.sign_identity(identity)

    def knows(self, token: str) -> bool:
        """Tell whether the token's header is that of one of our keys."""
        return token.partition(".")[0] in self._by_header

    def verify(self, token: str, now: datetime) -> bytes:
        """Return the payload of a token that one of our keys signed.

        The header must be one of ours to the letter, which refuses `alg: none`, another
        algorithm, `crit`, an embedded key and a foreign `typ` (RFC 8725 section 3) before
        anything of it is parsed.

        Raises:
            TokenInvalid: For anything else.
        """
        if len(token) > MAXIMUM_TOKEN_LENGTH:
            raise TokenInvalid(reason="the token is longer than any of ours")
        item = self._by_header.get(token.partition(".")[0])
        if item is None or self.stage_of(item, now) is Stage.RETIRED:
            raise TokenInvalid(reason="the header is none of ours")
        return item.key.verify(token)

    def public_jwks(self, now: datetime) -> dict[str, list[dict[str, str]]]:
        """Return the public keys as a JWK Set (RFC 7517 section 5)."""
        return {
            "keys": [
                item.key.public_jwk
                for item in self.keys
                if self.stage_of(item, now) is not Stage.RETIRED
            ]
        }

    def _find_signing(self, now: datetime) -> ScheduledKey:
        for item in reversed(self.keys):
            if item.signs_from <= now:
                return item
        # A clock that was set back before the first key: the oldest signs.
        return self.keys[0]


class KeyKeeper:
    """Keeps a worker's key ring current, by a look at the store every few seconds at most.

    Args:
        store: Keeps the keys, sealed.
        secret: The deployment's; unseals them.
        clock: Tells the time.
    """

    def __init__(self, store: SigningKeys, secret: bytes, clock: Clock) -> None:
        self._store = store
        self._secret = secret
        self._clock = clock
        self._unsealed: dict[str, SigningKey] = {}
        self._schedule: list[tuple[str, datetime]] = []
        self._ring: KeyRing | None = None
        self._read_at: datetime | None = None

    @property
    def ring(self) -> KeyRing:
        """The keys as they were last read."""
        if self._ring is None:
            raise ValueError("the signing keys were not read yet")
        return self._ring

    @property
    def current_until(self) -> datetime:
        """Until when the ring is taken as it is."""
        if self._read_at is None:
            raise ValueError("the signing keys were not read yet")
        return self._read_at + REFRESH

    @property
    def is_due(self) -> bool:
        """Whether the store has to be looked at before the ring is used."""
        return not self._is_younger_than(REFRESH)

    @property
    def is_due_for_stranger(self) -> bool:
        """Whether the store is worth a look for a token of a key that is not in the ring."""
        return not self._is_younger_than(STRANGER_REFRESH)

    def _is_younger_than(self, age: timedelta) -> bool:
        # A clock that was set back must not put the look off.
        now = self._clock.now()
        return self._read_at is not None and self._read_at <= now < self._read_at + age

    async def refresh(self) -> None:
        """Read the keys anew.

        Raises:
            NotAllowed: If there is none, or one was sealed under another secret.
            StoreUnavailable: If there is no answer.
        """
        kept = await self._store.list_signing_keys()
        known = self._unsealed
        self._unsealed = {
            item.kid: known.get(item.kid) or SigningKey.unseal(item, self._secret) for item in kept
        }
        schedule = [(item.kid, item.signs_from) for item in kept]
        if self._ring is None or schedule != self._schedule:
            self._ring = KeyRing((self._unsealed[kid], signs_from) for kid, signs_from in schedule)
            self._schedule = schedule
        self._read_at = self._clock.now()

    async def current(self) -> KeyRing:
        """Return the keys, read a few seconds ago at most."""
        if self.is_due:
            await self.refresh()
        return self.ring
