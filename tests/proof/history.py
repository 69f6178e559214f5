"""What was asked of a server and what it answered, with the times at which a client saw both."""

from __future__ import annotations

from enum import IntEnum
from struct import Struct
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FOREVER: Final = 2**63 - 1
"""The end of a request of which nobody knows when it stopped having an effect."""
_RECORD: Final = Struct("<HBBIQqq")
RECORD_BYTES: Final = _RECORD.size


class Kind(IntEnum):
    """What was asked."""

    ISSUE = 0
    CALL = 1
    REVOKE = 2


class Answer(IntEnum):
    """What came back."""

    DONE = 0
    """200: the token was issued, the call was admitted, the token was revoked."""
    SUPERSEDED = 1
    """A call was refused: a newer token was issued."""
    REVOKED = 2
    """A call was refused: the tokens were revoked, or the ledger does not know this one."""
    UNAVAILABLE = 3
    """503: nobody can say, and nothing was changed."""
    UNANSWERED = 4
    """The connection broke: what was asked may have been done, or not."""
    UNEXPECTED = 5
    """Anything else."""


class Operation(NamedTuple):
    """One request and its answer.

    Attributes:
        user: Number of the service user.
        generation: Of the token that was issued, called with or revoked; 0 when there was none.
        start: A moment before the first byte was sent, in nanoseconds of the machine's
            monotonic clock, which all processes of one machine share.
        end: A moment after the last byte was received, or after the connection broke.
        worker: Tells the server's processes apart; 0 when none answered.
    """

    user: int
    kind: Kind
    answer: Answer
    generation: int
    start: int
    end: int
    worker: int = 0

    def __str__(self) -> str:
        what = f"{self.kind.name.lower()} {self.generation or '?'} {self.answer.name.lower()}"
        return f"[{self.start} .. {self.end}] user {self.user}: {what} (worker {self.worker:08x})"


def pack(operation: Operation) -> bytes:
    """Return an operation as it is written into a file, `RECORD_BYTES` long."""
    user, kind, answer, generation, start, end, worker = operation
    return _RECORD.pack(user, kind, answer, worker, generation, start, end)


def read_history(files: Iterable[Path]) -> list[Operation]:
    """Return the operations that several client processes wrote."""
    return [
        Operation(user, Kind(kind), Answer(answer), generation, start, end, worker)
        for file in files
        for user, kind, answer, worker, generation, start, end in _RECORD.iter_unpack(
            file.read_bytes()
        )
    ]
