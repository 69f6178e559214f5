"""Says in an operator's words why SQLite failed, and what to do about it."""

from __future__ import annotations

import apsw

_REASONS: tuple[tuple[type[apsw.Error], str], ...] = (
    (apsw.BusyError, "another process is writing to it; wait until that has ended and try again"),
    (
        apsw.CantOpenError,
        "it cannot be opened; check that its directory exists and that you may write to it",
    ),
    (apsw.ReadOnlyError, "it is write-protected; check that you may write to it"),
    (apsw.PermissionsError, "it is write-protected; check that you may write to it"),
    (apsw.FullError, "the disk is full; make room and try again"),
    (apsw.NotADBError, "it is no SQLite database; name another file"),
    (apsw.CorruptError, "it is damaged; restore it, or remove it and import again"),
)


def explain(error: apsw.Error) -> str:
    """Return why it failed and what to do, as the rest of a sentence about the file."""
    for type_, reason in _REASONS:
        if isinstance(error, type_):
            return reason
    return f"SQLite failed ({error}); check the disk it is on"
