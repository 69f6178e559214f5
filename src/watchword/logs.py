"""JSON logs: one object a line, with nothing in them that looks like a secret."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TextIO

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

# No code of ours logs a secret. This is the second line, for texts that come from
# elsewhere, such as a path or an exception: tokens, headers, API keys, passwords.
_SECRETS: Final = re.compile(
    r"eyJ[\w-]+\.[\w-]*(?:\.[\w-]*)?"
    r"|(?i:basic|bearer)\s+[\w.~+/=-]{8,}"
    r"|(?<![0-9A-Za-z])(?:ww[0-9A-Za-z]{40}|[0-9A-Za-z]{43})(?![0-9A-Za-z])"
)
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "color_message"}


def redact(text: str) -> str:
    """Return the text without what looks like a secret."""
    return _SECRETS.sub("[redacted]", text)


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object: time, level, logger, message, then the extras."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        members: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        members.update(_extras(vars(record)))
        if record.exc_info:
            members["exception"] = self.formatException(record.exc_info)
        return redact(msgspec.json.encode(members, enc_hook=str).decode())


def configure_logs(level: str, stream: TextIO) -> None:
    """Send all logs of this process to a stream, as JSON lines. Twice is once."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error"):
        # uvicorn's own handlers would print a second, other line.
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True


def _extras(attributes: Mapping[str, object]) -> dict[str, object]:
    return {
        name: value
        for name, value in attributes.items()
        if name not in _STANDARD and value is not None
    }
