"""The guides: how to get a token and call a service, and what comes after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.access.errors import NotFound
from watchword.web.pages.articles import TWIN, show, write
from watchword.web.pages.library import GUIDES, list_guides, write_guide
from watchword.web.pages.visit import Route

if TYPE_CHECKING:
    from watchword.web.http import Response
    from watchword.web.pages.visit import Visit


async def _list(visit: Visit) -> Response:
    return show(visit, write("guides.md", guides=await list_guides(visit)))


async def _show(visit: Visit) -> Response:
    name = visit.path["guide"].removesuffix(TWIN)
    if name not in GUIDES:
        raise NotFound(reason="there is no such guide")
    return show(visit, await write_guide(visit, name), "guide.html")


ROUTES: Final = (
    Route("GET", "/guides", _list),
    Route("GET", "/guides.md", _list),
    Route("GET", "/guides/{guide}", _show),
)
