"""How long the old of two keys or passwords may stay valid, as a form offers it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from watchword.access.registration.base import USUAL_OVERLAP
from watchword.access.self_service import OVERLAPS


def _to_sent(overlap: timedelta) -> str:
    return str(overlap // timedelta(seconds=1))


_WORDS: Final = ("not at all", "one hour", "one day", "seven days")
OVERLAP_CHOICES: Final = tuple(
    (_to_sent(overlap), words) for overlap, words in zip(OVERLAPS, _WORDS, strict=True)
)
"""What a form sends, and what it says."""
USUAL_CHOICE: Final = _to_sent(USUAL_OVERLAP)
"""What is chosen at first."""
