"""The directory: every service, and a page for each, with its schema where that is known."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from watchword.access.errors import NotFound
from watchword.services.directory import read_schema_text
from watchword.web.data_dictionary import list_definitions
from watchword.web.pages.articles import TWIN, Written, show, write
from watchword.web.pages.listing import describe, get_open_service, list_entries
from watchword.web.pages.markdown import to_html
from watchword.web.pages.reader import find_reader
from watchword.web.pages.sending import send_to_all
from watchword.web.pages.visit import Route

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql import GraphQLSchema

    from watchword.web.http import Response
    from watchword.web.pages.visit import Visit

_TAKEN: Final = ("call-it", "limits", "examples", "changes", "data-dictionary", "types", "main")
"""Ids of the page itself."""
_SCHEMA: Final = b"application/graphql; charset=utf-8"


@dataclass(frozen=True, slots=True)
class _Dictionary:
    """A data dictionary, as it is sent and as it was written."""

    types: Sequence[str]
    text: str


async def _home(visit: Visit) -> Response:
    return visit.redirect("/services")


async def _list(visit: Visit) -> Response:
    reader = await find_reader(visit)
    services = [describe(visit, entry, reader) for entry in await list_entries(visit)]
    return show(visit, write("services.md", services=services, reader=reader))


async def _show(visit: Visit) -> Response:
    entry = await get_open_service(visit, visit.path["service"].removesuffix(TWIN))
    reader = await find_reader(visit)
    text = write(
        "service.md",
        service=describe(visit, entry, reader),
        reader=reader,
        written=Written,
    )
    ours = visit.parts.services.get(entry.name)
    if ours is None:
        return show(visit, text)
    dictionary = _read_dictionary(ours.schema)
    if visit.request.path.rstrip("/").endswith(TWIN):
        return show(visit, text + dictionary.text)
    return show(visit, text, "service.html", types=dictionary.types)


async def _download(visit: Visit) -> Response:
    entry = await get_open_service(visit, visit.path["service"].removesuffix(TWIN))
    if entry.name not in visit.parts.services:
        raise NotFound(reason="the schema of the service is not known here")
    name = f'attachment; filename="{entry.name}.graphql"'.encode()
    body = read_schema_text(entry.name).encode()
    return send_to_all(visit, _SCHEMA, body, (b"content-disposition", name))


# A large schema takes a while, and is the same for every reader.
@lru_cache(maxsize=16)
def _read_dictionary(schema: GraphQLSchema) -> _Dictionary:
    definitions = list_definitions(schema)
    taken = set[str](_TAKEN)
    # One level below the page's own headings.
    texts = [f"#{one.text}" for one in definitions]
    types = [to_html(text, taken) for text in texts]
    return _Dictionary(types, "\n" + "\n\n".join(texts) + "\n")


ROUTES: Final = (
    Route("GET", "/", _home),
    Route("GET", "/services", _list),
    Route("GET", "/services.md", _list),
    Route("GET", "/services/{service}", _show),
    Route("GET", "/services/{service}/schema.graphql", _download),
)
