"""JSON logs: one object a line, with nothing in them that looks like a secret."""

from __future__ import annotations

import asyncio
import logging
import re
from datetime import UTC, datetime
from typing import Final, TextIO

import msgspec

from watchword.access.errors import Refusal, StoreUnavailable

# No code of ours logs a secret. This is the second line, for texts that come from
# elsewhere, such as a path or an exception: tokens, headers, API keys and
# operator tokens, passwords.
_SECRETS: Final = re.compile(
    r"eyJ[\w-]+\.[\w-]*(?:\.[\w-]*)?"
    r"|(?i:basic|bearer)\s+[\w.~+/=-]{8,}"
    r"|(?<![0-9A-Za-z])(?:w[wo][0-9A-Za-z]{40}|[0-9A-Za-z]{43})(?![0-9A-Za-z])"
)
_ENCODER: Final = msgspec.json.Encoder(enc_hook=str)
_LONG: Final = re.compile(r"[0-9A-Za-z]{42}")
_UNFINISHED: Final = "ASGI callable returned without completing response."
_SERVER_LOG: Final = "uvicorn.error"
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "color_message"}


def redact(text: str) -> str:
    """Return the text without what looks like a secret."""
    # Most lines hold nothing of the kind, and these looks cost a third of the search.
    lowered = text.lower()
    if "eyj" in lowered or "basic" in lowered or "bearer" in lowered or _LONG.search(text):
        return _SECRETS.sub("[redacted]", text)
    return text


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object: time, level, logger, message, then the extras."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        members: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        members |= {
            name: value
            for name, value in vars(record).items()
            if value is not None and name not in _STANDARD
        }
        if record.exc_info:
            members["exception"] = self.formatException(record.exc_info)
        return redact(_ENCODER.encode(members).decode())


def tell_refusals_once() -> None:
    """Keep uvicorn from logging an answer that was refused while it was sent. Twice is once.

    Its line, with the reason, is in the log already: uvicorn knows no other way to end an answer
    so that nobody takes it for whole than an error, and would add a page of traceback.
    """
    logging.getLogger(_SERVER_LOG).addFilter(_is_no_refusal)


def _is_no_refusal(record: logging.LogRecord) -> bool:
    return not isinstance(_find_error(record), Refusal | StoreUnavailable)


def _is_no_broken_answer(record: logging.LogRecord) -> bool:
    """Tell whether a record of uvicorn's is of anything but an answer that was broken off.

    By us, on purpose; or by uvicorn, which says by itself how many it cancels when it stops.
    """
    if record.msg == _UNFINISHED:
        return False
    is_cancelled = isinstance(_find_error(record), asyncio.CancelledError)
    return not (is_cancelled and str(record.msg).startswith("Exception in ASGI application"))


def _find_error(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if record.exc_info else None


def configure_logs(level: str, stream: TextIO) -> None:
    """Send all logs of this process to a stream, as JSON lines. Twice is once."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    # Nobody reads these, and every token issued would pay for them.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # Written only where that is wanted: then all of it is.
    logging.getLogger("watchword.access").setLevel(logging.INFO)
    tell_refusals_once()
    logging.getLogger(_SERVER_LOG).addFilter(_is_no_broken_answer)
    for name in ("uvicorn", _SERVER_LOG):
        # uvicorn's own handlers would print a second, other line.
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
