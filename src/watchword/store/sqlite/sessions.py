"""The rows of the browsers in which somebody has signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.access.model import Digest
from watchword.access.sessions import Session, SessionKind
from watchword.store.sqlite.database import to_microseconds, to_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    import apsw

    from watchword.access.audit import AuditRecord
    from watchword.store.sqlite.database import Database, Row

_SESSION: Final = "SELECT digest, kind, name, started_at, seen_at, address, user_agent FROM session"
_FORGOTTEN_AT_ONCE: Final = 100
_FORGET: Final = """
DELETE FROM session WHERE digest IN (
    SELECT digest FROM session WHERE ends_at <= ? LIMIT ?)
"""
_KEEP_NEWEST: Final = """
DELETE FROM session WHERE digest IN (
    SELECT digest FROM session WHERE kind = ? AND name = ?
     ORDER BY started_at DESC, digest LIMIT -1 OFFSET ?)
"""


class SessionTables:
    """Keeps sessions (see `Sessions`)."""

    def __init__(self, database: Database, usage: Database) -> None:
        self._database = database
        self._usage = usage

    async def add_session(self, session: Session, record: AuditRecord, *, most: int) -> None:
        """Record a session, and forget those that are over."""

        def change(connection: apsw.Connection) -> None:
            with connection:
                started_at = to_microseconds(session.started_at)
                connection.execute(_FORGET, (started_at, _FORGOTTEN_AT_ONCE))
                connection.execute(
                    "INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?, '')",
                    (
                        session.digest,
                        session.kind,
                        session.name,
                        started_at,
                        to_microseconds(session.seen_at),
                        to_microseconds(session.ends_at),
                        session.address,
                        session.user_agent,
                    ),
                )
                connection.execute(_KEEP_NEWEST, (session.kind, session.name, most))

        await self.record(record)
        await self._usage.write(change, lambda _: ())

    async def find_session(self, digest: Digest) -> Session | None:
        """Return the session of a secret."""
        rows = self._usage.read(f"{_SESSION} WHERE digest = ?", (digest,))
        return _to_session(rows[0]) if rows else None

    async def touch_session(self, digest: Digest, at: datetime) -> None:
        """Note that a session was used."""

        def change(connection: apsw.Connection) -> None:
            for row in connection.execute(f"{_SESSION} WHERE digest = ?", (digest,)).fetchall():
                seen = _to_session((*row[:4], to_microseconds(at), *row[5:]))
                connection.execute(
                    "UPDATE session SET seen_at = ?, ends_at = ? WHERE digest = ?",
                    (to_microseconds(at), to_microseconds(seen.ends_at), digest),
                )

        await self._usage.write(change, lambda _: ())

    async def note_form(
        self, digest: Digest, note: Callable[[Sequence[str]], Sequence[str]]
    ) -> bool:
        """Change which forms were sent in a session (see `Sessions`)."""

        def change(connection: apsw.Connection) -> bool:
            rows: list[Row] = connection.execute(
                "SELECT sent_forms FROM session WHERE digest = ?", (digest,)
            ).fetchall()
            for (sent,) in rows:
                connection.execute(
                    "UPDATE session SET sent_forms = ? WHERE digest = ?",
                    (" ".join(note(sent.split())), digest),
                )
            return bool(rows)

        return await self._usage.write(change, lambda _: ())

    async def end_session(self, digest: Digest) -> None:
        """End one session."""

        def change(connection: apsw.Connection) -> None:
            connection.execute("DELETE FROM session WHERE digest = ?", (digest,))

        await self._usage.write(change, lambda _: ())

    async def end_sessions(self, kind: SessionKind, *names: str) -> None:
        """End all sessions of some names."""

        def change(connection: apsw.Connection) -> None:
            with connection:
                connection.executemany(
                    "DELETE FROM session WHERE kind = ? AND name = ?",
                    [(kind, name) for name in names],
                )

        await self._usage.write(change, lambda _: ())

    async def list_sessions(self, kind: SessionKind, name: str) -> list[Session]:
        """Return the sessions of a name, newest first."""
        rows = self._usage.read(
            f"{_SESSION} WHERE kind = ? AND name = ? ORDER BY started_at DESC, digest",
            (kind, name),
        )
        return [_to_session(row) for row in rows]

    async def record(self, record: AuditRecord) -> None:
        """Append an audit record of something that changes nothing else."""
        await self._database.write(lambda _: None, lambda _: (record,))


def _to_session(row: Row) -> Session:
    digest, kind, name, started_at, seen_at, address, user_agent = row
    return Session(
        Digest(digest),
        SessionKind(kind),
        name,
        to_moment(started_at),
        to_moment(seen_at),
        address,
        user_agent,
    )
