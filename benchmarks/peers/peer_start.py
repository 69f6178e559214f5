"""What the peers in Python share: who may ask, what a token says, and the server they run on."""
# mypy: disable-error-code="import-not-found"

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

ISSUER: Final = "http://127.0.0.1/peer"
AUDIENCE: Final = "https://profile.example.test"
SCOPE: Final = "profile"
LIFETIME_SECONDS: Final = 28_800
_HOST: Final = "127.0.0.1"
_START_SECONDS: Final = 20


@dataclass(frozen=True, slots=True)
class Client:
    """The one client that is registered."""

    client_id: str
    client_secret: str = field(repr=False)


def folder() -> Path:
    """Return where the peer may keep its files, the last argument."""
    return Path(sys.argv[-1])


def choice() -> str:
    """Return which of its variants the peer is, the first argument."""
    return sys.argv[1]


def read_client() -> Client:
    """Return the client that the benchmark named."""
    return Client(**json.loads((folder() / "client.json").read_bytes()))


def serve(target: str) -> None:
    """Serve a WSGI application with one worker until SIGTERM; print the address when ready."""
    port = _free_port()
    server = Granian(
        target,
        address=_HOST,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        # One thread: the worker has one core, and a database connection belongs to a thread.
        blocking_threads=1,
        runtime_threads=1,
        # The first line on standard output is the address: no news before it.
        log_level=LogLevels.warning,
        log_access=False,
        websockets=False,
    )
    # Granian's own hook comes before the worker is there, so that a thread waits for it.
    threading.Thread(target=_announce, args=(port,), daemon=True).start()
    server.serve()


def _free_port() -> int:
    with socket.create_server((_HOST, 0)) as taken:
        number: int = taken.getsockname()[1]
        return number


def _announce(port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection((_HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            print(json.dumps({"base_url": f"http://{_HOST}:{port}"}), flush=True)
            return
