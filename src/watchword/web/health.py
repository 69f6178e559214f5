"""Whether the process lives, and whether it can judge callers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from watchword.access.errors import MethodNotAllowed
from watchword.web.responses import call_refusal, json_response

if TYPE_CHECKING:
    from watchword.access.model import ServiceEntry
    from watchword.web.http import Request, Response

_NO_STORE = (b"cache-control", b"no-store")


class ReadinessReads(Protocol):
    """A question that only a working store answers."""

    async def list_services(self) -> list[ServiceEntry]:
        """Return all services. Raises StoreUnavailable."""
        ...


class HealthEndpoint:
    """Answers `/healthz`, and with a store to ask, `/readyz`."""

    def __init__(self, store: ReadinessReads | None = None) -> None:
        self._store = store

    async def answer(self, request: Request) -> Response:
        """Return 200, or raise what stands in the way."""
        if request.method not in {"GET", "HEAD"}:
            raise MethodNotAllowed("GET", "HEAD")
        if self._store is not None:
            await self._store.list_services()
        return json_response(200, {"status": "ok"}, _NO_STORE)

    def refuse(self, error: Exception, request: Request) -> Response:
        """Word a refusal as JSON."""
        return call_refusal(error, request.correlation_id)
