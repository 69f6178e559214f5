"""The guides as texts: which there are, and how each is written for its reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from watchword.access.model import TOKEN_LIFETIME
from watchword.web.pages.articles import Written, write
from watchword.web.pages.listing import list_entries
from watchword.web.pages.markdown import outline_of
from watchword.web.pages.reader import find_reader
from watchword.web.pages.samples import Samples

if TYPE_CHECKING:
    from watchword.web.pages.markdown import Outline
    from watchword.web.pages.visit import Visit

GUIDES: Final = ("authentication", "keys-and-plans", "errors", "paging", "one-live-token")
"""In the order in which they are read."""
_SHOWN_FIRST: Final = ("profile", "events")
_ANY: Final = "profile"


@dataclass(frozen=True, slots=True)
class Guide:
    """A guide, as lists name it."""

    name: str
    outline: Outline


async def list_guides(visit: Visit) -> list[Guide]:
    """Return every guide. Raises StoreUnavailable."""
    return [Guide(name, outline_of(await write_guide(visit, name))) for name in GUIDES]


async def write_guide(visit: Visit, name: str) -> str:
    """Return a guide as its reader reads it.

    Raises:
        StoreUnavailable: If nobody can say who reads.
    """
    reader = await find_reader(visit)
    offered = [str(entry.name) for entry in await list_entries(visit)]
    granted = [one for one in offered if not reader.is_known or reader.is_entitled(one)]
    first = [one for one in _SHOWN_FIRST if one in granted]
    service = next(iter((*first, *granted, *offered)), _ANY)
    addresses = visit.parts.addresses
    return write(
        f"guides/{name}.md",
        reader=reader,
        samples=Samples(addresses.public_url, service, reader),
        written=Written,
        base_url=addresses.public_url,
        urls=addresses.graphql_urls(service),
        service=service,
        offered=offered,
        seconds=int(TOKEN_LIFETIME.total_seconds()),
    )
