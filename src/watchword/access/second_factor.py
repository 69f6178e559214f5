"""The second factor of people: codes that change every half minute (TOTP, RFC 6238).

The only module that knows how a code is made. When one was used is the store's to keep.
"""

from __future__ import annotations

import hmac
from base64 import b32encode
from typing import TYPE_CHECKING, Final

from pyotp.totp import TOTP

if TYPE_CHECKING:
    from datetime import datetime

    from watchword.access.ports import Randomness

_SECRET_BYTES: Final = 20
"""As long as the hash, which RFC 4226 section 4 recommends."""
_PERIOD: Final = 30
_DRIFT: Final = 1
"""Telephones are a little early or late; RFC 6238 section 5.2 recommends one step."""
NO_FACTOR: Final = bytes(_SECRET_BYTES)
"""Compared with where nobody has the name, so that the work is the same."""


def make_factor(randomness: Randomness) -> bytes:
    """Make what an authenticator app and the server share."""
    return randomness.token_bytes(_SECRET_BYTES)


def to_base32(factor: bytes) -> str:
    """Return it as people type it into an app that reads no QR code."""
    return b32encode(factor).decode()


def to_uri(factor: bytes, name: str, issuer: str) -> str:
    """Return the `otpauth:` URI that an authenticator app takes from a QR code."""
    return TOTP(to_base32(factor)).provisioning_uri(name=name, issuer_name=issuer)


def find_step(factor: bytes, code: str, now: datetime) -> int | None:
    """Return which half minute a code is of; None for a code of another time or another factor.

    Steps count from 1970; a step that was used once is to be refused from then on, and all
    before it.
    """
    totp = TOTP(to_base32(factor))
    present = int(now.timestamp()) // _PERIOD
    given = "".join(code.split()).encode()
    found: int | None = None
    for step in range(present - _DRIFT, present + _DRIFT + 1):  # all, whichever it is
        if hmac.compare_digest(totp.generate_otp(step).encode(), given):
            found = step
    return found
