from __future__ import annotations

import asyncio
import io
import json
import logging
from typing import TYPE_CHECKING

import pytest

from support.fakes import CountedDice
from watchword.access.credentials import make_api_key, make_operator_token, make_password
from watchword.access.errors import StoreUnavailable, TokenSuperseded
from watchword.logs import JsonFormatter, configure_logs, redact, tell_refusals_once

if TYPE_CHECKING:
    from collections.abc import Generator

TOKEN = "eyJ0eXAiOiJhdCtqd3QifQ.eyJpc3MiOiJ4In0.c2lnbmF0dXJl"
KEY = make_api_key(CountedDice())
OPERATOR_TOKEN = make_operator_token(CountedDice())
PASSWORD = make_password(CountedDice())


@pytest.fixture
def root() -> Generator[logging.Logger]:
    logger = logging.getLogger()
    handlers, level = logger.handlers, logger.level
    yield logger
    logger.handlers = handlers
    logger.setLevel(level)


@pytest.mark.parametrize(
    "secret",
    [
        TOKEN,
        KEY,
        OPERATOR_TOKEN,
        PASSWORD,
        f"Basic {PASSWORD[:20]}==",
        f"bearer {TOKEN}",
        TOKEN[:-3],
    ],
)
@pytest.mark.parametrize("around", ["{}", "/path/{}", "x={} y", '"{}"', "({})"])
def test_what_looks_like_a_secret_is_redacted(secret: str, around: str) -> None:
    assert secret not in redact(around.format(secret))
    assert "[redacted]" in redact(around.format(secret))


@pytest.mark.parametrize(
    "text", ["key_4fT0aBcD9xYz", "svc-acme", "Li0hgnNhAf1i72ERFbYBkA", "/profile/v1/graphql"]
)
def test_what_a_log_needs_is_kept(text: str) -> None:
    assert redact(text) == text


def test_a_record_is_one_line_of_json_with_its_extras(root: logging.Logger) -> None:
    stream = io.StringIO()
    configure_logs("info", stream)
    configure_logs("info", stream)

    root.info("token %s", "issued", extra={"username": "svc", "address": None})
    root.debug("not this")

    (line,) = stream.getvalue().splitlines()
    members = json.loads(line)
    assert members["message"] == "token issued"
    assert members["username"] == "svc"
    assert members["level"] == "info"
    assert members["time"].endswith("Z")
    assert "address" not in members


def test_an_exception_is_part_of_the_line_and_redacted() -> None:
    error = ValueError(f"the token {TOKEN} broke\nin two lines")
    record = logging.getLogger("x").makeRecord(
        "x", logging.ERROR, "file", 1, "failed", (), (ValueError, error, None)
    )

    line = JsonFormatter().format(record)

    assert "\n" not in line
    assert "ValueError" in json.loads(line)["exception"]
    assert TOKEN not in line


def test_what_was_refused_while_it_was_sent_is_not_told_again_by_uvicorn(
    root: logging.Logger,
) -> None:
    stream = io.StringIO()
    configure_logs("info", stream)
    server = logging.getLogger("uvicorn.error")
    raised = (TokenSuperseded(), StoreUnavailable("down"), asyncio.CancelledError())

    for error in raised:
        server.error("Exception in ASGI application\n", exc_info=error)
    server.error("ASGI callable returned without completing response.")

    assert root.handlers
    assert stream.getvalue() == ""


def test_what_uvicorn_says_of_anything_else_is_kept(root: logging.Logger) -> None:
    stream = io.StringIO()
    configure_logs("info", stream)
    server = logging.getLogger("uvicorn.error")

    server.error("Exception in ASGI application\n", exc_info=ValueError("ours"))
    server.error("Exception in 'lifespan' protocol\n", exc_info=asyncio.CancelledError())
    server.error("ASGI callable returned without starting response.")
    server.error("Cancel %s running task(s), timeout graceful shutdown exceeded", 1)

    assert root.handlers
    assert len(stream.getvalue().splitlines()) == 4


def test_a_guard_hides_nothing_of_another_app_from_uvicorns_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = logging.getLogger("uvicorn.error")
    monkeypatch.setattr(server, "filters", [])
    tell_refusals_once()
    tell_refusals_once()

    server.error("Exception in ASGI application\n", exc_info=TokenSuperseded())
    server.error("Exception in ASGI application\n", exc_info=asyncio.CancelledError())
    server.error("ASGI callable returned without completing response.")

    assert len(server.filters) == 1
    assert len(caplog.records) == 2
