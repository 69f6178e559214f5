"""Makes and checks API keys and passwords. Only digests of either are kept."""

from __future__ import annotations

import hashlib
import hmac
import re
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from watchword.access.errors import Malformed
from watchword.access.model import Digest, KeyId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watchword.access.ports import Randomness

_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_KEY_PREFIX: Final = "ww"
_OPERATOR_PREFIX: Final = "wo"
_KEY_RANDOM: Final = 34
_KEY_CHECK: Final = 6
KEY_LENGTH: Final = len(_KEY_PREFIX) + _KEY_RANDOM + _KEY_CHECK
MAXIMUM_KEY_LENGTH: Final = 256
"""No usable key is longer; a longer header is not hashed at all."""
MAXIMUM_PASSWORD_LENGTH: Final = 1024
PASSWORD_LENGTH: Final = 43
"""43 characters of base 62 carry 256 bits."""
MAXIMUM_VALID_PASSWORDS: Final = 2
"""So many passwords of one service user may be valid at once: the old and the new one."""
NO_KEY: Final = Digest(b"")
"""Matches no stored key. Looked up all the same, so that a refused key takes the same time."""
_KEYS_REMEMBERED: Final = 4_096
# What every client and proxy passes on as it is, in a header.
_IMPORTED_KEY: Final = re.compile(rf"[!-~]{{20,{MAXIMUM_KEY_LENGTH}}}")
_NO_PASSWORD: Final = Digest(bytes(32))


def make_api_key(randomness: Randomness) -> str:
    """Make an API key: `ww`, 34 random letters and digits, 6 of CRC32 in base 62."""
    return _make_checked(_KEY_PREFIX, randomness)


def make_operator_token(randomness: Randomness) -> str:
    """Make an operator token: like an API key, with `wo` in front."""
    return _make_checked(_OPERATOR_PREFIX, randomness)


def is_api_key(text: str) -> bool:
    """Tell whether a text is of the form of our API keys, checksum and all."""
    return _is_checked(_KEY_PREFIX, text)


def is_operator_token(text: str) -> bool:
    """Tell whether a text is of the form of our operator tokens, checksum and all."""
    return _is_checked(_OPERATOR_PREFIX, text)


def digest_operator_token(token: str | None) -> Digest:
    """Return the SHA-256 under which an operator token is kept; `NO_KEY` for any other text."""
    if not token or not is_operator_token(token):
        return NO_KEY
    return Digest(hashlib.sha256(token.encode()).digest())


@lru_cache(maxsize=_KEYS_REMEMBERED)
def digest_api_key(key: str | None) -> Digest:
    """Return the SHA-256 under which a key is kept, or `NO_KEY` when it cannot be a key.

    A key of our own make whose checksum is wrong was mistyped: no look-up is worth it.
    Imported keys have other shapes and no checksum.
    """
    if not key or len(key) > MAXIMUM_KEY_LENGTH or not key.isascii():
        return NO_KEY
    if len(key) == KEY_LENGTH and key.startswith(_KEY_PREFIX) and not is_api_key(key):
        return NO_KEY
    return Digest(hashlib.sha256(key.encode()).digest())


def digest_imported_key(key: str) -> Digest:
    """Return the digest of a key that another server made.

    Raises:
        Malformed: If it could never be presented; the text holds nothing of it.
    """
    if not _IMPORTED_KEY.fullmatch(key):
        raise Malformed(
            f"a key has 20 to {MAXIMUM_KEY_LENGTH} printable ASCII characters, and no spaces"
        )
    digest = digest_api_key(key)
    if digest == NO_KEY:
        raise Malformed("the key looks like one of ours, but its checksum is wrong")
    return digest


def make_key_id(randomness: Randomness) -> KeyId:
    """Make the name under which logs and commands know a key."""
    return KeyId("key_" + _random_base62(randomness, 12))


def make_password(randomness: Randomness) -> str:
    """Make a password of 256 random bits in base 62."""
    return _random_base62(randomness, PASSWORD_LENGTH)


class PasswordHasher:
    """Digests passwords with HMAC-SHA-256 under the deployment's secret.

    Fast on purpose: the passwords are generated and carry 256 bits, so that there is
    nothing for a slow hash to protect.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) < hashlib.sha256().digest_size:
            raise ValueError("the deployment's secret has at least 32 bytes")
        # Keyed once: what follows the key is a third cheaper from a copy.
        self._keyed = hmac.new(secret, digestmod=hashlib.sha256)

    def digest(self, password: str) -> Digest:
        """Return what is kept of a password."""
        keyed = self._keyed.copy()
        keyed.update(password.encode())
        return Digest(keyed.digest())

    def is_match(self, password: str, digests: Sequence[Digest]) -> bool:
        """Tell whether the password is one of those kept.

        The same work whatever is kept, nothing included: one digest, two comparisons.
        """
        presented = self.digest(password[:MAXIMUM_PASSWORD_LENGTH])
        first, second = (*digests, _NO_PASSWORD, _NO_PASSWORD)[:MAXIMUM_VALID_PASSWORDS]
        is_first = hmac.compare_digest(presented, first)
        is_second = hmac.compare_digest(presented, second)
        return is_first or is_second


def _make_checked(prefix: str, randomness: Randomness) -> str:
    body = prefix + _random_base62(randomness, _KEY_RANDOM)
    return body + _checksum(body)


def _is_checked(prefix: str, text: str) -> bool:
    return (
        len(text) == KEY_LENGTH
        and text.isascii()
        and text.startswith(prefix)
        and _checksum(text[:-_KEY_CHECK]) == text[-_KEY_CHECK:]
    )


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode())
    digits = ""
    for _ in range(_KEY_CHECK):
        number, digit = divmod(number, len(_BASE62))
        digits = _BASE62[digit] + digits
    return digits


def _random_base62(randomness: Randomness, count: int) -> str:
    return "".join(_BASE62[randomness.below(len(_BASE62))] for _ in range(count))
