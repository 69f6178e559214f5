"""The address of GraphiQL at a service: the page for browsers, and what it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, Protocol

from watchword.access.errors import MethodNotAllowed

if TYPE_CHECKING:
    from watchword.access.model import ServiceName
    from watchword.web.http import Endpoint, Request, Response
    from watchword.web.relaying import Relayed

_PAGE: Final = ("GET", "HEAD")
_SERVED: Final = (*_PAGE, "POST", "OPTIONS")
"""The last is what browsers ask before a call from another site: some services let that pass."""


class PagesOfServices(Protocol):
    """Shows GraphiQL, whatever host and path it is asked under."""

    async def show_explorer(self, request: Request, service: ServiceName) -> Response:
        """Return the page, or the way to sign in."""
        ...

    def refuse(self, error: Exception, request: Request) -> Response:
        """Word a refusal as a page."""
        ...


class ExplorerEndpoint:
    """Shows GraphiQL to browsers, and has calls answered by what answers the service's others.

    Args:
        calls: Answers what is posted.
        pages: Shows the page.
        service: Which service it is; None where the request says it.
    """

    kind: ClassVar[str] = "graphiql"

    def __init__(
        self, calls: Endpoint, pages: PagesOfServices, service: ServiceName | None = None
    ) -> None:
        self._calls = calls
        self._pages = pages
        self._service = service

    async def answer(self, request: Request) -> Response | Relayed:
        """Show the page, or answer a call."""
        request.is_explorer = True
        if request.method not in _SERVED:
            raise MethodNotAllowed(*_PAGE, "POST")
        service = self._service or request.service
        if request.method in _PAGE and service is not None:
            return await self._pages.show_explorer(request, service)
        return await self._calls.answer(request)

    def refuse(self, error: Exception, request: Request) -> Response:
        """Word a refusal as the page, or as the service does."""
        if request.method in _PAGE:
            return self._pages.refuse(error, request)
        return self._calls.refuse(error, request)
