"""Reads access tokens back, and remembers those whose signature it has verified."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from watchword.access.errors import TokenInvalid
from watchword.access.model import CLOCK_SKEW
from watchword.access.signing import to_claims

if TYPE_CHECKING:
    from datetime import datetime

    from watchword.access.keyring import KeyKeeper
    from watchword.access.ports import Clock
    from watchword.access.signing import Claims


class TokenReader:
    """Reads tokens; remembers those whose signature it has verified, up to a bound.

    Args:
        keys: Verify the signatures.
        clock: Tells the time.
        remembered: How many verified tokens are kept in memory.
    """

    def __init__(self, keys: KeyKeeper, *, clock: Clock, remembered: int) -> None:
        self._keys = keys
        self._clock = clock
        self._bound = remembered
        self._ring = keys.ring
        self._verified: OrderedDict[str, Claims] = OrderedDict()

    @property
    def current_until(self) -> datetime:
        """Until when the signing keys need not be looked at again."""
        return self._keys.current_until

    async def read(self, token: str) -> Claims:
        """Return what a token that we signed says. Issuer and expiry are the guard's to judge.

        A token of an unknown key makes us look for it, once a second at most.

        Raises:
            TokenInvalid: If it is not of our making, or not of our time.
            StoreUnavailable: If the keys cannot be read.
        """
        keys = self._keys
        if keys.is_due or (keys.is_due_for_stranger and not keys.ring.knows(token)):
            await keys.refresh()
        ring = keys.ring
        if ring is not self._ring:
            # A key may have been dropped because it leaked: nothing is taken on trust.
            self._verified.clear()
            self._ring = ring
        verified = self._verified
        claims = verified.get(token)
        if claims is not None:
            verified.move_to_end(token)
            return claims
        now = self._clock.now()
        claims = to_claims(ring.verify(token, now))
        if claims.issued_at > now + CLOCK_SKEW:
            raise TokenInvalid(reason="issued in the future")
        verified[token] = claims
        if len(verified) > self._bound:
            verified.popitem(last=False)
        return claims
