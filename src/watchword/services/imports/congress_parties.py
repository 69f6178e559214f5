"""Reads who belonged to which party, from the terms they served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.services.imports.congress_offices import REPOSITORY, SOURCE
from watchword.services.records.dataset import MembershipRecord, OrganizationRecord, Place
from watchword.services.records.details import SourceKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from watchword.services.imports.source_files import Entry
    from watchword.services.records.dates import PartialDate

_NAMES: Final = {
    "Democrat": "Democratic Party",
    "Republican": "Republican Party",
    "Democratic-Republican": "Democratic-Republican Party",
    "Federalist": "Federalist Party",
    "Whig": "Whig Party",
    "no party": "No party",
}


def parties(names: Iterable[str]) -> Iterator[tuple[OrganizationRecord, Place | None]]:
    """Yield the parties that the source calls by these names.

    Two of its names say that somebody belongs to none, and are counted as parties there.
    """
    for name in names:
        yield (
            OrganizationRecord(
                source=SOURCE,
                key=_key(name),
                name=_NAMES.get(name, name),
                type="Political party",
                source_url=REPOSITORY,
            ),
            None,
        )


def memberships(
    person: SourceKey, url: str | None, terms: Sequence[Entry], *, is_in_office: bool
) -> Iterator[tuple[str, MembershipRecord, Entry]]:
    """Yield a person's memberships, each with the party's name in the source.

    Terms of one party that follow one another are one membership.

    Args:
        person: Whose terms they are.
        url: Where the person can be read about.
        terms: In the order of the file.
        is_in_office: The last term is served now, and when it ends says nothing of the party.
    """
    spells: list[tuple[str, Entry, PartialDate, PartialDate | None]] = []
    for name, entry in _affiliations(terms):
        start, end = entry.date("start"), entry.find_date("end")
        if end is not None and end < start:
            raise entry.refused(f"the membership ends ({end}) before it starts ({start})")
        if spells and spells[-1][0] == name:
            name, entry, start, _ = spells.pop()  # noqa: PLW2901 - goes on from where it began
        spells.append((name, entry, start, end))
    for number, (name, entry, start, end) in enumerate(spells, 1):
        is_last = number == len(spells)
        record = MembershipRecord(
            source=SOURCE,
            key=SourceKey(f"{person}/party:{name}:{start}"),
            person=person,
            organization=_key(name),
            start_date=start,
            end_date=None if is_last and is_in_office else end,
            source_url=url,
        )
        yield name, record, entry


def _affiliations(terms: Sequence[Entry]) -> Iterator[tuple[str, Entry]]:
    for term in terms:
        # Where somebody changed parties in the middle, the term's own is the last one.
        for entry in term.entries("party_affiliations") or [term]:
            name = entry.find_text("party")
            if name is not None:
                yield name, entry


def _key(name: str) -> SourceKey:
    return SourceKey(f"party:{name}")
