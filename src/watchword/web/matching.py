"""Paths with places, as `/accounts/{account}`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def match_segments(own: Sequence[str], given: Sequence[str]) -> dict[str, str] | None:
    """Return what stands in the places of a path; None for another's path.

    Args:
        own: The segments of the pattern; a place stands between braces, and is never empty.
        given: Those of the path.
    """
    if len(given) != len(own):
        return None
    found: dict[str, str] = {}
    for ours, theirs in zip(own, given, strict=True):
        if ours.startswith("{") and theirs:
            found[ours[1:-1]] = theirs
        elif ours != theirs:
            return None
    return found
