"""Reads the people of the Congress and the presidents: who they are, and their roles."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from watchword.services.imports.congress_contacts import office_of
from watchword.services.imports.congress_offices import (
    SOURCE,
    chamber_of_leader,
    office_of_term,
)
from watchword.services.imports.congress_parties import memberships
from watchword.services.imports.source_files import read_entries
from watchword.services.records.dataset import PersonRecord, RoleRecord, RoleType
from watchword.services.records.details import (
    NO_ROLE_DETAIL,
    PersonDetail,
    Relationship,
    RoleDetail,
    SourceKey,
)

if TYPE_CHECKING:
    from pathlib import Path

    from watchword.services.imports.congress_contacts import Contacts
    from watchword.services.imports.source_files import Entry
    from watchword.services.records.dataset import MembershipRecord, Place

_IN_GOVERNMENT: Final = frozenset({RoleType.EMPLOYMENT, RoleType.GOVERNMENT})
_LEADS: Final = RoleDetail(is_part_of_leadership_team=True)
# The file says what the person is to the relative, the schema what the relative is to the person.
_TIES: Final = {
    "son": "parent",
    "daughter": "parent",
    "grandson": "grandparent",
    "granddaughter": "grandparent",
    "brother": "sibling",
    "sister": "sibling",
    "husband": "spouse",
    "wife": "spouse",
    "father": "child",
    "mother": "child",
    "cousin": "cousin",
}


class People:
    """The people of the two files, with the terms and leadership roles that stand beside them.

    Attributes:
        records: The people.
        roles: Their terms and leadership roles.
        memberships: Their parties.
        parties: The parties' names in the source, in the order they come up.
        by_bioguide: Everybody's key, of those who have such an id.
    """

    def __init__(self, contacts: Contacts) -> None:
        self.records: list[tuple[PersonRecord, Place]] = []
        self.roles: list[tuple[RoleRecord, Place]] = []
        self.memberships: list[tuple[MembershipRecord, Place]] = []
        self.parties: dict[str, None] = {}
        self.by_bioguide: dict[str, SourceKey] = {}
        self._contacts = contacts
        self._keys: set[SourceKey] = set()
        self._uses: Counter[str] = Counter()

    def add_file(self, path: Path, *, are_in_office: bool) -> None:
        """Read a file of people, who serve their last term now or did so once."""
        for entry in read_entries(path):
            self._add(entry, is_in_office=are_in_office)

    def _add(self, entry: Entry, *, is_in_office: bool) -> None:
        key, url = self._identify(entry.entry("id"))
        if key in self._keys:
            raise entry.refused(f"the person {key} stands here a second time")
        self._keys.add(key)
        terms = entry.entries("terms")
        if not terms:
            raise entry.refused("'terms' is missing")
        detail = self._detail(entry, terms[-1])
        self.records.append((_person(key, url, entry, detail), entry.place))
        for term in terms:
            title, organization = office_of_term(term)
            name = f"term:{term.text('type')}:{term.date('start')}"
            self._add_role(key, url, name, title, organization, term)
        for role in entry.entries("leadership_roles"):
            title = role.text("title")
            name = f"leadership:{title}:{role.date('start')}"
            self._add_role(key, url, name, title, chamber_of_leader(role), role, _LEADS)
        for party, membership, place in memberships(key, url, terms, is_in_office=is_in_office):
            self.parties[party] = None
            self.memberships.append((membership, place.place))

    def _identify(self, ids: Entry) -> tuple[SourceKey, str]:
        bioguide = ids.find_text("bioguide")
        if bioguide is not None:
            key = SourceKey(f"bioguide:{bioguide}")
            self.by_bioguide[bioguide] = key
            return key, f"https://bioguide.congress.gov/search/bio/{bioguide}"
        # Thirteen presidents never sat in Congress, whose directory gives the other id.
        govtrack = ids.find_whole_number("govtrack")
        if govtrack is None:
            raise ids.refused("'bioguide' or 'govtrack' is missing")
        page = f"https://www.govtrack.us/congress/members/{govtrack}"
        return SourceKey(f"govtrack:{govtrack}"), page

    def _detail(self, entry: Entry, last_term: Entry) -> PersonDetail[SourceKey]:
        bioguide = entry.entry("id").find_text("bioguide") or ""
        return PersonDetail(
            other_names=tuple(map(_other_name, entry.entries("other_names"))),
            addresses=office_of(last_term) + self._contacts.addresses(bioguide),
            relationships=tuple(
                Relationship(
                    name=tie.text("name"), type=_TIES.get(tie.text("relation"), "relative")
                )
                for tie in entry.entries("family")
            ),
            social_accounts=self._contacts.accounts(bioguide),
        )

    def _add_role(
        self,
        person: SourceKey,
        url: str,
        name: str,
        title: str,
        organization: SourceKey,
        entry: Entry,
        detail: RoleDetail = NO_ROLE_DETAIL,
    ) -> None:
        start, end = entry.date("start"), entry.find_date("end")
        if end is not None and end < start:
            raise entry.refused(f"the role ends ({end}) before it starts ({start})")
        key = f"{person}/{name}"
        # One man holds the same office from the same day twice in the source, with two ends.
        self._uses[key] += 1
        if self._uses[key] > 1:
            key = f"{key}#{self._uses[key]}"
        record = RoleRecord(
            source=SOURCE,
            key=SourceKey(key),
            person=person,
            organization=organization,
            title=title,
            types=_IN_GOVERNMENT,
            start_date=start,
            end_date=end,
            detail=detail,
            source_url=url,
        )
        self.roles.append((record, entry.place))


def _person(
    key: SourceKey, url: str, entry: Entry, detail: PersonDetail[SourceKey]
) -> PersonRecord:
    names, life = entry.entry("name"), entry.find_entry("bio")
    first, middle, last = names.text("first"), names.find_text("middle"), names.text("last")
    joined = " ".join(part for part in (first, middle, last) if part)
    suffix = names.find_text("suffix")
    return PersonRecord(
        source=SOURCE,
        key=key,
        first_name=first,
        middle_name=middle,
        last_name=last,
        name=names.find_text("official_full") or (f"{joined}, {suffix}" if suffix else joined),
        nickname=names.find_text("nickname"),
        gender=None if life is None else life.find_text("gender"),
        date_of_birth=None if life is None else life.find_date("birthday"),
        detail=detail,
        source_url=url,
    )


def _other_name(entry: Entry) -> str:
    parts = [entry.find_text(name) for name in ("first", "middle")]
    return " ".join(part for part in (*parts, entry.text("last")) if part)
