from __future__ import annotations

import io
import json
import logging
from typing import TYPE_CHECKING

import pytest

from support.fakes import CountedDice
from watchword.access.credentials import make_api_key, make_operator_token, make_password
from watchword.logs import JsonFormatter, configure_logs, redact

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
