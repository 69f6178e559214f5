"""GraphiQL at a service, for a service user who has signed in.

The page asks at its own address with POST; the guard answers there as it answers any call, but
takes the session for the token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.access.sessions import SessionKind
from watchword.web.pages.listing import get_open_service
from watchword.web.pages.visit import Route

if TYPE_CHECKING:
    from watchword.web.http import Response
    from watchword.web.pages.visit import Visit


async def _show(visit: Visit) -> Response:
    parts = visit.parts
    service = await get_open_service(visit, visit.path["service"])
    # Says, in place of the page, what would stand in the way of every query.
    caller = await parts.guard.identify_signed_in(visit.session, service.name)
    allowance = await parts.guard.look(caller)
    key = await parts.store.get_api_key(caller.key.id)
    return visit.render(
        "graphiql.html",
        service=service,
        endpoint=visit.request.path,
        query=visit.query().get("query", ""),
        key=key,
        allowance=allowance,
        # Where it is known, opening the page takes nothing of the plan.
        schema_url=f"/services/{service.name}/schema.graphql"
        if service.name in parts.services
        else "",
        call_url=parts.addresses.graphql_urls(service.name)[0],
        token_url=f"{parts.addresses.public_url}/oauth2/token",
    )


# At every service's own place, by path and by host: found by the service's routes, not the pages'.
EXPLORER: Final = Route("GET", "/{service}/v1/graphiql", _show, needs=SessionKind.USER)
