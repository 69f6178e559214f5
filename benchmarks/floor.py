"""The floor: the same server answering the same bytes with no work.

Run with the file of a captured answer, it serves that answer to every request, under the very
uvicorn configuration of `watchword serve`. What is left is the price of HTTP and ASGI themselves.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import msgspec

from watchword.cli import serving
from watchword.cli.output import print_json
from watchword.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from watchword.settings import Settings

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]


class CapturedAnswer(msgspec.Struct, frozen=True):
    """What a real server answered, to be answered again."""

    status: int
    headers: list[tuple[str, str]]
    body: str


class Floor:
    """Answers every request alike, once it has read its body as a real application must."""

    def __init__(self, answer: CapturedAnswer) -> None:
        self._status = answer.status
        self._headers = [(name.encode(), value.encode()) for name, value in answer.headers]
        self._body = answer.body.encode()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        # A real application reads no body where there is none.
        while scope["method"] != "GET" and (await receive()).get("more_body", False):
            pass
        await send(
            {"type": "http.response.start", "status": self._status, "headers": self._headers}
        )
        await send({"type": "http.response.body", "body": self._body})


async def _live(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


def main() -> None:
    """Serve the answer in the named file until SIGTERM; print the address when ready."""
    answer = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=CapturedAnswer)

    def announce(settings: Settings) -> None:
        print_json({"base_url": settings.public_url})

    # The configuration of `watchword serve` with another application in it: a copy of the
    # configuration would drift away from the original.
    with patch.object(serving, "build_application", lambda _settings: Floor(answer)):
        serving.run_server(load_settings(port=0, workers=1), announce)


if __name__ == "__main__":
    main()
