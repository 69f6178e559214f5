"""A page for every code that a caller can meet; refusals name theirs in the header `Link`."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from watchword.access.errors import NotFound
from watchword.services.engine.errors import ERROR_TYPES
from watchword.web.error_catalogue import list_catalogue
from watchword.web.pages.articles import TWIN, Written, show, write
from watchword.web.pages.visit import Route

if TYPE_CHECKING:
    from watchword.web.http import Response
    from watchword.web.pages.visit import Visit

# The texts of the code are Markdown already.
_GIVEN: Final = {"written": Written}
_catalogue = lru_cache(maxsize=1)(list_catalogue)


async def _list(visit: Visit) -> Response:
    entries = _catalogue().values()
    return show(visit, write("errors.md", entries=entries, soft=ERROR_TYPES, **_GIVEN))


async def _show(visit: Visit) -> Response:
    entry = _catalogue().get(visit.path["code"].removesuffix(TWIN))
    if entry is None:
        raise NotFound(reason="there is no such code")
    return show(visit, write("error.md", entry=entry, **_GIVEN))


ROUTES: Final = (
    Route("GET", "/errors", _list),
    Route("GET", "/errors.md", _list),
    Route("GET", "/errors/{code}", _show),
)
