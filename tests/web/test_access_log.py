"""The access log: a line for every request, and no secret in any."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from support.deployment import Deployment
from watchword.logs import configure_logs
from watchword.system import read_stopwatch
from watchword.web.http import Lasting, Request, Response
from watchword.web.peers import Peers
from watchword.web.routes import Application, Routes, Running
from watchword.web.server_log import log_request

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator
    from pathlib import Path

    from watchword.web.observing import Observed


@pytest.fixture
def read() -> Generator[Callable[[], list[dict[str, Any]]]]:
    """Read the lines of the access log; nothing else is logged, the level being what it is."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    configure_logs("critical", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers = handlers
    root.setLevel(level)


@pytest.fixture
def logged(tmp_path: Path) -> Generator[Deployment]:
    made = Deployment(tmp_path / "logged", access_log=True)
    yield made
    made.close()


def test_a_call_is_a_line_with_who_called_and_what_came_of_it(
    logged: Deployment, read: Callable[[], list[dict[str, Any]]]
) -> None:
    customer = logged.make_customer()
    token = logged.token(customer)

    response = logged.call(token, customer.api_key, url="/profile/v1/graphql/?x=1")

    issued, called = read()
    took, when = called.pop("milliseconds"), called.pop("time")
    assert took > 0
    assert when.endswith("Z")
    assert called == {
        "level": "info",
        "logger": "watchword.access",
        "message": "request",
        "method": "POST",
        "path": "/profile/v1/graphql/",
        "endpoint": "graphql",
        "status": 200,
        "bytes": len(response.content),
        "address": "127.0.0.1",
        "correlation_id": response.headers["x-correlation-id"],
        "service": "profile",
        "username": customer.username,
        "account": customer.account,
        "key_id": customer.key_id,
    }
    assert (issued["endpoint"], issued["path"], issued["status"]) == ("token", "/oauth2/token", 200)


def test_a_refusal_has_its_code_and_the_correlation_id_that_the_caller_read(
    logged: Deployment, read: Callable[[], list[dict[str, Any]]]
) -> None:
    own = [("x-correlation-id", "mine\n{}"), ("x-request-id", "mine")]

    response = logged.call(None, None, extra=own)

    (line,) = read()
    told = response.json()["errors"][0]["extensions"]
    assert (line["status"], line["code"]) == (401, told["code"])
    assert line["correlation_id"] == told["correlationId"] == response.headers["x-correlation-id"]
    assert "mine" not in json.dumps(line)


def test_a_path_at_which_nothing_is_served_is_left_out_as_it_may_be_a_secret(
    logged: Deployment, read: Callable[[], list[dict[str, Any]]]
) -> None:
    logged.request("GET", "/hunter2-is-my-password?and=this")

    (line,) = read()
    assert "path" not in line
    assert (line["endpoint"], line["code"]) == ("nowhere", "NOT_FOUND")
    assert "hunter2" not in json.dumps(line)


def test_it_is_off_by_default(
    deployment: Deployment, read: Callable[[], list[dict[str, Any]]]
) -> None:
    deployment.call(None, None)

    assert read() == []


class Streaming:
    """Answers for as long as nobody cancels it; `hangs` before it answers at all."""

    kind: ClassVar[str] = "graphql"

    def __init__(self, *, hangs: bool) -> None:
        self.hangs = hangs
        self.has_begun = asyncio.Event()

    async def answer(self, request: Request) -> Response:
        del request
        if self.hangs:
            await self._wait()
        return Response(200, [], lasting=Lasting(self._chunks(), self._require, lambda _: None))

    def refuse(self, error: Exception, request: Request) -> Response:
        del error, request
        return Response(503, [])

    async def _chunks(self) -> AsyncGenerator[bytes]:
        yield b"first"
        await self._wait()

    async def _wait(self) -> None:
        self.has_begun.set()
        await asyncio.Event().wait()

    async def _require(self) -> None:
        return


async def cut_off(endpoint: Streaming, observe: Callable[[Observed], None]) -> list[Any]:
    """Cancel a request under way, as the server does when it stops; return what was sent."""

    async def start() -> Running:
        async def stop() -> None:
            return

        return Running(
            Routes({"/": endpoint}, {}), stop, observe, read_stopwatch, "http://a/errors"
        )

    application = Application(start, correlation_prefix="", peers=Peers())
    await application.startup()
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    request = asyncio.ensure_future(application(scope, receive, send))
    await endpoint.has_begun.wait()
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    return sent


@pytest.mark.parametrize(
    ("hangs", "expected"),
    [(True, {"status": 503, "code": "STORE_UNAVAILABLE"}), (False, {"status": 200, "cut": True})],
)
def test_a_request_that_is_cancelled_is_logged_too(
    read: Callable[[], list[dict[str, Any]]], *, hangs: bool, expected: dict[str, object]
) -> None:
    async def run() -> list[Any]:
        return await cut_off(Streaming(hangs=hangs), log_request)

    sent = asyncio.run(run())

    (line,) = read()
    assert {name: line.get(name) for name in expected} == expected
    assert sent[0]["status"] == expected["status"]


def test_what_lasts_is_counted_with_the_time_to_its_first_word() -> None:
    observed: list[Observed] = []

    async def run() -> list[Any]:
        return await cut_off(Streaming(hangs=False), observed.append)

    asyncio.run(run())

    (one,) = observed
    assert one.started <= one.answered < one.ended
    assert (one.is_whole, one.size) == (False, None)


def test_a_refused_call_is_a_line_with_whose_it_was(
    logged: Deployment, read: Callable[[], list[dict[str, Any]]]
) -> None:
    customer = logged.make_customer()
    old = logged.token(customer)
    logged.token(customer)

    logged.call(old, customer.api_key)

    line = read()[-1]
    whose = {name: line[name] for name in ("service", "username", "account", "key_id")}
    assert line["code"] == "TOKEN_SUPERSEDED"
    assert whose == {
        "service": "profile",
        "username": customer.username,
        "account": customer.account,
        "key_id": customer.key_id,
    }
