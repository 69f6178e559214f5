"""Reads a copy of the public repository unitedstates/congress-legislators into a data set.

Owns which files there are and what is made of them together.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from watchword.services.imports.congress_committees import (
    read_committees,
    read_former_committees,
    read_seats,
)
from watchword.services.imports.congress_contacts import Contacts
from watchword.services.imports.congress_offices import offices
from watchword.services.imports.congress_parties import parties
from watchword.services.imports.congress_people import People
from watchword.services.imports.importing import PATIENCE, ImportReport, unwatched, write
from watchword.services.imports.source_files import find_entries
from watchword.services.records.dataset import Dataset

if TYPE_CHECKING:
    from datetime import timedelta
    from pathlib import Path

    from watchword.access.ports import Clock
    from watchword.services.imports.importing import Progress
    from watchword.services.imports.source_files import Entry
    from watchword.services.records.dataset import AnyRecord, Place

_LEGISLATORS: Final = "legislators-current.yaml"
_EXECUTIVE: Final = "executive.yaml"
_COMMITTEES: Final = "committees-current.yaml"
_SEATS: Final = "committee-membership-current.yaml"
_FORMER: Final = "committees-historical.yaml"
_DISTRICT_OFFICES: Final = "legislators-district-offices.yaml"
_SOCIAL_MEDIA: Final = "legislators-social-media.yaml"
_WITHOUT: Final = {
    _FORMER: "former committees",
    _DISTRICT_OFFICES: "district offices",
    _SOCIAL_MEDIA: "social media accounts",
}
_FILES: Final = 7


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
        database: The records' database; made where there is none.
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
        ImportRefused: If a file is not as it must be, or one of the four that must be there is
            missing.
    """
    files = _Files(directory, progress)
    contacts = Contacts(files.find(_DISTRICT_OFFICES), files.find(_SOCIAL_MEDIA))
    people = People(contacts)
    people.add_file(files.path(_LEGISLATORS), are_in_office=True)
    people.add_file(files.path(_EXECUTIVE), are_in_office=False)
    contacts.require_all_known(people.by_bioguide)
    committees = read_committees(files.path(_COMMITTEES))
    former = read_former_committees(files.find(_FORMER), committees)
    seats = read_seats(files.path(_SEATS), people.by_bioguide, committees)
    files.told()
    records: list[tuple[AnyRecord, Place | None]] = list(
        chain(
            offices(),
            committees.values(),
            parties(people.parties),
            former,
            people.records,
            people.roles,
            people.memberships,
            seats,
        )
    )
    return Dataset(is_invented=False, records=records, count=len(records), notes=tuple(files.notes))


class _Files:
    """Tells of progress from one file to the next, and which are not there."""

    def __init__(self, directory: Path, progress: Progress) -> None:
        self.notes: list[str] = []
        self._directory = directory
        self._progress = progress
        self._begun = 0

    def path(self, name: str) -> Path:
        """Return where a file is that is read now."""
        self.told()
        self._begun += 1
        return self._directory / name

    def told(self) -> None:
        """Tell that what was begun is done."""
        if self._begun:
            self._progress("Reading files", self._begun, _FILES)

    def find(self, name: str) -> list[Entry]:
        """Return the entries of a file that may be missing."""
        entries = find_entries(self.path(name))
        if entries is None:
            self.notes.append(f"{name} is not in the folder: there are no {_WITHOUT[name]}.")
        return entries or []
