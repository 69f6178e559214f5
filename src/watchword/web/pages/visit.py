"""What a page is asked with, and what it is made of: the one interface of all pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import quote

from watchword.access.audit import By
from watchword.web.forms import parse_form
from watchword.web.http import Response
from watchword.web.matching import match_segments
from watchword.web.pages.rendering import page_headers
from watchword.web.responses import correlation_header

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from watchword.access.allowances import Allowances
    from watchword.access.authenticating import ClientAuthenticator
    from watchword.access.console_door import ConsoleDoor
    from watchword.access.guard import Guard
    from watchword.access.ports import Clock, Randomness, Store
    from watchword.access.request_log import RequestLog
    from watchword.access.sessions import Session, SessionKeeper, SessionKind
    from watchword.services.directory import Service
    from watchword.web.admin.operations import OperatorFunctions
    from watchword.web.http import Request
    from watchword.web.pages.account.streams import Streams
    from watchword.web.pages.rendering import Pages
    from watchword.web.visits import Visitor, Visits

FORM_LIMIT: Final = 65_536
"""Bytes of a form."""
_LEFT_AS_IT_IS: Final = "/?#[]@!$&'()*+,;=:%~"
"""Signs that have their place in a URL (RFC 3986 section 2.2), and what is encoded already."""


class Addresses(Protocol):
    """Where callers reach the services; the settings know."""

    @property
    def public_url(self) -> str:
        """The base URL, without a slash at its end."""
        ...

    def service_url(self, service: str) -> str:
        """Return the base URL of a service's own host."""
        ...

    def graphql_urls(self, service: str) -> tuple[str, str]:
        """Return the URLs under which a service is called: by path, and on its own host."""
        ...


@dataclass(frozen=True, slots=True)
class PageParts:
    """What pages ask. The functions are those of the CLI and the admin API.

    Attributes:
        services: Those of this process, by name, with their schemas.
        functions: What operators may do, in the console as over the admin API; what customers do
            for themselves is done by the same.
        door: Lets people into the console.
        allowances: Tells what is left of plans.
        requests: The calls of the last days; None where none are kept.
        request_days: For how long they are.
        streams: Counts who follows them.
    """

    pages: Pages
    addresses: Addresses
    store: Store
    sessions: SessionKeeper
    visits: Visits
    authenticator: ClientAuthenticator
    guard: Guard
    allowances: Allowances
    requests: RequestLog | None
    request_days: int
    streams: Streams
    services: Mapping[str, Service]
    functions: OperatorFunctions
    door: ConsoleDoor
    clock: Clock
    randomness: Randomness


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a page.

    Attributes:
        path: What stands in the places of the route's path.
        form: What was sent; empty unless it is a POST. Its token has been checked.
    """

    request: Request
    parts: PageParts
    path: Mapping[str, str]
    visitor: Visitor
    form: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    @property
    def session(self) -> Session:
        """Who has signed in. Raises SessionEnded where nobody has."""
        return self.visitor.get_session()

    @property
    def by(self) -> By:
        """Who does what this page does, for the audit log."""
        return By(f"{self.session.kind}:{self.session.name}", self.request.source)

    @property
    def here(self) -> str:
        """The address of the page, with its query, as a link has it."""
        query = self.request.query_string.decode("latin-1")
        return quote(self.request.path, safe="/") + (f"?{query}" if query else "")

    def query(self) -> dict[str, str]:
        """Return the parameters of the URL. Raises InvalidRequest."""
        return parse_form(self.request.query_string, may_break_lines=True)

    def render(
        self, template: str, *headers: tuple[bytes, bytes], status: int = 200, **values: object
    ) -> Response:
        """Return a page made of a template."""
        body = self.parts.pages.render(
            template,
            here=self.request.path,
            session=self.visitor.session,
            csrf=self.visitor.csrf,
            **values,
        )
        correlation = correlation_header(self.request.correlation_id)
        return Response(status, page_headers(correlation, *headers), body)

    def redirect(self, path: str, *headers: tuple[bytes, bytes]) -> Response:
        """Send the browser to another of our pages, which it asks for with GET."""
        # Whatever it was made of, it begins no other header.
        location = (b"location", quote(path, safe=_LEFT_AS_IT_IS).encode())
        return Response(HTTPStatus.SEE_OTHER, [location, (b"cache-control", b"no-store"), *headers])

    def ask_to_sign_in(self) -> Response:
        """Send the browser to sign in, and back here after that."""
        return self.redirect(sign_in_url(self.request, self.here))


def is_console(request: Request) -> bool:
    """Tell whether a request is for a page of the console."""
    return request.path == "/console" or request.path.startswith("/console/")


def sign_in_url(request: Request, next_page: str) -> str:
    """Return where whoever asks for a page signs in, to go on with another then."""
    begins = "/console" if is_console(request) else ""
    return f"{begins}/sign-in?next={quote(next_page, safe='/')}"


@dataclass(frozen=True, slots=True)
class Route:
    """A page, by method and path.

    Attributes:
        path: May have places, as `/services/{service}`.
        needs: Who has to be signed in; None for anybody.
        has_form: Whether a form stands there for who has not signed in: then the browser gets a
            cookie by which it is known again.
        is_polled: Whether a page asks it by itself, over and over: that is no use of a session.
    """

    method: str
    path: str
    handler: Callable[[Visit], Awaitable[Response]]
    needs: SessionKind | None = None
    has_form: bool = False
    is_polled: bool = False

    def match(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        """Return what stands in the places, None for another path."""
        return match_segments(self.path.removeprefix("/").split("/"), segments)
