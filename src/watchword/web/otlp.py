"""Sends traces to a collector, by OTLP over HTTP. Nothing else imports OpenTelemetry.

Loaded only where an endpoint is set: the packages are an extra, and take memory.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Final

from opentelemetry.context import Context, attach, detach
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from watchword.web.responses import code_of
from watchword.web.server_log import loggable_path

if TYPE_CHECKING:
    from collections.abc import Generator
    from contextvars import Token

    from opentelemetry.util.types import AttributeValue

    from watchword.access.model import ServiceName
    from watchword.web.http import Headers, Request
    from watchword.web.observing import Observed
    from watchword.web.tracing import RequestSpan, UpstreamSpan

_PATH: Final = "/v1/traces"
_EXPORT_SECONDS: Final = 5.0
_LAST_SECONDS: Final = 1.5
"""For what is left when the server stops; it has to be gone soon."""
_METHODS: Final = frozenset(
    {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}
)
_PARENT: Final = "traceparent"
_FIRST_FAILURE: Final = 500
_propagator: Final = TraceContextTextMapPropagator()


class OtlpTracer:
    """Traces requests, and hands the spans to a thread that sends them in batches.

    The queue is bounded: while the collector is down, spans are lost, and nothing else.

    Args:
        endpoint: The collector's URL, with or without the path of traces.
        version: The program's.
    """

    def __init__(self, endpoint: str, version: str) -> None:
        url = endpoint.rstrip("/")
        exporter = OTLPSpanExporter(
            url if url.endswith(_PATH) else url + _PATH, timeout=_EXPORT_SECONDS
        )
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": "watchword", "service.version": version}),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("watchword", version)

    def begin(self, request: Request) -> RequestSpan:
        """Begin with a request (see `Tracer`)."""
        span = self._tracer.start_span(
            _method(request), context=_find_parent(request), kind=SpanKind.SERVER
        )
        return _RequestSpan(span, attach(set_span_in_context(span)))

    @contextmanager
    def step(self, name: str) -> Generator[None]:
        """Trace a step (see `Tracer`)."""
        # What was raised is told by the request's code: its text, and a stack, are for the log.
        with self._tracer.start_as_current_span(
            name, record_exception=False, set_status_on_exception=False
        ):
            yield

    @contextmanager
    def upstream(self, method: str, service: ServiceName) -> Generator[UpstreamSpan]:
        """Trace a call to an upstream (see `Tracer`)."""
        with self._tracer.start_as_current_span(
            f"{method} {service}",
            kind=SpanKind.CLIENT,
            attributes={"http.request.method": method, "watchword.service": service},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield _UpstreamSpan(span)
            except BaseException as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(Status(StatusCode.ERROR))
                raise

    async def close(self) -> None:
        """Send what is left, for as long as a server that stops may take."""
        # A thread that nobody waits for at the end: a collector that hangs holds up no restart.
        sending = Thread(target=self._provider.shutdown, daemon=True)
        sending.start()
        await asyncio.to_thread(sending.join, _LAST_SECONDS)


class _RequestSpan:
    def __init__(self, span: Span, token: Token[Context]) -> None:
        self._span = span
        self._token = token

    def end(self, observed: Observed) -> None:
        """Say what came of it (see `RequestSpan`)."""
        detach(self._token)
        span, request = self._span, observed.request
        if span.is_recording():
            # Only names that the operator gave, and few of them: what callers wrote is no name.
            service = None if request.admission is None else request.admission.caller.service
            parts = [_method(request), observed.endpoint.kind, service]
            span.update_name(" ".join(part for part in parts if part))
            span.set_attributes(_describe(observed, service))
            if observed.status >= _FIRST_FAILURE:
                span.set_status(Status(StatusCode.ERROR))
        span.end()


class _UpstreamSpan:
    def __init__(self, span: Span) -> None:
        self._span = span
        carrier: dict[str, str] = {}
        _propagator.inject(carrier)
        self.headers: Headers = [(name.encode(), value.encode()) for name, value in carrier.items()]

    def answered(self, status: int) -> None:
        """Say how the upstream answered (see `UpstreamSpan`)."""
        self._span.set_attribute("http.response.status_code", status)
        if status >= _FIRST_FAILURE:
            self._span.set_status(Status(StatusCode.ERROR))


def _describe(observed: Observed, service: ServiceName | None) -> dict[str, AttributeValue]:
    request, error = observed.request, observed.error
    told: dict[str, str | int | None] = {
        "http.request.method": _method(request),
        "http.response.status_code": observed.status,
        "url.path": loggable_path(request, error),
        "client.address": request.address,
        "watchword.endpoint": observed.endpoint.kind,
        "watchword.service": service,
        "watchword.code": None if error is None else code_of(error),
        "watchword.correlation_id": request.correlation_id,
    }
    return {name: value for name, value in told.items() if value is not None}


def _method(request: Request) -> str:
    return request.method if request.method in _METHODS else "_OTHER"


def _find_parent(request: Request) -> Context:
    """Return the caller's trace: its ids and whether it is recorded, and nothing else of it."""
    sent = [value for name, value in request.headers if name == _PARENT.encode()]
    if len(sent) != 1:
        return Context()
    return _propagator.extract({_PARENT: sent[0].decode("latin-1")}, Context())
