"""What traces requests, as seen by those who are traced. Without an exporter nobody is."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Protocol

from watchword.access.errors import NotAllowed

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from watchword.access.model import ServiceName
    from watchword.web.http import Headers, Request
    from watchword.web.observing import Observed
    from watchword.web.otlp import OtlpTracer


class RequestSpan(Protocol):
    """The trace of one request."""

    def end(self, observed: Observed) -> None:
        """Say what came of it, in the task in which it began."""
        ...


class UpstreamSpan(Protocol):
    """The trace of a call to an upstream.

    Attributes:
        headers: Sent with the call instead of the caller's own of these names, so that the
            upstream goes on with the trace.
    """

    headers: Headers

    def answered(self, status: int) -> None:
        """Say with which status the upstream answered."""
        ...


class Tracer(Protocol):
    """Traces requests."""

    def begin(self, request: Request) -> RequestSpan:
        """Begin with a request, and go on with the caller's trace if it has one."""
        ...

    def step(self, name: str) -> AbstractContextManager[None]:
        """Trace a step of the request for the length of a block."""
        ...

    def upstream(self, method: str, service: ServiceName) -> AbstractContextManager[UpstreamSpan]:
        """Trace a call to a service's upstream for the length of a block."""
        ...

    async def close(self) -> None:
        """Send what was not sent yet, for as long as that may take."""
        ...


def load_otlp() -> type[OtlpTracer]:
    """Return the tracer that sends to a collector.

    Raises:
        NotAllowed: If its packages are not installed.
    """
    try:
        # An extra. Nobody who does not want it needs the packages, or pays for them.
        from watchword.web.otlp import OtlpTracer  # noqa: PLC0415 - only when it is wanted
    except ImportError as error:
        raise NotAllowed(
            "otlp_endpoint is set and OpenTelemetry is not installed: install the extra where "
            "watchword is, python -m pip install 'watchword[otel]', or leave otlp_endpoint empty"
        ) from error
    return OtlpTracer


def trace_upstream(
    tracer: Tracer | None, method: str, service: ServiceName
) -> AbstractContextManager[UpstreamSpan]:
    """Trace a call to a service's upstream for the length of a block, if anything is traced."""
    return nullcontext(_Untraced()) if tracer is None else tracer.upstream(method, service)


class _Untraced:
    """A call that nobody traces: the caller's own trace passes through as it came."""

    def __init__(self) -> None:
        self.headers: Headers = []

    def answered(self, status: int) -> None:
        """Forget it."""
