"""Answers for every page: finds it, asks who has come, and checks what a form brings."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from watchword.access.credentials import make_password
from watchword.access.errors import MethodNotAllowed, NotFound, Refusal, SessionEnded
from watchword.access.sessions import SessionKind
from watchword.web.forms import parse_form
from watchword.web.pages.graphiql import EXPLORER
from watchword.web.pages.table import ROUTES
from watchword.web.pages.visit import FORM_LIMIT, Visit, is_console, sign_in_url
from watchword.web.responses import call_refusal, code_of, has_page, phrase_of, status_of
from watchword.web.visits import CSRF_HEADER, Visitor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from watchword.access.model import ServiceName
    from watchword.web.http import Request, Response
    from watchword.web.pages.visit import PageParts, Route

_UNTOLD: Final = "The server failed. The log has the reason under the correlation id."


class Site:
    """Answers for the pages.

    Args:
        parts: What they ask.
    """

    kind: ClassVar[str] = "page"

    def __init__(self, parts: PageParts) -> None:
        self._parts = parts

    async def answer(self, request: Request) -> Response:
        """Answer with a page, or raise what stands in the way."""
        kind = SessionKind.CONSOLE if is_console(request) else SessionKind.USER
        try:
            route, path = _find(request)
        except Refusal:
            # The page that tells of it has the menu of whoever has come.
            request.visitor = await self._parts.visits.find(request, kind)
            raise
        visitor = await self._parts.visits.find(request, kind, is_use=not route.is_polled)
        request.visitor = visitor
        if route.needs is not None and visitor.session is None:
            if route.method != "GET":
                raise SessionEnded
            return Visit(request, self._parts, path, visitor).ask_to_sign_in()
        marks: list[tuple[bytes, bytes]] = []
        if route.has_form and not visitor.secret:
            visitor = Visitor(None, make_password(self._parts.randomness))
            marks.append(self._parts.visits.mark(visitor.secret))
        form: dict[str, str] = {}
        if route.method == "POST":
            form = parse_form(await request.read_body(FORM_LIMIT), may_break_lines=True)
            token = request.find_header(CSRF_HEADER) or form.pop("csrf", "")
            self._parts.visits.require_own_page(request, visitor, token)
        response = await route.handler(Visit(request, self._parts, path, visitor, form))
        response.headers += marks
        return response

    async def show_explorer(self, request: Request, service: ServiceName) -> Response:
        """Show GraphiQL at a service, or the way to sign in."""
        path = {"service": service}
        visitor = await self._parts.visits.find(request, SessionKind.USER)
        request.visitor = visitor
        visit = Visit(request, self._parts, path, visitor)
        if visitor.session is None:
            return visit.ask_to_sign_in()
        return await EXPLORER.handler(visit)

    def refuse(self, error: Exception, request: Request) -> Response:
        """Word a refusal as a page; for programs, as the services do."""
        if "text/html" not in request.join_header(b"accept"):
            return call_refusal(error, request.correlation_id)
        status = status_of(error)
        told = error.public if isinstance(error, Refusal) else _UNTOLD
        visit = Visit(request, self._parts, {}, request.visitor or Visitor(None, ""))
        is_over = isinstance(error, SessionEnded)
        page = visit.render(
            "refusal.html",
            status=status,
            number=int(status),
            phrase=phrase_of(status),
            told=told,
            code=code_of(error),
            has_page=has_page(error),
            correlation_id=request.correlation_id,
            is_console=is_console(request),
            sign_in_url=sign_in_url(request, _page_of(request)) if is_over else "",
        )
        worded = call_refusal(error, request.correlation_id).headers
        kept = (b"retry-after", b"allow")
        page.headers += [header for header in worded if header[0] in kept]
        return page


def _page_of(request: Request) -> str:
    """Return the page on which a form was sent, to go back to it."""
    came_from = request.join_header(b"referer").partition("//")[2]
    origin, _, address = came_from.partition("/")
    path = address.partition("?")[0]
    if origin == request.join_header(b"host") and "GET" in _match(f"/{path}"):
        return f"/{address}"
    return "/console" if is_console(request) else "/account"


def _find(request: Request) -> tuple[Route, Mapping[str, str]]:
    # HEAD is GET without the body, which is left out when it is sent.
    method = "GET" if request.method == "HEAD" else request.method
    found = _match(request.path)
    if not found:
        raise NotFound(reason="there is no such page")
    if method not in found:
        allowed = {*found, "HEAD"} if "GET" in found else set(found)
        raise MethodNotAllowed(*sorted(allowed))
    return found[method]


def _match(path: str) -> Mapping[str, tuple[Route, Mapping[str, str]]]:
    """Return the routes of a path by their methods, each with what stands in its places."""
    segments = tuple(path.removeprefix("/").rstrip("/").split("/"))
    matches = [(route, route.match(segments)) for route in ROUTES]
    # The first one counts.
    return {
        route.method: (route, places) for route, places in reversed(matches) if places is not None
    }
