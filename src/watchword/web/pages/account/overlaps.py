"""How long the old of two keys or passwords may stay valid, as a form offers it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from watchword.access.errors import NotAllowed
from watchword.access.self_service import OVERLAPS

_WORDS: Final = ("not at all", "one hour", "one day", "seven days")
OVERLAP_CHOICES: Final = tuple(
    (str(overlap // timedelta(seconds=1)), words)
    for overlap, words in zip(OVERLAPS, _WORDS, strict=True)
)
"""What a form sends, and what it says."""


def read_overlap(text: str) -> timedelta:
    """Read what a form sends. Raises NotAllowed."""
    for overlap in OVERLAPS:
        if text == str(overlap // timedelta(seconds=1)):
            return overlap
    raise NotAllowed("choose how long the old one stays valid")
