"""A collector of traces: takes OTLP over HTTP on loopback, and decodes it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 20


@dataclass(frozen=True, slots=True)
class KeptSpan:
    """A span as it came."""

    name: str
    kind: int
    trace: str
    id: str
    parent: str
    status: int
    attributes: dict[str, Any]
    events: int
    resource: dict[str, Any]


class Collector:
    """Keeps what is sent to it for the length of a block."""

    def __init__(self) -> None:
        self.spans: list[KeptSpan] = []
        self.bodies: list[bytes] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                assert self.path == "/v1/traces"
                collector.bodies.append(body)
                collector.spans.extend(_decode(body))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def await_spans(self, is_enough: Callable[[list[KeptSpan]], bool]) -> list[KeptSpan]:
        """Return what came once it is enough."""
        deadline = time.monotonic() + SECONDS
        while not is_enough(self.spans):
            assert time.monotonic() < deadline, self.spans
            time.sleep(0.01)
        return list(self.spans)


def _decode(body: bytes) -> list[KeptSpan]:
    message = ExportTraceServiceRequest.FromString(body)
    return [
        KeptSpan(
            name=span.name,
            kind=span.kind,
            trace=span.trace_id.hex(),
            id=span.span_id.hex(),
            parent=span.parent_span_id.hex(),
            status=span.status.code,
            attributes=_to_dict(span.attributes),
            events=len(span.events),
            resource=_to_dict(resource_spans.resource.attributes),
        )
        for resource_spans in message.resource_spans
        for scope_spans in resource_spans.scope_spans
        for span in scope_spans.spans
    ]


def _to_dict(attributes: Any) -> dict[str, Any]:
    return {item.key: getattr(item.value, item.value.WhichOneof("value")) for item in attributes}
