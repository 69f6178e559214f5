"""Has an app of the same process answer the calls to a service: the guard first, then the app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from watchword.web.bearer import read_caller_credentials
from watchword.web.preflight import passes_as_preflight
from watchword.web.relaying import Relayed
from watchword.web.responses import call_refusal, correlation_header
from watchword.web.standing_headers import identity_headers, without_credentials

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from watchword.access.guard import Caller, Guard
    from watchword.access.model import ServiceName
    from watchword.access.ports import ServiceReads
    from watchword.web.http import App, Request, Response

STATE_NAME: Final = "watchword"
"""Under this name the state of a request has its `Admission`."""


class GuardedApp:
    """Passes on to an app what the guard admits, whatever its path and method.

    Args:
        app: What answers.
        service: Which service it is.
        guard: What admits.
        services: Knows whether the service lets preflight requests pass.
        accept_bare_token: Take a token without the word `Bearer`.
        resource_metadata: Where the service describes itself (RFC 9728).
    """

    kind: ClassVar[str] = "app"

    def __init__(
        self,
        app: App,
        service: ServiceName,
        *,
        guard: Guard,
        services: ServiceReads,
        accept_bare_token: bool,
        resource_metadata: str,
    ) -> None:
        self._app = app
        self._service = service
        self._guard = guard
        self._services = services
        self._accept_bare_token = accept_bare_token
        self._resource_metadata = resource_metadata

    async def answer(self, request: Request) -> Relayed:
        """Admit the call and have the app answer it, or raise what stands in the way."""
        if request.method == "OPTIONS":
            entry = await self._services.find_service(self._service)
            if passes_as_preflight(request, request.method, entry):
                return self._relay(request, None, _pass)
        credentials = read_caller_credentials(
            request, request.query_string, accept_bare_token=self._accept_bare_token
        )
        judged = (credentials.token, credentials.api_key, self._service)
        admission = await self._guard.admit(*judged)
        request.admission = admission
        return self._relay(request, admission.caller, lambda: self._guard.identify(*judged))

    def refuse(self, error: Exception, request: Request) -> Response:
        """Word a refusal for gateways' clients and for GraphQL's."""
        return call_refusal(
            error,
            request.correlation_id,
            resource_metadata=self._resource_metadata,
            scope=self._service,
        )

    def _relay(
        self, request: Request, caller: Caller | None, require: Callable[[], Awaitable[object]]
    ) -> Relayed:
        correlation = correlation_header(request.correlation_id)
        headers = [
            *without_credentials(request.headers),
            *identity_headers(caller),
            correlation,
        ]
        # A state of its own, so that nobody's admission is ever seen in another's request.
        state: dict[str, Any] = {**request.scope.get("state", {}), STATE_NAME: request.admission}
        scope = {**request.scope, "headers": headers, "state": state}
        return Relayed(lambda send: self._app(scope, request.receive, send), [correlation], require)


async def _pass() -> None:
    """Pass: a preflight has no credentials that could end."""
