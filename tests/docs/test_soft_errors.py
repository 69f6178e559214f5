"""The published clients keep the data of an answer whose errors are soft, and of no other."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from docs.pages import EXAMPLES
from docs.servers import NODE, clean_environment

if TYPE_CHECKING:
    from collections.abc import Generator

_DATA = {"personKeywordSearch": {"items": [{"name": "Ann Example"}]}}
_SOFT = {"message": "Not yours.", "errorType": "unauthorized"}
_HARD = {"message": "It failed.", "extensions": {"code": "QUERY_TOO_SLOW"}}
_CLIENTS = pytest.mark.parametrize(
    "command",
    [(NODE, "graphql.mjs"), (sys.executable, "ask.py", "Ann")],
    ids=["Node.js", "Python"],
)


@contextmanager
def answering(answer: Any) -> Generator[str]:
    """A server that issues a token, and answers everything else in one way."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            told = {"access_token": "t"} if self.path.startswith("/oauth2/") else answer
            body = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as inherited
            """Keep the log of the tests clean."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ask(command: tuple[str, ...], answer: Any) -> subprocess.CompletedProcess[str]:
    with answering(answer) as url:
        return subprocess.run(
            command,
            env=clean_environment(
                WATCHWORD_URL=url, WATCHWORD_KEY="k", WATCHWORD_USER="u", WATCHWORD_PASSWORD="p"
            ),
            cwd=EXAMPLES,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )


@_CLIENTS
def test_a_client_keeps_the_data_beside_soft_errors_and_tells_of_them(
    command: tuple[str, ...],
) -> None:
    done = ask(command, {"data": _DATA, "errors": [_SOFT]})

    assert "Ann Example" in done.stdout
    assert done.stderr == "unauthorized: Not yours.\n"
    assert done.returncode == 0


@_CLIENTS
@pytest.mark.parametrize(
    "answer",
    [
        {"data": _DATA, "errors": [_SOFT, _HARD]},
        {"data": None, "errors": [_HARD]},
        {"errors": [_HARD]},
    ],
    ids=["beside data", "null", "no data"],
)
def test_a_client_stops_at_an_error_that_is_not_soft(
    command: tuple[str, ...], answer: dict[str, Any]
) -> None:
    done = ask(command, answer)

    assert done.stdout == ""
    assert "It failed." in done.stderr
    assert done.returncode != 0
