"""Words for the offices of the United States Congress: states in full, titles of terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

STATES: Final[Mapping[str, str]] = {
    "AL": "Alabama",
    "AK": "Alaska",
    "AZ": "Arizona",
    "AR": "Arkansas",
    "CA": "California",
    "CO": "Colorado",
    "CT": "Connecticut",
    "DE": "Delaware",
    "FL": "Florida",
    "GA": "Georgia",
    "HI": "Hawaii",
    "ID": "Idaho",
    "IL": "Illinois",
    "IN": "Indiana",
    "IA": "Iowa",
    "KS": "Kansas",
    "KY": "Kentucky",
    "LA": "Louisiana",
    "ME": "Maine",
    "MD": "Maryland",
    "MA": "Massachusetts",
    "MI": "Michigan",
    "MN": "Minnesota",
    "MS": "Mississippi",
    "MO": "Missouri",
    "MT": "Montana",
    "NE": "Nebraska",
    "NV": "Nevada",
    "NH": "New Hampshire",
    "NJ": "New Jersey",
    "NM": "New Mexico",
    "NY": "New York",
    "NC": "North Carolina",
    "ND": "North Dakota",
    "OH": "Ohio",
    "OK": "Oklahoma",
    "OR": "Oregon",
    "PA": "Pennsylvania",
    "RI": "Rhode Island",
    "SC": "South Carolina",
    "SD": "South Dakota",
    "TN": "Tennessee",
    "TX": "Texas",
    "UT": "Utah",
    "VT": "Vermont",
    "VA": "Virginia",
    "WA": "Washington",
    "WV": "West Virginia",
    "WI": "Wisconsin",
    "WY": "Wyoming",
    "AS": "American Samoa",
    "DC": "the District of Columbia",
    "GU": "Guam",
    "MP": "the Northern Mariana Islands",
    "PR": "Puerto Rico",
    "VI": "the Virgin Islands",
}
"""By postal abbreviation; the District and the territories as they read in a sentence."""

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
