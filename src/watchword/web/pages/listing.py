"""What stands in the directory of services, for whoever reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from watchword.access.errors import NotFound
from watchword.access.model import ServiceName
from watchword.access.names import SLUG
from watchword.access.paging import LONGEST_PAGE, read_all, to_page
from watchword.services.directory import read_changes, read_examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watchword.access.model import ServiceEntry
    from watchword.access.paging import Page
    from watchword.services.directory import Example
    from watchword.web.pages.reader import Grant, Reader
    from watchword.web.pages.visit import Visit


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

    async def list_page(after: str | None) -> Page[ServiceEntry]:
        found = await visit.parts.store.list_services(after, LONGEST_PAGE + 1)
        return to_page(found, LONGEST_PAGE, lambda entry: entry.name)

    return [entry for entry in await read_all(list_page) if entry.is_enabled]


async def get_open_service(visit: Visit, name: str) -> ServiceEntry:
    """Return a service that is registered and enabled.

    Raises:
        NotFound: If there is none of the name.
        StoreUnavailable: If there is no answer.
    """
    entry = None
    if SLUG.fullmatch(name):
        entry = await visit.parts.store.find_service(ServiceName(name))
    if entry is None or not entry.is_enabled:
        raise NotFound(reason="there is no such service")
    return entry


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
