"""`/llms.txt`: what there is to read here, a line for each, for language models (llmstxt.org)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.web.error_catalogue import list_catalogue
from watchword.web.pages.articles import Written, write
from watchword.web.pages.library import list_guides
from watchword.web.pages.listing import list_entries
from watchword.web.pages.sending import TEXT, send_to_all
from watchword.web.pages.visit import Route

if TYPE_CHECKING:
    from watchword.web.http import Response
    from watchword.web.pages.visit import Visit


async def _send(visit: Visit) -> Response:
    text = write(
        "llms.md",
        name=visit.parts.pages.brand.name,
        base_url=visit.parts.addresses.public_url,
        guides=await list_guides(visit),
        services=await list_entries(visit),
        ours=visit.parts.services,
        errors=list_catalogue().values(),
        written=Written,
    )
    return send_to_all(visit, TEXT, text.encode())


ROUTES: Final = (Route("GET", "/llms.txt", _send),)
