"""Answers for every page: finds it, asks who has come, and checks what a form brings."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from watchword.access.credentials import make_password
from watchword.access.errors import MethodNotAllowed, NotFound, Refusal, SessionEnded
from watchword.access.sessions import SessionKind
from watchword.web.forms import parse_form
from watchword.web.pages.graphiql import EXPLORER
from watchword.web.pages.table import ROUTES
from watchword.web.pages.visit import FORM_LIMIT, Visit, is_console
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
        route, path = _find(request)
        kind = SessionKind.OPERATOR if is_console(request) else SessionKind.USER
        visitor = await self._parts.visits.find(request, kind, is_use=not route.is_polled)
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
        if visitor.session is None:
            return Visit(request, self._parts, path, visitor).ask_to_sign_in()
        return await EXPLORER.handler(Visit(request, self._parts, path, visitor))

    def refuse(self, error: Exception, request: Request) -> Response:
        """Word a refusal as a page; for programs, as the services do."""
        if "text/html" not in request.join_header(b"accept"):
            return call_refusal(error, request.correlation_id)
        status = status_of(error)
        told = error.public if isinstance(error, Refusal) else _UNTOLD
        visit = Visit(request, self._parts, {}, Visitor(None, ""))
        page = visit.render(
            "refusal.html",
            status=status,
            number=int(status),
            phrase=phrase_of(status),
            told=told,
            code=code_of(error),
            has_page=has_page(error),
            correlation_id=request.correlation_id,
        )
        worded = call_refusal(error, request.correlation_id).headers
        kept = (b"retry-after", b"allow")
        page.headers += [header for header in worded if header[0] in kept]
        return page


def _find(request: Request) -> tuple[Route, Mapping[str, str]]:
    # HEAD is GET without the body, which is left out when it is sent.
    method = "GET" if request.method == "HEAD" else request.method
    segments = tuple(request.path.removeprefix("/").rstrip("/").split("/"))
    allowed: list[str] = []
    for route in ROUTES:
        path = route.match(segments)
        if path is None:
            continue
        if route.method == method:
            return route, path
        allowed += ["GET", "HEAD"] if route.method == "GET" else [route.method]
    if allowed:
        raise MethodNotAllowed(*allowed)
    raise NotFound(reason="there is no such page")
