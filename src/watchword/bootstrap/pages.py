"""Wires the pages, and loads them when the first is asked for: most workers never need them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from watchword.access.allowances import Allowances
from watchword.bootstrap.endpoints import operator_functions
from watchword.web.responses import call_refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from watchword.access.authenticating import ClientAuthenticator
    from watchword.access.model import ServiceName
    from watchword.access.request_log import RequestLog
    from watchword.access.sessions import SessionKeeper
    from watchword.bootstrap.gate import Gate
    from watchword.bootstrap.wiring import Wiring
    from watchword.services.directory import Service
    from watchword.web.http import Request, Response
    from watchword.web.pages.site import Site
    from watchword.web.visits import Visits

PAGE_PLACES: Final = frozenset(
    {
        *("", "account", "assets", "console", "errors", "guides", "llms.txt", "services"),
        *("errors.md", "guides.md", "services.md", "sign-in", "sign-out"),
    }
)
"""How the paths of pages begin. Whatever a service is called at wins over them."""


class LazySite:
    """Answers for the pages, which it loads when it has to.

    Args:
        load: Loads them.
    """

    kind: ClassVar[str] = "page"

    def __init__(self, load: Callable[[], Site]) -> None:
        self._load = load
        self._site: Site | None = None

    def knows(self, path: str) -> bool:
        """Tell whether a path is a page's, or begins like one."""
        return path.removeprefix("/").partition("/")[0] in PAGE_PLACES

    async def answer(self, request: Request) -> Response:
        """Answer with a page."""
        return await self._loaded().answer(request)

    async def show_explorer(self, request: Request, service: ServiceName) -> Response:
        """Show GraphiQL."""
        return await self._loaded().show_explorer(request, service)

    def refuse(self, error: Exception, request: Request) -> Response:
        """Word a refusal as a page, where pages can be made."""
        if self._site is None:
            return call_refusal(error, request.correlation_id)
        return self._site.refuse(error, request)

    def _loaded(self) -> Site:
        if self._site is None:
            self._site = self._load()
        return self._site


@dataclass(frozen=True, slots=True)
class Visitors:
    """What tells who has come."""

    authenticator: ClientAuthenticator
    sessions: SessionKeeper
    visits: Visits


def build_site(
    wiring: Wiring,
    gate: Gate,
    services: list[Service],
    visitors: Visitors,
    requests: RequestLog | None,
) -> Site:
    """Load the pages, and wire what they ask."""
    # Templates, Markdown and colours take some 15 MB, which a worker that is asked for no page
    # does without.
    from watchword.web.pages.account.streams import Streams  # noqa: PLC0415
    from watchword.web.pages.rendering import Brand, Logo, Pages, read_assets  # noqa: PLC0415
    from watchword.web.pages.site import Site  # noqa: PLC0415
    from watchword.web.pages.visit import PageParts  # noqa: PLC0415

    settings, deployment, clock = wiring.settings, wiring.deployment, wiring.clock
    picture = settings.logo
    logo = None if picture is None else Logo(settings.logo_kind, picture.read_bytes())
    brand = Brand(settings.brand_name, logo, settings.brand_color)
    return Site(
        PageParts(
            pages=Pages(brand, read_assets()),
            addresses=settings,
            store=deployment.store,
            sessions=visitors.sessions,
            visits=visitors.visits,
            authenticator=visitors.authenticator,
            guard=gate.guard,
            allowances=Allowances(deployment.store, clock),
            requests=requests,
            request_days=settings.request_log_days,
            streams=Streams(),
            services={service.name: service for service in services},
            functions=operator_functions(wiring, services),
            door=deployment.console_door(clock, settings.failure_limits),
            clock=clock,
            randomness=wiring.randomness,
        )
    )
