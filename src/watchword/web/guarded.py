"""Has an app of the same process answer the calls to a service: the guard first, then the app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from watchword.web.relaying import Relayed
from watchword.web.responses import call_refusal, correlation_header
from watchword.web.standing_headers import identity_headers, without_credentials

if TYPE_CHECKING:
    from collections.abc import Callable

    from watchword.access.model import ServiceName
    from watchword.web.admitting import CallGate
    from watchword.web.http import App, Request, Response

STATE_NAME: Final = "watchword"
"""Under this name the state of a request has its `Admission`."""


class GuardedApp:
    """Passes on to an app what the guard admits, whatever its path and method.

    Args:
        app: What answers.
        service: Which service it is.
        gate: What admits.
        resource_metadata: Where the service describes itself (RFC 9728).
        time: A stopwatch, in seconds.
    """

    kind: ClassVar[str] = "app"

    def __init__(
        self,
        app: App,
        service: ServiceName,
        *,
        gate: CallGate,
        resource_metadata: str,
        time: Callable[[], float],
    ) -> None:
        self._app = app
        self._service = service
        self._gate = gate
        self._resource_metadata = resource_metadata
        self._time = time

    async def answer(self, request: Request) -> Relayed:
        """Admit the call and have the app answer it, or raise what stands in the way."""
        require = await self._gate.admit(
            request, self._service, method=request.method, query=request.query_string
        )
        correlation = correlation_header(request.correlation_id)
        headers = [
            *without_credentials(request.headers),
            *identity_headers(None if request.admission is None else request.admission.caller),
            correlation,
        ]
        # A state of its own, so that nobody's admission is ever seen in another's request.
        state: dict[str, Any] = {**request.scope.get("state", {}), STATE_NAME: request.admission}
        scope = {**request.scope, "headers": headers, "state": state}
        return Relayed(
            lambda send: self._app(scope, request.receive, send), [correlation], require, self._time
        )

    def refuse(self, error: Exception, request: Request) -> Response:
        """Word a refusal for gateways' clients and for GraphQL's."""
        return call_refusal(
            error,
            request.correlation_id,
            resource_metadata=self._resource_metadata,
            scope=self._service,
        )
