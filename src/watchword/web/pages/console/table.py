"""Every page of the console, and the one place to which all of its forms are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from watchword.access.sessions import SessionKind
from watchword.web.matching import match_segments
from watchword.web.pages.console import audit, catalogue, customers, entrance, watching
from watchword.web.pages.console.desk import Desk
from watchword.web.pages.console.doing import Doing
from watchword.web.pages.console.entrance import HOME, find_user
from watchword.web.pages.visit import Route

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from watchword.web.http import Response
    from watchword.web.pages.console.doing import Page
    from watchword.web.pages.visit import Visit

PAGES: Final[tuple[Page, ...]] = (
    (HOME, watching.show_home),
    (HOME + "/accounts", customers.list_accounts),
    (HOME + "/accounts/{account}", customers.show_account),
    (HOME + "/users", customers.list_users),
    (HOME + "/users/{username}", customers.show_user),
    (HOME + "/keys", customers.list_keys),
    (HOME + "/keys/{key_id}", customers.show_key),
    (HOME + "/plans", catalogue.list_plans),
    (HOME + "/plans/{plan}", catalogue.show_plan),
    (HOME + "/services", catalogue.list_services),
    (HOME + "/services/{service}", catalogue.show_service),
    (HOME + "/documents", catalogue.list_documents),
    (HOME + "/services/{service}/documents/{document_id}", catalogue.show_document),
    (
        HOME + "/accounts/{account}/services/{service}/documents/{document_id}",
        catalogue.show_document,
    ),
    (HOME + "/usage", watching.show_usage),
    (HOME + "/usage.json", watching.draw_usage),
    (HOME + "/refusals", watching.show_refusals),
    (HOME + "/audit", audit.show_audit),
    (HOME + "/signing-keys", watching.show_signing_keys),
)
"""The pages, by path."""


def _to_route(path: str, page: Callable[[Desk], Awaitable[Response]]) -> Route:
    async def show(visit: Visit) -> Response:
        user = await find_user(visit)
        if user is None:
            return visit.ask_to_sign_in()
        return await page(Desk(visit, user, visit.here, visit.path, visit.query()))

    return Route("GET", path, show, SessionKind.CONSOLE)


def _match(pattern: str, path: str) -> Mapping[str, str] | None:
    return match_segments(pattern[1:].split("/"), unquote(path).strip("/").split("/"))


_doing: Final = Doing(PAGES, _match)
ROUTES: Final = (
    *entrance.ROUTES,
    *(_to_route(path, page) for path, page in PAGES),
    Route("POST", HOME + "/do/{operation}", _doing.carry_out, SessionKind.CONSOLE),
)
