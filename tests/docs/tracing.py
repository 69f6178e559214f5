"""Traces one token request and one GraphQL request through the whole server, in this process."""

from __future__ import annotations

import asyncio
import sys
import threading
from base64 import b64encode
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import msgspec

import watchword
from watchword import upkeep
from watchword.access.audit import By
from watchword.bootstrap.server import build_application
from watchword.bootstrap.services import build_services
from watchword.deployment import initialise, open_deployment
from watchword.services.imports import import_invented
from watchword.settings import load_settings
from watchword.system import SystemClock, SystemRandomness

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType

    from watchword.web.routes import Application

_LONG = 3_600
_SOURCE = Path(watchword.__file__).parent
_QUESTION = (
    '{ personIdSearch(id: "1-per-1") { ... on Person { name rolesEmployment { items { title '
    "startDate { displayDate } organization { organizationName } } } } } }"
)

Call = tuple[str, str]
"""A source file, as `src/watchword/...py`, and a function in it, as `Class.function`."""


def trace_requests(folder: Path) -> tuple[list[Call], list[Call]]:
    """Return the calls of a token request and of a GraphQL request, each in their order."""
    return asyncio.run(_trace(folder))


async def _trace(folder: Path) -> tuple[list[Call], list[Call]]:
    settings = load_settings(data_dir=folder)
    clock, dice = SystemClock(), SystemRandomness()
    services = build_services(settings, clock)
    await initialise(settings, services, clock, dice, By("cli:tracer"))
    import_invented(settings.profile_database, clock=clock)
    async with open_deployment(settings, clock) as deployment:
        registry = deployment.registry(clock, dice, By("cli:tracer"))
        await registry.add_account("acme", "", ["profile"])
        user = await registry.add_service_user("acme", "svc-acme")
        key = await registry.add_api_key("acme", "preview", "", None)
    application = build_application(settings)
    # Watched from the start: the writer's thread may begin before the first request. What is
    # done beside the requests is not watched: whether it falls into one is chance.
    with patch.object(upkeep, "_SECONDS", _LONG), _watched() as recorder:
        await application.startup()
        try:
            return await _ask(application, recorder, user.password, key.key)
        finally:
            await application.shutdown()


async def _ask(
    application: Application, recorder: _Recorder, password: str, key: str
) -> tuple[list[Call], list[Call]]:
    recorder.take()
    basic = b64encode(f"svc-acme:{password}".encode())
    issued = await _post(
        application,
        "/oauth2/token",
        {b"authorization": b"Basic " + basic, b"x-api-key": key.encode()},
        query=b"grant_type=client_credentials",
    )
    of_token = recorder.take()
    bearer = f"Bearer {issued['access_token']}".encode()
    answer = await _post(
        application,
        "/profile/v1/graphql",
        {
            b"authorization": bearer,
            b"x-api-key": key.encode(),
            b"content-type": b"application/json",
        },
        body=msgspec.json.encode({"query": _QUESTION}),
    )
    of_query = recorder.take()
    assert answer["data"]["personIdSearch"]["rolesEmployment"]["items"]
    return of_token, of_query


async def _post(
    application: Application,
    path: str,
    headers: dict[bytes, bytes],
    *,
    query: bytes = b"",
    body: bytes = b"",
) -> dict[str, Any]:
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": query,
        "headers": [
            (b"host", b"127.0.0.1:8080"),
            (b"content-length", str(len(body)).encode()),
            *headers.items(),
        ],
        "client": ("127.0.0.1", 1),
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await application(scope, receive, send)
    assert sent[0]["status"] == 200, sent
    members: dict[str, Any] = msgspec.json.decode(sent[1]["body"])
    return members


class _Recorder:
    """Records the first call of every frame of watchword's, in the order of the calls."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        # Frames are kept, so that an id is never given to a second one. A coroutine that goes
        # on is the same frame, and no new call.
        self._frames: dict[int, FrameType] = {}

    def note(self, frame: FrameType, event: str, _argument: object) -> None:
        if event != "call" or id(frame) in self._frames:
            return
        path = Path(frame.f_code.co_filename)
        if not path.is_relative_to(_SOURCE):
            return
        self._frames[id(frame)] = frame
        name = frame.f_code.co_qualname.replace(".<locals>", "")
        self._calls.append((f"src/watchword/{path.relative_to(_SOURCE)}", name))

    def take(self) -> list[Call]:
        """The calls since the last time."""
        calls, self._calls = self._calls, []
        return calls


@contextmanager
def _watched() -> Generator[_Recorder]:
    """Watch this thread and those that begin in the block."""
    recorder = _Recorder()
    before = sys.getprofile()
    threading.setprofile(recorder.note)
    sys.setprofile(recorder.note)
    try:
        yield recorder
    finally:
        sys.setprofile(before)
        threading.setprofile(None)
