"""What stands in the directory of services, for whoever reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from watchword.services.directory import read_changes, read_examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watchword.access.model import ServiceEntry
    from watchword.services.directory import Example
    from watchword.web.pages.reader import Grant, Reader
    from watchword.web.pages.visit import Visit

_PAGE = 100


@dataclass(frozen=True, slots=True)
class Listed:
    """A service as the directory shows it.

    Attributes:
        urls: Where it is called.
        explorer: Where GraphiQL is; "" where it cannot be asked from there.
        is_ours: Whether it runs in this process, so that its schema is known.
    """

    name: str
    title: str
    description: str
    urls: tuple[str, ...]
    explorer: str
    is_ours: bool
    is_entitled: bool
    grants: Sequence[Grant]
    examples: Sequence[Example] = ()
    changes: str = ""

    def open_in_explorer(self, document: str) -> str:
        """Return where GraphiQL opens with a document."""
        return f"{self.explorer}?query={quote(document)}"


async def list_entries(visit: Visit) -> list[ServiceEntry]:
    """Return every service that is enabled, by name.

    Raises:
        StoreUnavailable: If there is no answer.
    """
    entries: list[ServiceEntry] = []
    page: list[ServiceEntry] | None = None
    while page is None or len(page) == _PAGE:
        after = entries[-1].name if entries else None
        page = await visit.parts.store.list_services(after, _PAGE)
        entries += page
    return [entry for entry in entries if entry.disabled_at is None]


def describe(visit: Visit, entry: ServiceEntry, reader: Reader) -> Listed:
    """Return a service as the directory shows it to a reader."""
    is_ours = entry.name in visit.parts.services
    is_asked = is_ours or entry.upstream is not None
    return Listed(
        name=entry.name,
        title=entry.title or entry.name,
        description=entry.description,
        urls=visit.parts.addresses.graphql_urls(entry.name),
        # What a proxy in front carries to the service, the proxy has to answer.
        explorer=f"/{entry.name}/v1/graphiql/" if is_asked else "",
        is_ours=is_ours,
        is_entitled=reader.is_entitled(entry.name),
        grants=reader.grants_at(entry.name),
        examples=read_examples(entry.name) if is_ours else (),
        changes=read_changes(entry.name) if is_ours else "",
    )
