"""Reads a copy of the public repository unitedstates/congress-legislators into a data set.

Owns what the files mean: which entry is a person, a role, an organization. Files of past
committees, district offices and social media are not read.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from watchword.services.profile.congress_committees import read_committees, read_seats
from watchword.services.profile.congress_titles import STATES, representative, senator
from watchword.services.profile.importing import PATIENCE, ImportReport, unwatched, write
from watchword.services.profile.records import (
    Dataset,
    OrganizationRecord,
    PersonRecord,
    RoleRecord,
    RoleType,
    SourceKey,
)
from watchword.services.profile.source_files import read_entries

if TYPE_CHECKING:
    from datetime import timedelta
    from pathlib import Path

    from watchword.access.ports import Clock
    from watchword.services.profile.importing import Progress
    from watchword.services.profile.source_files import Entry

SOURCE: Final = "congress-legislators"
_LEGISLATORS: Final = "legislators-current.yaml"
_EXECUTIVE: Final = "executive.yaml"
_COMMITTEES: Final = "committees-current.yaml"
_SEATS: Final = "committee-membership-current.yaml"

_HOUSE: Final = SourceKey("chamber:house")
_SENATE: Final = SourceKey("chamber:senate")
_CHAMBERS: Final = {"house": _HOUSE, "senate": _SENATE}
_PRESIDENCY: Final = SourceKey("office:president")
_VICE_PRESIDENCY: Final = SourceKey("office:vice-president")
_OFFICES: Final = (
    OrganizationRecord(_HOUSE, "United States House of Representatives", "Legislative chamber"),
    OrganizationRecord(_SENATE, "United States Senate", "Legislative chamber"),
    OrganizationRecord(_PRESIDENCY, "Presidency of the United States", "Executive office"),
    OrganizationRecord(
        _VICE_PRESIDENCY, "Vice Presidency of the United States", "Executive office"
    ),
)
_IN_GOVERNMENT: Final = frozenset({RoleType.EMPLOYMENT, RoleType.GOVERNMENT})


def import_congress(
    database: Path,
    directory: Path,
    *,
    clock: Clock,
    progress: Progress = unwatched,
    patience: timedelta = PATIENCE,
) -> ImportReport:
    """Replace the people of `database` by those of a congress-legislators folder.

    Importing twice is importing once. Records keep their ids; what left the source is removed.

    Args:
        database: The Profile database; made where there is none.
        directory: The folder that holds the YAML files.
        clock: Tells when the import took place.
        progress: Told after each file and every few hundred records.
        patience: How long to wait for another import to end.

    Raises:
        ImportRefused: If a file or the database is not as it must be. Nothing was changed.
    """
    dataset = read_congress(directory, progress)
    return write(database, dataset, clock=clock, progress=progress, patience=patience)


def read_congress(directory: Path, progress: Progress = unwatched) -> Dataset:
    """Return what the folder says.

    Raises:
        ImportRefused: If a file is missing or not as it must be.
    """
    step = "Reading files"
    people = _People()
    people.add_file(directory / _LEGISLATORS)
    progress(step, 1, 4)
    people.add_file(directory / _EXECUTIVE)
    progress(step, 2, 4)
    committees = read_committees(directory / _COMMITTEES)
    progress(step, 3, 4)
    seats = read_seats(directory / _SEATS, people.by_bioguide, committees)
    progress(step, 4, 4)
    return Dataset(
        source=SOURCE,
        is_invented=False,
        people=people.records,
        organizations=[*_OFFICES, *committees.values()],
        roles=[*people.roles, *seats],
    )


class _People:
    """The people of the two files, with the terms and leadership roles that stand beside them."""

    def __init__(self) -> None:
        self.records: list[PersonRecord] = []
        self.roles: list[RoleRecord] = []
        self.by_bioguide: dict[str, SourceKey] = {}
        self._keys: set[SourceKey] = set()
        self._uses: Counter[str] = Counter()

    def add_file(self, path: Path) -> None:
        for entry in read_entries(path):
            self._add(entry)

    def _add(self, entry: Entry) -> None:
        key = self._key(entry.entry("id"))
        if key in self._keys:
            raise entry.refused(f"the person {key} stands here a second time")
        self._keys.add(key)
        self.records.append(_person(key, entry))
        terms = entry.entries("terms")
        if not terms:
            raise entry.refused("'terms' is missing")
        for term in terms:
            title, organization = _office(term)
            name = f"{term.text('type')}:{term.date('start')}"
            self._add_role(key, f"term:{name}", title, organization, term)
        for role in entry.entries("leadership_roles"):
            title = role.text("title")
            name = f"leadership:{title}:{role.date('start')}"
            self._add_role(key, name, title, _chamber(role), role)

    def _key(self, ids: Entry) -> SourceKey:
        bioguide = ids.find_text("bioguide")
        if bioguide is not None:
            key = SourceKey(f"bioguide:{bioguide}")
            self.by_bioguide[bioguide] = key
            return key
        # Thirteen presidents never sat in Congress, whose directory gives the other id.
        govtrack = ids.find_whole_number("govtrack")
        if govtrack is None:
            raise ids.refused("'bioguide' or 'govtrack' is missing")
        return SourceKey(f"govtrack:{govtrack}")

    def _add_role(
        self, person: SourceKey, name: str, title: str, organization: SourceKey, entry: Entry
    ) -> None:
        start, end = entry.date("start"), entry.find_date("end")
        if end is not None and end < start:
            raise entry.refused(f"the role ends ({end}) before it starts ({start})")
        key = f"{person}/{name}"
        # One man holds the same office from the same day twice in the source, with two ends.
        self._uses[key] += 1
        if self._uses[key] > 1:
            key = f"{key}#{self._uses[key]}"
        record = RoleRecord(SourceKey(key), person, organization, title, _IN_GOVERNMENT, start, end)
        self.roles.append(record)


def _person(key: SourceKey, entry: Entry) -> PersonRecord:
    names, life = entry.entry("name"), entry.find_entry("bio")
    first, middle, last = names.text("first"), names.find_text("middle"), names.text("last")
    joined = " ".join(part for part in (first, middle, last) if part)
    suffix = names.find_text("suffix")
    return PersonRecord(
        key=key,
        first_name=first,
        middle_name=middle,
        last_name=last,
        name=names.find_text("official_full") or (f"{joined}, {suffix}" if suffix else joined),
        gender=None if life is None else life.find_text("gender"),
        date_of_birth=None if life is None else life.find_date("birthday"),
    )


def _office(term: Entry) -> tuple[str, SourceKey]:
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


def _state(term: Entry) -> str:
    state = term.text("state")
    if state not in STATES:
        raise term.refused(f"'state' is no abbreviation of a state: {state}", "state")
    return state


def _chamber(role: Entry) -> SourceKey:
    chamber = role.text("chamber")
    if chamber not in _CHAMBERS:
        raise role.refused(f"'chamber' is neither house nor senate: {chamber}", "chamber")
    return _CHAMBERS[chamber]
