"""`/metrics`, for Prometheus: what all workers have counted. Not for everybody."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, Final

from watchword.access.errors import StoreUnavailable
from watchword.access.operators import PresentedToken
from watchword.web.bearer import read_bearer
from watchword.web.exposition import expose
from watchword.web.http import Response
from watchword.web.peers import is_within, read_address
from watchword.web.responses import NO_STORE, correlation_header, problem_refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watchword.access.operators import OperatorGate
    from watchword.web.http import Request
    from watchword.web.peers import Network
    from watchword.web.tallying import SharedCounts

METRICS_PATH: Final = "/metrics"
_PATIENCE_SECONDS: Final = 3.0
"""Less than Prometheus has, so that it learns that the store is down."""
_FORWARDED: Final = (b"forwarded", b"via", b"x-real-ip", b"x-forwarded-", b"x-watchword-proxy")


class MetricsEndpoint:
    """Answers `GET /metrics`.

    To a program on this machine, to addresses that the operator names, and to an operator token:
    how much customers use is nobody else's business.

    Args:
        counts: What is told.
        gate: Lets operators in.
        networks: Addresses that need no token.
        version: The program's.
        is_alone: Whether this worker is the only one, so that it knows everything that was
            counted even while the store is down.
    """

    kind: ClassVar[str] = "metrics"

    def __init__(
        self,
        counts: SharedCounts,
        gate: OperatorGate,
        *,
        networks: Sequence[Network],
        version: str,
        is_alone: bool,
    ) -> None:
        self._counts = counts
        self._gate = gate
        self._networks = networks
        self._version = version
        self._is_alone = is_alone

    async def answer(self, request: Request) -> Response:
        """Return the metrics, whether the store answers or not."""
        request.require_method("GET", "HEAD")
        if not _is_from_here(request) and not self._is_named(request):
            await self._gate.require_metrics(PresentedToken(read_bearer(request), request.source))
        is_up = await self._exchange()
        media_type, body = expose(
            self._find_sums(is_up=is_up),
            request.join_header(b"accept"),
            version=self._version,
            is_store_up=is_up,
        )
        headers = [
            (b"content-type", media_type.encode()),
            *NO_STORE,
            correlation_header(request.correlation_id),
        ]
        return Response(200, headers, body)

    def refuse(self, error: Exception, request: Request) -> Response:
        """Word a refusal as problem details."""
        return problem_refusal(error, request.correlation_id)

    async def _exchange(self) -> bool:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._counts.exchange()
        except (StoreUnavailable, TimeoutError):
            return False
        return True

    def _find_sums(self, *, is_up: bool) -> dict[str, float] | None:
        # A counter that falls from one answer to the next was set back, for Prometheus, and all
        # of it counts once more. So no worker tells what another one would not know.
        if is_up:
            return self._counts.shared()
        return self._counts.known() if self._is_alone else None

    def _is_named(self, request: Request) -> bool:
        address = request.address
        is_passed_on = request.is_forwarded or _is_forwarded(request)
        if address is None or (is_passed_on and address == request.peer):
            # A proxy that does not say who is behind it, or one that we do not know.
            return False
        return is_within(address, self._networks)


def _is_from_here(request: Request) -> bool:
    """Tell whether a program of this machine asks, and not a proxy of this machine for others."""
    return (
        _is_loopback(request.peer)
        and not _is_forwarded(request)
        # One of ours that says nothing of who is behind it, or anything else on its address.
        and not request.is_forwarded
        and (request.host == "localhost" or _is_loopback(request.host))
    )


def _is_loopback(address: str | None) -> bool:
    parsed = None if address is None else read_address(address)
    return parsed is not None and parsed.is_loopback


def _is_forwarded(request: Request) -> bool:
    return any(name.startswith(_FORWARDED) for name, _ in request.headers)
