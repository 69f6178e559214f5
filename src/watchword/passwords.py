"""Keeps and compares chosen passwords by Argon2id, on a thread of their own.

A comparison takes a tenth of a second and 64 MB, on purpose: chosen passwords can be guessed.
The queue is bounded; the same password presented many times at once is compared once.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import Argon2Error, InvalidHashError, VerifyMismatchError
from argon2.profiles import RFC_9106_LOW_MEMORY

from watchword.access.credentials import MAXIMUM_PASSWORD_LENGTH
from watchword.access.errors import Malformed, Overloaded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argon2 import Parameters

_MOST_WAITING: Final = 32
_REMEMBERED: Final = 1_024
_SHORTEST: Final = 12
_MOST_MEMORY_KIB: Final = 262_144
_MOST_TIME: Final = 10
_PREFIX: Final = "$argon2"


class Argon2Passwords:
    """The port `ChosenPasswords`, with the parameters of RFC 9106 for little memory."""

    decoy = (
        "$argon2id$v=19$m=65536,t=3,p=4$d2F0Y2h3b3JkIGRlY295"
        "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    )

    def __init__(self) -> None:
        self._hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="watchword-argon2")
        self._comparing: dict[bytes, asyncio.Future[bool]] = {}
        self._matched: OrderedDict[bytes, None] = OrderedDict()

    async def keep(self, password: str) -> str:
        """Return what is kept of a password: its PHC string, or itself when it is one.

        Raises:
            Malformed: If it is too short or too long, or a hash that is not taken.
        """
        if password.startswith(_PREFIX):
            _require_bearable(password)
            return password
        if not _SHORTEST <= len(password) <= MAXIMUM_PASSWORD_LENGTH:
            raise Malformed(
                f"a chosen password has {_SHORTEST} to {MAXIMUM_PASSWORD_LENGTH} characters"
            )
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._hasher.hash, password)

    async def is_match(self, password: str, kept: Sequence[str]) -> bool:
        """Tell whether the password is one of those kept.

        Raises:
            Overloaded: If too many comparisons wait already.
        """
        presented = password[:MAXIMUM_PASSWORD_LENGTH]
        fingerprint = hashlib.sha256("\0".join((*kept, presented)).encode()).digest()
        if fingerprint in self._matched:
            self._matched.move_to_end(fingerprint)
            return True
        running = self._comparing.get(fingerprint)
        if running is None:
            if len(self._comparing) >= _MOST_WAITING:
                raise Overloaded("too many chosen passwords wait to be compared")
            loop = asyncio.get_running_loop()
            running = loop.run_in_executor(self._thread, self._compare, presented, tuple(kept))
            self._comparing[fingerprint] = running
            running.add_done_callback(lambda done: self._finish(fingerprint, done))
        # One caller that goes away must not take the comparison from the others.
        return await asyncio.shield(running)

    def _compare(self, password: str, kept: tuple[str, ...]) -> bool:
        matches = [self._is_one(phc, password) for phc in kept]  # all, whichever it is
        return any(matches)

    def _is_one(self, phc: str, password: str) -> bool:
        try:
            return self._hasher.verify(phc, password)
        except VerifyMismatchError:
            return False
        except (Argon2Error, InvalidHashError):
            return False

    def _finish(self, fingerprint: bytes, done: asyncio.Future[bool]) -> None:
        del self._comparing[fingerprint]
        if not done.cancelled() and done.exception() is None and done.result():
            self._matched[fingerprint] = None
            if len(self._matched) > _REMEMBERED:
                self._matched.popitem(last=False)


def _require_bearable(phc: str) -> None:
    try:
        found: Parameters = extract_parameters(phc)
    except InvalidHashError:
        raise Malformed(
            "that is no Argon2 hash: give its PHC string, $argon2id$v=19$m=..."
        ) from None
    if found.type is not Type.ID:
        raise Malformed("only Argon2id hashes are taken, not Argon2i and Argon2d")
    if found.memory_cost > _MOST_MEMORY_KIB or found.time_cost > _MOST_TIME:
        raise Malformed(
            f"the hash asks for more than {_MOST_MEMORY_KIB} KiB or {_MOST_TIME} passes: one "
            "comparison would hold up the others"
        )
