"""The chambers and the executive offices, and which of them a term is served at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.services.imports.congress_titles import representative, senator
from watchword.services.imports.states import STATES
from watchword.services.records.dataset import OrganizationRecord, Place
from watchword.services.records.details import SourceKey

if TYPE_CHECKING:
    from watchword.services.imports.source_files import Entry

SOURCE: Final = "congress-legislators"
REPOSITORY: Final = "https://github.com/unitedstates/congress-legislators"
"""Where everything can be read that has no page of its own."""

_HOUSE: Final = SourceKey("chamber:house")
_SENATE: Final = SourceKey("chamber:senate")
_PRESIDENCY: Final = SourceKey("office:president")
_VICE_PRESIDENCY: Final = SourceKey("office:vice-president")
_CHAMBERS: Final = {"house": _HOUSE, "senate": _SENATE}
_NAMES: Final = (
    (_HOUSE, "United States House of Representatives", "Legislative chamber"),
    (_SENATE, "United States Senate", "Legislative chamber"),
    (_PRESIDENCY, "Presidency of the United States", "Executive office"),
    (_VICE_PRESIDENCY, "Vice Presidency of the United States", "Executive office"),
)


def offices() -> list[tuple[OrganizationRecord, Place | None]]:
    """Return the organizations that no file lists."""
    return [
        (
            OrganizationRecord(
                source=SOURCE, key=key, name=name, type=type_, source_url=REPOSITORY
            ),
            None,
        )
        for key, name, type_ in _NAMES
    ]


def office_of_term(term: Entry) -> tuple[str, SourceKey]:
    """Return the title of a term, and where it is served."""
    match term.text("type"):
        case "sen":
            return senator(_state(term)), _SENATE
        case "rep":
            return representative(_state(term), term.whole_number("district")), _HOUSE
        case "prez":
            return "President", _PRESIDENCY
        case "viceprez":
            return "Vice President", _VICE_PRESIDENCY
        case other:
            raise term.refused(f"'type' is none of rep, sen, prez, viceprez: {other}", "type")


def chamber_of_leader(role: Entry) -> SourceKey:
    """Return where a leadership role is held."""
    chamber = role.text("chamber")
    if chamber not in _CHAMBERS:
        raise role.refused(f"'chamber' is neither house nor senate: {chamber}", "chamber")
    return _CHAMBERS[chamber]


def _state(term: Entry) -> str:
    state = term.text("state")
    if state not in STATES:
        raise term.refused(f"'state' is no abbreviation of a state: {state}", "state")
    return state
