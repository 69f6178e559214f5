"""A token endpoint that refuses everyone, and keeps the names as they were sent."""

from __future__ import annotations

import base64
import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

_REFUSAL = json.dumps({"error": "invalid_client", "error_description": "refused"}).encode()


class Recorder(HTTPServer):
    """Listens on a free port of loopback.

    Attributes:
        names: The user half of each Basic header; None for a request without one.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.names: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Recorder

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        scheme, _, sent = (self.headers["Authorization"] or "").partition(" ")
        decoded = base64.b64decode(sent).decode()
        self.server.names.append(decoded.partition(":")[0] if scheme == "Basic" else None)
        self.send_response(401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(_REFUSAL)))
        self.end_headers()
        self.wfile.write(_REFUSAL)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def recording() -> Generator[Recorder]:
    """Run a recorder for the length of a block."""
    with Recorder() as recorder:
        thread = Thread(target=recorder.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield recorder
        finally:
            recorder.shutdown()
            thread.join()
