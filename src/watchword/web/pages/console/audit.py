"""The console's page of the audit log, newest record first."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from watchword.web.http import Response
    from watchword.web.pages.console.desk import Desk


async def show_audit(desk: Desk) -> Response:
    """Show records, newest first, page by page."""
    records = await desk.ask("read_audit", after=desk.query.get("after"))
    return desk.render("audit.html", records=records)
