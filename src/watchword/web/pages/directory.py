"""The directory: every service, and a page for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.web.pages.visit import Route

if TYPE_CHECKING:
    from watchword.web.http import Response
    from watchword.web.pages.visit import Visit


async def _home(visit: Visit) -> Response:
    return visit.redirect("/services")


async def _list(visit: Visit) -> Response:
    entries = await visit.parts.store.list_services(None, 100)
    services = [entry for entry in entries if entry.disabled_at is None]
    return visit.render("services.html", services=services)


ROUTES: Final = (
    Route("GET", "/", _home),
    Route("GET", "/services", _list),
)
