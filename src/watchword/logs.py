"""JSON logs: one object a line, with nothing in them that looks like a secret."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from typing import Final, TextIO

import msgspec

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
    for name in ("uvicorn", "uvicorn.error"):
        # uvicorn's own handlers would print a second, other line.
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
