"""Prints audit records, a line each: columns on a terminal, tabs in a pipe, JSON Lines."""

from __future__ import annotations

import asyncio
import select
import sys
from typing import TYPE_CHECKING, Final, cast

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from watchword.access.audit import KeptRecord
    from watchword.access.auditing import AuditTrail
    from watchword.access.ports import Store

_POLL_SECONDS: Final = 0.5
_HEADS: Final = ("time", "event", "actor", "address", "what")
_WIDTHS: Final = (20, 22, 24, 15, 0)
_IN_COLUMNS: Final = frozenset({"time", "event", "actor", "address", "user_agent"})
"""What `what` does not say again."""


class Lines:
    """Writes records to standard output.

    Args:
        is_json: Write each as it was recorded, with its sequence number.
    """

    def __init__(self, *, is_json: bool) -> None:
        self._is_json = is_json
        self._widths = _WIDTHS if sys.stdout.isatty() else None

    def write_header(self) -> None:
        """Write the names of the columns."""
        if not self._is_json:
            sys.stdout.write(self._join(_HEADS))

    async def write(self, trail: AuditTrail, after: int) -> int:
        """Write the records behind a sequence number. Returns that of the last one."""
        async for record in trail.read(after):
            self._write_one(record)
            after = record.sequence
        sys.stdout.flush()
        return after

    def write_all(self, records: Iterable[KeptRecord]) -> None:
        """Write records."""
        for record in records:
            self._write_one(record)
        sys.stdout.flush()

    def _write_one(self, record: KeptRecord) -> None:
        sys.stdout.write(_to_json(record) if self._is_json else self._join(_to_cells(record)))

    def _join(self, cells: tuple[str, ...]) -> str:
        if self._widths is None:
            return "\t".join(cells) + "\n"
        padded = [cell.ljust(width) for cell, width in zip(cells, self._widths, strict=True)]
        return "  ".join(padded).rstrip() + "\n"


async def follow_lines(lines: Lines, store: Store, trail: AuditTrail, after: int) -> None:
    """Write what is recorded from now on, looking for it twice a second.

    Raises:
        BrokenPipeError: When nobody reads any more.
        StoreUnavailable: When the database was replaced.
    """
    while True:
        await asyncio.sleep(_POLL_SECONDS)
        _require_reader()
        await store.require_answer()
        after = await lines.write(trail, after)


def _require_reader() -> None:
    # A pipe that was closed is noticed by writing to it alone, and there may be nothing to
    # write for days.
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    if any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0)):
        raise BrokenPipeError


def _to_json(record: KeptRecord) -> str:
    if not _members(record):
        return _encode({"sequence": record.sequence, "unreadable": record.text}) + "\n"
    # To the byte as it was recorded, so that a link can be computed from it.
    return f'{{"sequence":{record.sequence},{record.text[1:]}\n'


def _to_cells(record: KeptRecord) -> tuple[str, ...]:
    members = _members(record)
    if not members:
        return ("-", "-", "-", "-", _printable(f"record {record.sequence} is no JSON"))
    time = str(members.get("time"))[:19].replace("T", " ") + "Z"
    what = [f"{name}={value}" for name, value in members.items() if name not in _IN_COLUMNS]
    cells = (time, *(str(members.get(name, "-")) for name in _HEADS[1:4]), " ".join(what) or "-")
    return tuple(_printable(cell) for cell in cells)


def _members(record: KeptRecord) -> dict[str, object]:
    """Return what a record says; nothing when it was changed into what is no record."""
    try:
        decoded = msgspec.json.decode(record.text)
    except msgspec.DecodeError:
        return {}
    is_record = isinstance(decoded, dict) and record.text.startswith("{")
    return cast("dict[str, object]", decoded) if is_record and "\n" not in record.text else {}


def _encode(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _printable(text: str) -> str:
    # A user agent or a name is no command for a terminal, and no second column.
    return "".join(char if char.isprintable() else " " for char in text)
