"""Keeps and compares chosen passwords by Argon2id, on a thread of their own.

A comparison takes a tenth of a second and 64 MB, on purpose: chosen passwords can be guessed.
The queue is bounded; the same password presented many times at once is compared once. Each
`Argon2Passwords` has a thread and a queue of its own: what fills one delays nobody at another.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from base64 import b64decode, b64encode
from collections import Counter, OrderedDict
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError, VerifyMismatchError
from argon2.profiles import RFC_9106_LOW_MEMORY

from watchword.access.credentials import MAXIMUM_PASSWORD_LENGTH
from watchword.access.errors import Malformed, Overloaded, SlowDown

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_WAITING: Final = 32
_A_MOMENT: Final = timedelta(seconds=1)
"""After so long, a caller's comparisons are through."""
_REMEMBERED: Final = 1_024
_SHORTEST: Final = 12
_MOST_MEMORY_KIB: Final = 262_144
_LEAST_MEMORY_KIB: Final = 8
"""A lane; Argon2 does not work with less."""
_MOST_PASSES: Final = 10
_MOST_WORK: Final = 786_432
"""KiB times passes: four times ours, so that a comparison is told within one tick."""
_MOST_LANES: Final = 16
_SALT_BYTES: Final = range(8, 65)
_HASH_BYTES: Final = range(16, 65)
# Neither `+` nor `%`: a client that skips the form-encoding of RFC 6749 section 2.3.1 would be
# read as sending another password.
_TYPED: Final = re.compile(r"[ -$&-*,-~]*", re.ASCII)
_HASH: Final = re.compile(r"\$[a-z0-9-]+\$", re.ASCII)
"""How the hash of a password begins, whatever made it."""
_PHC: Final = re.compile(
    r"\$argon2id\$v=(?:16|19)"
    r"\$m=([1-9][0-9]{0,9}),t=([1-9][0-9]{0,9}),p=([1-9][0-9]{0,9})"
    r"\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)",
    re.ASCII,
)


class Argon2Passwords:
    """The port `ChosenPasswords`, with the parameters of RFC 9106 for little memory.

    Args:
        most_of_caller: How many comparisons one caller may wait for at once; None: any number.
    """

    decoy = (
        "$argon2id$v=19$m=65536,t=3,p=4$d2F0Y2h3b3JkIGRlY295"
        "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    )

    def __init__(self, most_of_caller: int | None = None) -> None:
        self._most_of_caller = most_of_caller
        self._waiting: Counter[str] = Counter()
        self._hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="watchword-argon2")
        self._comparing: dict[tuple[str, bytes], asyncio.Future[bool]] = {}
        self._matched: OrderedDict[bytes, None] = OrderedDict()

    async def keep(self, password: str) -> str:
        """Return what is kept of a chosen password: its PHC string.

        Raises:
            Malformed: If it is too short or too long, holds what a client may have to encode,
                or is itself a hash.
        """
        if not _SHORTEST <= len(password) <= MAXIMUM_PASSWORD_LENGTH:
            raise Malformed(
                f"a chosen password has {_SHORTEST} to {MAXIMUM_PASSWORD_LENGTH} characters"
            )
        if _HASH.match(password):
            raise Malformed(
                "that looks like the hash of a password: hashes are imported, from a file"
            )
        if not _TYPED.fullmatch(password):
            raise Malformed(
                "a chosen password is of ASCII letters, digits, blanks and signs without + and %: "
                "clients encode the others in different ways"
            )
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._hasher.hash, password)

    def take(self, phc: str) -> str:
        """Return what is kept of a password that was hashed elsewhere: the PHC string itself.

        Raises:
            Malformed: If it is none of Argon2id, or so costly that a comparison would hold up
                the others.
        """
        found = _PHC.fullmatch(phc)
        if found is None or not (
            _is_base64(found[4], _SALT_BYTES) and _is_base64(found[5], _HASH_BYTES)
        ):
            raise Malformed(
                "that is no hash of Argon2id: give its PHC string, as "
                "$argon2id$v=19$m=65536,t=3,p=4$<salt>$<hash>; of another kind, make a new password"
            )
        memory, passes, lanes = int(found[1]), int(found[2]), int(found[3])
        is_too_dear = memory * passes > _MOST_WORK
        if is_too_dear or memory > _MOST_MEMORY_KIB or passes > _MOST_PASSES or lanes > _MOST_LANES:
            raise Malformed(
                f"the hash asks for more than {_MOST_MEMORY_KIB} KiB, {_MOST_PASSES} passes or "
                f"{_MOST_LANES} lanes: one comparison would hold up the others"
            )
        if memory < _LEAST_MEMORY_KIB * lanes:
            raise Malformed(f"{memory} KiB are too few for {lanes} lanes: Argon2 refuses that")
        return phc

    def recall(self, password: str, kept: Sequence[str]) -> bool:
        """Tell whether this password was found to match before; at once."""
        fingerprint = _fingerprint(password[:MAXIMUM_PASSWORD_LENGTH], kept)
        if fingerprint not in self._matched:
            return False
        self._matched.move_to_end(fingerprint)
        return True

    async def is_match(
        self, username: str, password: str, kept: Sequence[str], *, caller: str = ""
    ) -> bool:
        """Tell whether the password is one of those kept, whatever is remembered.

        Raises:
            Overloaded: If too many comparisons wait already.
            SlowDown: If too many of this caller's do.
        """
        presented = password[:MAXIMUM_PASSWORD_LENGTH]
        fingerprint = _fingerprint(presented, kept)
        # By name: else two strangers' comparisons with the decoy would shorten one another,
        # and the time would tell them from those who are there.
        question = (username, fingerprint)
        running = self._comparing.get(question)
        if running is None:
            self._require_room(caller)
            loop = asyncio.get_running_loop()
            running = loop.run_in_executor(self._thread, self._compare, presented, tuple(kept))
            self._comparing[question] = running
            self._waiting[caller] += 1
            running.add_done_callback(lambda done: self._finish(question, caller, done))
        # One caller that goes away must not take the comparison from the others.
        return await asyncio.shield(running)

    def _require_room(self, caller: str) -> None:
        most = self._most_of_caller
        if most is not None and self._waiting[caller] >= most:
            raise SlowDown(
                retry_after=_A_MOMENT, reason="too many passwords are compared for this address"
            )
        if len(self._comparing) >= _MOST_WAITING:
            raise Overloaded("too many chosen passwords wait to be compared")

    def _compare(self, password: str, kept: tuple[str, ...]) -> bool:
        matches = [self._is_one(phc, password) for phc in kept]  # all, whichever it is
        return any(matches)

    def _is_one(self, phc: str, password: str) -> bool:
        try:
            return self._hasher.verify(phc, password)
        except VerifyMismatchError:
            return False
        except InvalidHashError:
            return False
        except Argon2Error as error:
            if "memory" in str(error).lower():
                # That is not a wrong password, and must not count as a failure.
                raise Overloaded("there is no memory to compare a chosen password") from error
            return False

    def _finish(self, question: tuple[str, bytes], caller: str, done: asyncio.Future[bool]) -> None:
        del self._comparing[question]
        # Not when the caller goes away: the comparison goes on without it.
        self._waiting[caller] -= 1
        if not self._waiting[caller]:
            del self._waiting[caller]
        _, fingerprint = question
        if not done.cancelled() and done.exception() is None and done.result():
            self._matched[fingerprint] = None
            if len(self._matched) > _REMEMBERED:
                self._matched.popitem(last=False)


def _fingerprint(password: str, kept: Sequence[str]) -> bytes:
    return hashlib.sha256(repr((password, *kept)).encode()).digest()


def _is_base64(text: str, lengths: range) -> bool:
    """Tell whether a text is base64 without padding, in the one way of writing it."""
    try:
        octets = b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        return False
    return len(octets) in lengths and b64encode(octets).rstrip(b"=") == text.encode()
