"""The one way by which a call comes to the guard, and what passes without.

Reads what the call presents; who may pass, the guard says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from watchword.access.errors import MethodNotAllowed
from watchword.web.bearer import read_caller_credentials

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from watchword.access.guard import Guard
    from watchword.access.model import ServiceName
    from watchword.access.ports import ServiceReads
    from watchword.web.http import Request
    from watchword.web.tracing import Tracer
    from watchword.web.visits import Visits

    Require = Callable[[], Awaitable[object]]


class CallGate:
    """Admits calls to services, and lets pass what a browser asks before a call.

    Args:
        guard: What admits.
        services: Knows whether a service lets preflight requests pass.
        accept_bare_token: Take a token without the word `Bearer`.
        tracer: Traces each admission as a step of the request; None for none.
        visits: Knows browsers in which a service user has signed in; None where no pages are.
    """

    def __init__(
        self,
        guard: Guard,
        services: ServiceReads,
        *,
        accept_bare_token: bool,
        tracer: Tracer | None,
        visits: Visits | None = None,
    ) -> None:
        self._guard = guard
        self._services = services
        self._accept_bare_token = accept_bare_token
        self._tracer = tracer
        self._visits = visits

    async def admit(
        self,
        request: Request,
        service: ServiceName,
        *,
        method: str,
        query: bytes,
        served: tuple[str, ...] | None = None,
    ) -> Require:
        """Admit a call, and note that in the request: nothing in a preflight that passes.

        Args:
            request: Whose headers are read.
            service: What is called.
            method: The method of the call, which may not be the request's own: a proxy asks.
            query: The query of its URL, which may not be either.
            served: The methods that are served; None for any.

        Returns:
            What raises when the caller may not have the rest of its answer any more.

        Raises:
            RequestRefusal: If the method is not served, the call cannot be read, or another
                site's page has a browser send it.
            CallRefusal: If it may not pass.
            StoreUnavailable: If nobody can say.
        """
        if method == "OPTIONS" and await self._is_preflight(request, service):
            return _pass
        if served is not None and method not in served:
            raise MethodNotAllowed(*served)
        if request.is_explorer and self._visits is not None and self._visits.is_calling(request):
            return await self._admit_signed_in(request, service, self._visits)
        token, api_key = read_caller_credentials(
            request, query, accept_bare_token=self._accept_bare_token
        )
        guard = self._guard
        if self._tracer is None:
            request.admission = await guard.admit(token, api_key, service)
        else:
            with self._tracer.step("guard"):
                request.admission = await guard.admit(token, api_key, service)
        return lambda: guard.identify(token, api_key, service)

    async def _admit_signed_in(
        self, request: Request, service: ServiceName, visits: Visits
    ) -> Require:
        guard = self._guard
        request.is_signed_in = True
        visitor = await visits.get_caller(request)
        session = visitor.get_session()
        request.admission = await guard.admit_signed_in(session, service)

        async def require() -> None:
            await visits.require_session(visitor)
            await guard.identify_signed_in(session, service)

        return require

    async def _is_preflight(self, request: Request, service: ServiceName) -> bool:
        """Tell what browsers ask before a call to a service that takes that.

        What they send is said in the Fetch standard, under "CORS-preflight fetch".
        """
        entry = await self._services.find_service(service)
        return (
            entry is not None
            and entry.passes_preflight
            and request.find_header(b"origin") is not None
            and request.find_header(b"access-control-request-method") is not None
        )


async def _pass() -> None:
    """Pass: a preflight has no credentials that could end."""
