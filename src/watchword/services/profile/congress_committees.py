"""Reads the committees of the Congress and who sits on them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from watchword.services.profile.records import (
    Address,
    OrganizationRecord,
    RoleRecord,
    RoleType,
    SourceKey,
)
from watchword.services.profile.source_files import read_entries, read_entry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from watchword.services.profile.source_files import Entry

# As all of them read in the source: "1301 LHOB; Washington, DC 20515-6001".
_ADDRESS: Final = re.compile(r"([^;]+); ([^,;]+), ([A-Z]{2}) ([0-9]{5}(?:-[0-9]{4})?)")
_ON_COMMITTEE: Final = frozenset({RoleType.COMMITTEE})


def read_committees(path: Path) -> dict[str, OrganizationRecord]:
    """Return committees and subcommittees by the code that names them in the list of seats.

    Raises:
        ImportRefused: If the file is not as it must be.
    """
    committees: dict[str, OrganizationRecord] = {}
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


def read_seats(
    path: Path, people: Mapping[str, SourceKey], committees: Mapping[str, OrganizationRecord]
) -> list[RoleRecord]:
    """Return the seats on committees.

    Args:
        path: The file.
        people: The source keys of all people by their Bioguide id.
        committees: As `read_committees` returns them.

    Raises:
        ImportRefused: If the file is not as it must be, or names an unknown person or committee.
    """
    file = read_entry(path)
    seats: dict[SourceKey, RoleRecord] = {}
    for code in file.names():
        committee = committees.get(code)
        if committee is None:
            raise file.refused(f"there is no committee {code}", code)
        for entry in file.entries(code):
            seat = _seat(entry, people, committee)
            if seat.key in seats:
                raise entry.refused("this person already has a seat on the committee", "bioguide")
            seats[seat.key] = seat
    return list(seats.values())


def _add(
    committees: dict[str, OrganizationRecord], entry: Entry, code: str, record: OrganizationRecord
) -> None:
    if code in committees:
        raise entry.refused(f"the committee {code} stands here a second time", "thomas_id")
    committees[code] = record


def _committee(entry: Entry, code: str, name: str, type_: str) -> OrganizationRecord:
    written, phone = entry.find_text("address"), entry.find_text("phone")
    parts = None if written is None else _ADDRESS.fullmatch(written)
    if parts is None:
        address = Address(address_line1=written, phone=phone)
    else:
        line, city, state, postal_code = parts.groups()
        address = Address(line, city, state, postal_code, "United States", phone)
    return OrganizationRecord(
        SourceKey(f"committee:{code}"), name, type_, entry.find_text("url"), address
    )


def _seat(
    entry: Entry, people: Mapping[str, SourceKey], committee: OrganizationRecord
) -> RoleRecord:
    bioguide = entry.text("bioguide")
    person = people.get(bioguide)
    if person is None:
        raise entry.refused(f"there is no person {bioguide}", "bioguide")
    return RoleRecord(
        key=SourceKey(f"{person}/seat:{committee.key}"),
        person=person,
        organization=committee.key,
        title=entry.find_text("title") or "Member",
        types=_ON_COMMITTEE,
    )
