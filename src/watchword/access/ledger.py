"""The rule of one live token: a token is live when its generation is the highest there is.

Owns the rule; where the rows are is behind a port. Truth is one row per service user; the
generation only ever rises, so no clock and no order of arrival matters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from watchword.access.errors import TokenRevoked, TokenSuperseded

if TYPE_CHECKING:
    from watchword.access.model import Generation, LiveToken


def require_live(generation: Generation, jti: str, live: LiveToken | None) -> None:
    """Pass when a genuine token is the live one.

    The caller has verified the signature, so that only the holder of a genuine token
    learns when it was superseded.

    Raises:
        TokenSuperseded: If a newer token was issued.
        TokenRevoked: If the newest change was a revocation, or if the ledger knows
            less than the token does: then it was set back to an older state, and a
            token that cannot be placed is refused.
    """
    if live is None or generation > live.generation:
        raise TokenRevoked(reason="the ledger is older than a genuine token: was it restored?")
    if generation == live.generation and jti == live.jti:
        return
    moment = f"{live.changed_at:%Y-%m-%dT%H:%M:%SZ}"
    if live.jti is None:
        raise TokenRevoked(public=f"The access token was revoked at {moment}.")
    raise TokenSuperseded(
        public=f"The access token was superseded at {moment} by a newer one of the same user."
    )
