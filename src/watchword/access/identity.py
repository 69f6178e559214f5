"""Signed statements of who calls, for upstreams that trust no header. They open nothing."""

from __future__ import annotations

from collections import OrderedDict
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from watchword.access.signing import Identity

if TYPE_CHECKING:
    from datetime import datetime

    from watchword.access.guard import Caller
    from watchword.access.keyring import KeyKeeper
    from watchword.access.ports import Clock

IDENTITY_LIFETIME: Final = timedelta(seconds=60)
_RENEWED_AFTER: Final = IDENTITY_LIFETIME / 2
"""A statement that is passed on is valid for at least as long again."""


class _Signed(NamedTuple):
    jwt: str
    signed_at: datetime


class IdentitySigner:
    """Signs who calls, and uses a statement again for half its life.

    Args:
        keys: Sign.
        clock: Tells the time.
        issuer: The deployment's URL, whose JWKS verifies the statements.
        remembered: How many statements are kept in memory.
    """

    def __init__(self, keys: KeyKeeper, *, clock: Clock, issuer: str, remembered: int) -> None:
        self._keys = keys
        self._clock = clock
        self._issuer = issuer
        self._bound = remembered
        self._ring = keys.ring
        self._signed: OrderedDict[tuple[str, ...], _Signed] = OrderedDict()

    async def sign(self, caller: Caller) -> str:
        """Return a statement of who calls, for the service alone.

        Raises:
            StoreUnavailable: If the keys cannot be read.
        """
        ring = await self._keys.current()
        signed, now = self._signed, self._clock.now()
        if ring is not self._ring:
            # A key may have been dropped because it leaked: what it signed verifies no more.
            signed.clear()
            self._ring = ring
        # One token may come with several keys of its account, and a key may change its plan.
        key = caller.key
        asked = (caller.token_id, caller.service, key.id, key.plan)
        found = signed.get(asked)
        # A clock that was set back must not keep a statement for longer.
        if found is not None and found.signed_at <= now < found.signed_at + _RENEWED_AFTER:
            signed.move_to_end(asked)
            return found.jwt
        jwt = ring.sign_identity(self._identify(caller, now))
        signed[asked] = _Signed(jwt, now)
        if len(signed) > self._bound:
            signed.popitem(last=False)
        return jwt

    def _identify(self, caller: Caller, now: datetime) -> Identity:
        key = caller.key
        return Identity(
            issuer=self._issuer,
            username=caller.username,
            audience=caller.service,
            account=caller.account,
            plan=key.plan,
            key_id=key.id,
            token_id=caller.token_id,
            issued_at=now,
            expires_at=now + IDENTITY_LIFETIME,
        )
