"""Whether the process lives, and whether it can judge callers."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

from watchword.web.responses import NO_STORE, call_refusal, json_response

if TYPE_CHECKING:
    from watchword.web.http import Request, Response


class Answering(Protocol):
    """What has to answer before callers can be judged."""

    async def require_answer(self) -> None:
        """Pass when there is an answer. Raises StoreUnavailable."""
        ...


class HealthEndpoint:
    """Answers `/healthz`, and with a store to ask, `/readyz`."""

    kind: ClassVar[str] = "health"

    def __init__(self, store: Answering | None = None) -> None:
        self._store = store

    async def answer(self, request: Request) -> Response:
        """Return 200, or raise what stands in the way."""
        request.require_method("GET", "HEAD")
        if self._store is not None:
            await self._store.require_answer()
        return json_response(200, {"status": "ok"}, *NO_STORE)

    def refuse(self, error: Exception, request: Request) -> Response:
        """Word a refusal as JSON."""
        return call_refusal(error, request.correlation_id)
