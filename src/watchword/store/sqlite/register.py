"""The database of all that is registered, issued and audited: `watchword.db`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.access.audit import AuditRecord, Event
from watchword.store.sqlite.database import Database, to_moment
from watchword.store.sqlite.schema import APPLICATION_ID, AUDITED_FROM, MIGRATIONS

if TYPE_CHECKING:
    from pathlib import Path

    import apsw

    from watchword.store.sqlite.audit import AuditAppender
    from watchword.store.sqlite.groups import Timing

# SQLite's clock: the store has none of its own, and nobody asks it for the time but this.
_NOW: Final = "SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER)"


def register_database(
    path: Path, appender: AuditAppender, timing: Timing | None = None
) -> Database:
    """Return the database, not open yet."""

    def tell_of_upgrade(connection: apsw.Connection, version: int) -> None:
        # A file from before the audit log gets its first record here. An empty log is an alarm.
        if 0 < version < AUDITED_FROM:
            now = to_moment(connection.execute(_NOW).get)
            record = AuditRecord(Event.AUDIT_STARTED, now, "upgrade", facts={"version": version})
            appender.append(connection, [record])

    return Database(
        path,
        APPLICATION_ID,
        MIGRATIONS,
        append=appender.append,
        finish=tell_of_upgrade,
        timing=timing,
    )
