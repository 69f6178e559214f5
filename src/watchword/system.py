"""The clock, the stopwatch, the dice and the operator's name: what alone reads them."""

from __future__ import annotations

import os
import pwd
import secrets
import time
from datetime import UTC, datetime
from typing import Final

read_stopwatch: Final = time.perf_counter
"""Returns seconds since some moment: durations are differences of two readings.

Not the event loop's clock: uvloop's moves in whole milliseconds, and once in a turn of the loop.
No function around it, as it is read some four times a request.
"""


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return datetime.now(UTC)


class SystemRandomness:
    """The operating system's random bytes."""

    def token_bytes(self, count: int) -> bytes:
        """Return `count` random bytes."""
        return secrets.token_bytes(count)

    def below(self, limit: int) -> int:
        """Return a random whole number from 0 to `limit` - 1, without bias."""
        return secrets.randbelow(limit)


def find_operator() -> str:
    """Return who runs this process, as the audit log names a command's actor."""
    number = os.getuid()
    try:
        return f"cli:{pwd.getpwuid(number).pw_name}"
    except KeyError:  # a container's user has a number and no name
        return f"cli:{number}"
