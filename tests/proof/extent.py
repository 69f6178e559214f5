"""How much is proven in one run: a short form for every change, a long one for `make soak`."""

from __future__ import annotations

import os
import random
from typing import Final

IS_SOAK: Final = os.environ.get("WATCHWORD_PROOF") == "soak"

CALLS_A_SERVER: Final = 340_000 if IS_SOAK else 8_000
"""Calls in one recorded history; there is one history for each number of workers."""
CRASH_SERVERS: Final = 18 if IS_SOAK else 2
"""Servers that are started, and disturbed twice or more, for each number of workers."""
REPEATS: Final = 20 if IS_SOAK else 1
"""How many times over the checkers themselves are tried."""
EXAMPLES: Final = 400 if IS_SOAK else 15
"""Runs of the state machine."""
STEPS: Final = 60 if IS_SOAK else 30
"""Steps of one such run."""


def draw_seed() -> int:
    """Return where the dice of a test begin: drawn anew, or what WATCHWORD_PROOF_SEED says."""
    return int(os.environ.get("WATCHWORD_PROOF_SEED") or random.SystemRandom().getrandbits(32))


def make_dice(seed: int) -> random.Random:
    """Return dice that fall the same way for the same seed."""
    return random.Random(seed)  # noqa: S311 - chooses what to try, and can be repeated


def tell(text: str) -> None:
    """Say how far the proof is: to the terminal in the long form, else when a test fails."""
    print(text, flush=True)  # noqa: T201 - the progress of a long run
