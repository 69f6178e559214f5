"""Words for the offices of the United States Congress: titles of terms."""

from __future__ import annotations

from typing import Final

from watchword.services.imports.states import STATES

# These send a member without a vote, who is no Representative.
_DELEGATES: Final = frozenset({"AS", "DC", "GU", "MP", "VI"})


def senator(state: str) -> str:
    """Return the title of a Senator for a state, by its abbreviation."""
    return f"Senator for {STATES[state]}"


def representative(state: str, district: int) -> str:
    """Return the title of a member of the House.

    Args:
        state: The abbreviation.
        district: Its number; 0 is the state at large, and below 0 it is not known.
    """
    if state in _DELEGATES:
        return f"Delegate for {STATES[state]}"
    if state == "PR":
        return f"Resident Commissioner for {STATES[state]}"
    title = f"Representative for {STATES[state]}"
    if district == 0:
        return f"{title}, at large"
    return f"{title}, district {district}" if district > 0 else title
