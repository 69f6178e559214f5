"""Reads the committees of the Congress and who sits on them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from watchword.services.imports.congress_offices import REPOSITORY, SOURCE
from watchword.services.imports.source_files import read_entries, read_entry
from watchword.services.records.dataset import OrganizationRecord, Place, RoleRecord, RoleType
from watchword.services.records.details import Address, SourceKey

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from watchword.services.imports.source_files import Entry

# As all of them read in the source: "1301 LHOB; Washington, DC 20515-6001".
_ADDRESS: Final = re.compile(r"([^;]+); ([^,;]+), ([A-Z]{2}) ([0-9]{5}(?:-[0-9]{4})?)")
_ON_COMMITTEE: Final = frozenset({RoleType.COMMITTEE})


Committees = dict[str, tuple[OrganizationRecord, Place]]
"""Committees and subcommittees by the code that names them in the list of seats."""


def read_committees(path: Path) -> Committees:
    """Return the committees of today.

    Raises:
        ImportRefused: If the file is not as it must be.
    """
    committees: Committees = {}
    for entry in read_entries(path):
        code, name = entry.text("thomas_id"), entry.text("name")
        _add(committees, entry, code, _committee(entry, code, name, "Committee"))
        for part in entry.entries("subcommittees"):
            # A subcommittee's own code and name say little ("Defense") and occur several times.
            part_code = code + part.text("thomas_id")
            part_name = f"{name}: {part.text('name')}"
            _add(
                committees, part, part_code, _committee(part, part_code, part_name, "Subcommittee")
            )
    return committees


def read_former_committees(
    entries: Sequence[Entry], current: Committees
) -> list[tuple[OrganizationRecord, Place]]:
    """Return the committees and subcommittees that are no longer among the current ones.

    Raises:
        ImportRefused: If an entry is not as it must be.
    """
    former: Committees = {}
    for entry in entries:
        code, name = entry.text("thomas_id"), entry.text("name")
        if code not in current:
            _add(former, entry, code, _committee(entry, code, name, "Former committee"))
        for part in entry.entries("subcommittees"):
            part_code, part_name = code + part.text("thomas_id"), f"{name}: {part.text('name')}"
            if part_code not in current:
                record = _committee(part, part_code, part_name, "Former subcommittee")
                _add(former, part, part_code, record)
    return list(former.values())


def read_seats(
    path: Path, people: Mapping[str, SourceKey], committees: Committees
) -> list[tuple[RoleRecord, Place]]:
    """Return the seats on committees.

    Args:
        path: The file.
        people: The source keys of all people by their Bioguide id.
        committees: As `read_committees` returns them.

    Raises:
        ImportRefused: If the file is not as it must be, or names an unknown person or committee.
    """
    file = read_entry(path)
    seats: dict[SourceKey, tuple[RoleRecord, Place]] = {}
    for code in file.names():
        committee = committees.get(code)
        if committee is None:
            raise file.refused(f"there is no committee {code}", code)
        for entry in file.entries(code):
            seat = _seat(entry, people, committee[0])
            if seat.key in seats:
                raise entry.refused("this person already has a seat on the committee", "bioguide")
            seats[seat.key] = (seat, entry.place)
    return list(seats.values())


def _add(committees: Committees, entry: Entry, code: str, record: OrganizationRecord) -> None:
    if code in committees:
        raise entry.refused(f"the committee {code} stands here a second time", "thomas_id")
    committees[code] = (record, entry.place)


def _committee(entry: Entry, code: str, name: str, type_: str) -> OrganizationRecord:
    written, phone = entry.find_text("address"), entry.find_text("phone")
    parts = None if written is None else _ADDRESS.fullmatch(written)
    if parts is not None:
        line, city, state, postal_code = parts.groups()
        address: Address | None = Address(line, city, state, postal_code, "United States", phone)
    elif written or phone:
        address = Address(address_line1=written, phone=phone)
    else:
        address = None
    url = entry.find_text("url")
    return OrganizationRecord(
        source=SOURCE,
        key=SourceKey(f"committee:{code}"),
        name=name,
        type=type_,
        website=url,
        address=address,
        source_url=url or REPOSITORY,
    )


def _seat(
    entry: Entry, people: Mapping[str, SourceKey], committee: OrganizationRecord
) -> RoleRecord:
    bioguide = entry.text("bioguide")
    person = people.get(bioguide)
    if person is None:
        raise entry.refused(f"there is no person {bioguide}", "bioguide")
    return RoleRecord(
        source=SOURCE,
        key=SourceKey(f"{person}/seat:{committee.key}"),
        person=person,
        organization=committee.key,
        title=entry.find_text("title") or "Member",
        types=_ON_COMMITTEE,
        source_url=committee.source_url,
    )
