"""Opens the database file: a connection for reads, and a writer that commits in groups."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import apsw

from watchword.access.errors import NotAllowed, StoreUnavailable
from watchword.store.sqlite.groups import GroupWriter
from watchword.store.sqlite.schema import migrate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Row = tuple[Any, ...]

_OLDEST_SQLITE: Final = 3_051_003
_READ_WAIT_MS: Final = 250
_WRITE_WAIT_MS: Final = 5_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def to_moment(microseconds: int) -> datetime:
    """Read a stored moment."""
    return _EPOCH + timedelta(microseconds=microseconds)


def to_optional_moment(microseconds: int | None) -> datetime | None:
    """Read a stored moment that may be absent."""
    return None if microseconds is None else to_moment(microseconds)


def to_microseconds(moment: datetime) -> int:
    """Return a moment as it is stored."""
    return (moment - _EPOCH) // _MICROSECOND


def to_optional_microseconds(moment: datetime | None) -> int | None:
    """Return a moment that may be absent as it is stored."""
    return None if moment is None else to_microseconds(moment)


def require_sound_sqlite(version: int | None = None) -> None:
    """Refuse a SQLite library that can corrupt the file.

    From 3.7.0 to 3.51.2 two connections that write and checkpoint at once can corrupt a
    WAL file; our workers do just that.

    Raises:
        NotAllowed: If the library is older than 3.51.3.
    """
    found = apsw.SQLITE_VERSION_NUMBER if version is None else version
    if found < _OLDEST_SQLITE:
        raise NotAllowed(
            f"SQLite {found // 1_000_000}.{found // 1000 % 1000}.{found % 1000} can corrupt a "
            "database with several workers; install apsw 3.51.3 or newer"
        )


class Database:
    """One database file.

    Args:
        path: The file. `open` makes it when it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader: apsw.Connection | None = None
        self._writer: GroupWriter | None = None

    def open(self) -> None:
        """Open the file, make it when it is not there, and bring it to the current version.

        Raises:
            NotAllowed: If the SQLite library or the file's version does not fit.
            StoreUnavailable: If the file cannot be opened.
        """
        require_sound_sqlite()
        try:
            if not self._path.exists():
                # Made before SQLite does, so that nobody but the owner ever reads it.
                os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
            writer = apsw.Connection(str(self._path))
            writer.set_busy_timeout(_WRITE_WAIT_MS)
            writer.execute("PRAGMA journal_mode = WAL")
            writer.execute("PRAGMA synchronous = FULL")
            writer.execute("PRAGMA foreign_keys = ON")
            migrate(writer)
            reader = apsw.Connection(str(self._path))
            reader.set_busy_timeout(_READ_WAIT_MS)
            reader.execute("PRAGMA query_only = ON")
        except apsw.Error as error:
            raise StoreUnavailable(f"{self._path}: {error}") from error
        except OSError as error:
            raise StoreUnavailable(f"cannot make {self._path}: {error.strerror}") from error
        self._reader, self._writer = reader, GroupWriter(writer)

    async def close(self) -> None:
        """Finish what is being written, then close the file. Twice is once."""
        if self._writer is not None:
            await self._writer.close()
            self._writer = None
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def read(self, query: str, bindings: Sequence[str | int | bytes | None]) -> list[Row]:
        """Return all rows of a query, from one snapshot, as of the last commit of anybody.

        Runs where it is called: a point read takes microseconds, less than any hop.

        Raises:
            StoreUnavailable: If there is no answer.
        """
        if self._reader is None:
            raise StoreUnavailable("the store is not open")
        try:
            # To the end: a statement left open holds its snapshot, and the next read of
            # this connection would see the past.
            return self._reader.execute(query, bindings).fetchall()
        except apsw.Error as error:
            raise StoreUnavailable(f"SQLite: {error}") from error

    @property
    def writer(self) -> GroupWriter:
        """The writer of changes."""
        if self._writer is None:
            raise StoreUnavailable("the store is not open")
        return self._writer
