"""Encrypts what is kept beside the digests: signing keys, and the second factors of people.

AES-GCM under a key of its own for each purpose, made from the deployment's secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from watchword.access.errors import NotAllowed

if TYPE_CHECKING:
    from watchword.access.ports import Randomness

_NONCE: Final = 12


class Sealing:
    """Seals and unseals for one purpose.

    Args:
        secret: The deployment's.
        purpose: In a few words; what was sealed for one purpose opens for no other.
    """

    def __init__(self, secret: bytes, purpose: str) -> None:
        self._purpose = purpose
        derived = HKDF(hashes.SHA256(), 32, salt=None, info=f"watchword {purpose}".encode())
        self._cipher = AESGCM(derived.derive(secret))

    def seal(self, plain: bytes, name: str, randomness: Randomness) -> bytes:
        """Encrypt something, bound to the name under which it is kept."""
        nonce = randomness.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, plain, name.encode())

    def unseal(self, sealed: bytes, name: str) -> bytes:
        """Decrypt what was sealed under the name.

        Raises:
            NotAllowed: If it was sealed under another secret or another name.
        """
        nonce, encrypted = sealed[:_NONCE], sealed[_NONCE:]
        try:
            return self._cipher.decrypt(nonce, encrypted, name.encode())
        except InvalidTag as error:
            raise NotAllowed(
                f"{self._purpose} {name} was sealed under another secret: "
                "put back the secret file that belongs to this database"
            ) from error
