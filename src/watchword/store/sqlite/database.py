"""Opens the database file: a connection for reads, and a writer that commits in groups."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

import apsw

from watchword.access.errors import NotAllowed, StoreUnavailable
from watchword.sqlite import FileRefused, FileUnusable, bring_to_version, connect, explain
from watchword.store.sqlite.groups import UNTIMED, GroupWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from watchword.store.sqlite.groups import Append, Change, Describe, Timing

Row = tuple[Any, ...]
T = TypeVar("T")

_READ_WAIT: Final = timedelta(milliseconds=250)
_WRITE_WAIT: Final = timedelta(seconds=5)
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


class Database:
    """One database file.

    Args:
        path: The file.
        application_id: What marks the file as ours.
        scripts: Bring an older file to the current version (see `bring_to_version`).
        append: Appends audit records in the transaction of a group.
        finish: Called with the version from which the file was brought to the current one.
        timing: Told how long SQLite takes; None for nobody.
        is_bulk: Whether it takes rows by the thousand, of which a power cut may take the last.
    """

    def __init__(
        self,
        path: Path,
        application_id: int,
        scripts: Sequence[str],
        *,
        append: Append,
        finish: Callable[[apsw.Connection, int], None] = lambda _connection, _version: None,
        timing: Timing | None = None,
        is_bulk: bool = False,
    ) -> None:
        self._path = path
        self._application_id = application_id
        self._scripts = scripts
        self._append = append
        self._finish = finish
        self._timing = timing
        self._is_bulk = is_bulk
        self._reader: apsw.Connection | None = None
        self._versions: apsw.Cursor | None = None
        self._lost: str | None = None
        self._writer: GroupWriter | None = None
        self._identity: tuple[int, int] | None = None
        # Waits in whatever loop asks: it takes none until somebody has to wait.
        self._scanning = asyncio.Lock()

    def open(self, *, may_make: bool) -> None:
        """Open the file and bring it to the current version.

        Args:
            may_make: Make the file when it is not there. Else a file that went away would come
                back empty, and refuse every customer.

        Raises:
            NotAllowed: If there is no file, or the SQLite library or the file does not fit.
            StoreUnavailable: If the file cannot be opened.
        """
        if not may_make and not self._path.exists():
            raise NotAllowed(
                f"{self._path} is missing: restore it from your backup, or run 'watchword init' "
                "to begin with an empty one"
            )
        try:
            self._connect(may_make=may_make)
        except FileRefused as error:
            raise NotAllowed(str(error)) from error
        except FileUnusable as error:
            raise StoreUnavailable(str(error)) from error

    async def close(self) -> None:
        """Finish what is being written, then close the file. Twice is once."""
        if self._writer is not None:
            await self._writer.close()
            self._writer = None
        if self._reader is not None:
            self._reader.close()
            self._reader = self._versions = None

    def read(self, query: str, bindings: Sequence[str | int | bytes | None]) -> list[Row]:
        """Return all rows of a query, from one snapshot, as of the last commit of anybody.

        Runs where it is called: a point read takes microseconds, less than any hop.

        Raises:
            StoreUnavailable: If there is no answer.
        """
        if self._timing is None:
            return self._read(query, bindings)
        observe, time = self._timing
        started = time()
        rows = self._read(query, bindings)
        observe("read", time() - started)
        return rows

    def _read(self, query: str, bindings: Sequence[str | int | bytes | None]) -> list[Row]:
        if self._reader is None or self._lost is not None:
            raise StoreUnavailable(self._lost or "the store is not open")
        try:
            # To the end: a statement left open holds its snapshot, and the next read of
            # this connection would see the past.
            return self._reader.execute(query, bindings).fetchall()
        except apsw.Error as error:
            raise StoreUnavailable(f"{self._path}: {explain(error)}.") from error

    async def scan(self, query: str, bindings: Sequence[str | int | bytes | None]) -> list[Row]:
        """Return all rows of a query that looks at much: on another thread, one at a time.

        Over a connection of its own, which is opened for it: nobody asks often.

        Raises:
            StoreUnavailable: If there is no answer.
        """
        if self._reader is None or self._lost is not None:
            raise StoreUnavailable(self._lost or "the store is not open")
        async with self._scanning:
            return await asyncio.to_thread(self._scan, query, bindings)

    def _scan(self, query: str, bindings: Sequence[str | int | bytes | None]) -> list[Row]:
        try:
            reader = connect(self._path, wait=_READ_WAIT, is_reader=True, may_make=False)
        except FileUnusable as error:
            raise StoreUnavailable(str(error)) from error
        try:
            return reader.execute(query, bindings).fetchall()
        except apsw.Error as error:
            raise StoreUnavailable(f"{self._path}: {explain(error)}.") from error
        finally:
            reader.close()

    def read_version(self) -> int:
        """Return a number that is another one once anybody has committed since the last call.

        SQLite counts the commits of other connections. This one commits nothing: the writer of
        this process is another connection, too.

        Raises:
            StoreUnavailable: If there is no answer.
        """
        if self._versions is None or self._lost is not None:
            raise StoreUnavailable(self._lost or "the store is not open")
        try:
            version: int = self._versions.execute("PRAGMA data_version").get
        except apsw.Error as error:
            raise StoreUnavailable(f"{self._path}: {explain(error)}.") from error
        return version

    async def write(self, change: Change[T], describe: Describe[T]) -> T:
        """Carry out a change durably (see `GroupWriter.write`).

        Raises:
            StoreUnavailable: If nothing could be written.
        """
        if self._writer is None:
            raise StoreUnavailable("the store is not open")
        return await self._writer.write(change, describe)

    def look_for_file(self) -> None:
        """Notice a file that was moved away or replaced: from then on, nothing is read of it.

        What an operator changes is in the new one, and would not be seen. When the file is back,
        all is as before.
        """
        try:
            self.require_same_file()
        except StoreUnavailable as error:
            self._lost = str(error)
        else:
            self._lost = None

    def require_same_file(self) -> None:
        """Pass while the path still leads to the file that was opened.

        A file that was moved away is read and written on, and whatever is acknowledged is
        lost with it.

        Raises:
            StoreUnavailable: If it does not.
        """
        if self._identity is None or self._identity != _identity(self._path):
            raise StoreUnavailable(f"{self._path} was replaced while it was open: restart")

    def _connect(self, *, may_make: bool) -> None:
        writer = connect(self._path, wait=_WRITE_WAIT, is_reader=False, may_make=may_make)
        try:
            bring_to_version(
                writer,
                self._application_id,
                self._scripts,
                lambda version: self._finish(writer, version),
            )
            # SQLite's own choice, but not to be lost: an answered token survives a power cut.
            writer.execute(f"PRAGMA synchronous = {'NORMAL' if self._is_bulk else 'FULL'}")
            reader = connect(self._path, wait=_READ_WAIT, is_reader=True, may_make=False)
        except BaseException:
            writer.close()
            raise
        self._identity = _identity(self._path)
        self._reader = reader
        # A cursor of its own: asked on every call, and two thirds of the price of a new one.
        self._versions = reader.cursor()
        self._writer = GroupWriter(
            writer,
            self._append,
            wait=_WRITE_WAIT,
            require_writable=self.require_same_file,
            timing=self._timing or UNTIMED,
            is_bulk=self._is_bulk,
        )


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
