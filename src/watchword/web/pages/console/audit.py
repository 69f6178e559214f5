"""The console's page of the audit log: searched, newest record first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from watchword.web.http import Response
    from watchword.web.pages.console.desk import Desk

_WANTED: Final = ("username", "account", "event", "text")


async def show_audit(desk: Desk) -> Response:
    """Show the records that are looked for, page by page."""
    wanted = {name: desk.query.get(name, "").strip() for name in _WANTED}
    records = await desk.ask("search_audit", before=desk.query.get("before"), **wanted)
    return desk.render("audit.html", records=records, wanted=wanted)
