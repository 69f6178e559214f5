"""Reads where members of the Congress can be reached: offices, and accounts at social networks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from watchword.services.records.details import Address, SocialAccount

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from watchword.services.imports.source_files import Entry

_COUNTRY: Final = "United States"
# As all of them read in the source: "511 Hart Senate Office Building Washington DC 20510".
_OFFICE: Final = re.compile(r"(.+?),? Washington,? DC ([0-9]{5}(?:-[0-9]{4})?)", re.IGNORECASE)
_MASTODON: Final = re.compile(r"@?([^@\s]+)@([^@\s/]+)")
_PAGES: Final = {
    "twitter": "https://twitter.com/{}",
    "facebook": "https://www.facebook.com/{}",
    "instagram": "https://www.instagram.com/{}/",
}


class Contacts:
    """District offices and accounts, by Bioguide id."""

    def __init__(self, offices: Sequence[Entry], accounts: Sequence[Entry]) -> None:
        self._offices = _by_bioguide(offices)
        self._accounts = _by_bioguide(accounts)

    def addresses(self, bioguide: str) -> tuple[Address, ...]:
        """Return a person's offices in their district."""
        entry = self._offices.get(bioguide)
        return () if entry is None else tuple(map(_district_office, entry.entries("offices")))

    def accounts(self, bioguide: str) -> tuple[SocialAccount, ...]:
        """Return a person's accounts at social networks."""
        entry = self._accounts.get(bioguide)
        return () if entry is None else _accounts(entry.entry("social"))

    def require_all_known(self, people: Collection[str]) -> None:
        """Raise ImportRefused if a file names somebody who is none of `people`."""
        for entries in (self._offices, self._accounts):
            for bioguide, entry in entries.items():
                if bioguide not in people:
                    raise entry.refused(f"there is no person {bioguide}")


def office_of(term: Entry) -> tuple[Address, ...]:
    """Return the address that a term gives, if any."""
    written, phone = term.find_text("address"), term.find_text("phone")
    if written is None and phone is None:
        return ()
    parts = None if written is None else _OFFICE.fullmatch(written)
    if parts is None:
        return (Address(address_line1=written, phone=phone),)
    return (Address(parts[1], "Washington", "DC", parts[2], _COUNTRY, phone),)


def _by_bioguide(entries: Sequence[Entry]) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for entry in entries:
        bioguide = entry.entry("id").text("bioguide")
        if bioguide in found:
            raise entry.refused(f"the person {bioguide} stands here a second time")
        found[bioguide] = entry
    return found


def _district_office(entry: Entry) -> Address:
    lines = [entry.find_code(name) for name in ("address", "suite", "building")]
    return Address(
        address_line1=", ".join(line for line in lines if line) or None,
        city=entry.text("city"),
        state=entry.text("state"),
        postal_code=entry.find_code("zip"),
        country=_COUNTRY,
        phone=entry.find_text("phone"),
    )


def _accounts(social: Entry) -> tuple[SocialAccount, ...]:
    accounts = [
        SocialAccount(platform=platform, handle=handle, url=page.format(handle))
        for platform, page in _PAGES.items()
        if (handle := social.find_code(platform)) is not None
    ]
    handle, channel = social.find_code("youtube"), social.find_code("youtube_id")
    if handle or channel:
        # Only the channel's number has one sure address; handles had three forms over the years.
        url = f"https://www.youtube.com/channel/{channel}" if channel else None
        accounts.append(SocialAccount(platform="youtube", handle=handle, url=url))
    handle = social.find_text("mastodon")
    if handle is not None:
        parts = _MASTODON.fullmatch(handle)
        url = f"https://{parts[2].lower()}/@{parts[1]}" if parts else None
        accounts.append(SocialAccount(platform="mastodon", handle=handle, url=url))
    return tuple(accounts)
