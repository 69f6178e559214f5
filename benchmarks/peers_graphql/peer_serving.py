"""Serves a peer as watchword is served: one worker, uvicorn, uvloop, httptools, no access log."""

from __future__ import annotations

import gc
import json
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import uvicorn
from peer_admitting import Admission, read_callers
from peer_reading import Reader

if TYPE_CHECKING:
    from collections.abc import Callable

    from peer_admitting import App

_HOST: Final = "127.0.0.1"
REMEMBERING: Final = "remembering"


@dataclass(frozen=True, slots=True)
class _Server:
    app: App
    listener: socket.socket

    def run(self) -> None:
        config = uvicorn.Config(
            self.app,
            loop="uvloop",
            http="httptools",
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
        )
        uvicorn.Server(config).run(sockets=[self.listener])


def serve(make: Callable[[Reader], App]) -> None:
    """Serve an application until SIGTERM; print the address when callers can connect.

    The arguments of the program: a folder with `callers.json`, the database, and whether a token
    that was verified is remembered.
    """
    folder, database, choice = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    app = Admission(
        make(Reader(database)),
        read_callers(folder / "callers.json"),
        remembers=choice == REMEMBERING,
    )
    listener = socket.create_server((_HOST, 0))
    # As watchword does: what was imported is never garbage.
    gc.collect()
    gc.freeze()
    print(json.dumps({"base_url": f"http://{_HOST}:{listener.getsockname()[1]}"}), flush=True)
    _Server(app, listener).run()
