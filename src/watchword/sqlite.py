"""Opens a SQLite file and brings it to its version. Knows no table and no query.

FileUnusable         the file cannot be used now; the text says why, and what to do
└── FileRefused      nor later: a rule of ours refuses the file, or the library
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import apsw

from watchword.access.errors import WatchwordError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

_OLDEST_SQLITE: Final = 3_051_003
_MILLISECOND: Final = timedelta(milliseconds=1)
_MOST_TRIES: Final = 100
# One statement, so one state: a file that another worker is making is empty or whole.
_MARKS: Final = """
SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
FROM pragma_application_id, pragma_user_version
"""

_REASONS: Final[tuple[tuple[type[apsw.Error], str], ...]] = (
    (apsw.BusyError, "another process is writing to it; wait until that has ended and try again"),
    (
        apsw.CantOpenError,
        "it cannot be opened; check that its directory exists and that you may write to it",
    ),
    (apsw.ReadOnlyError, "it is write-protected; check that you may write to it"),
    (apsw.PermissionsError, "it is write-protected; check that you may write to it"),
    (apsw.FullError, "the disk is full; make room and try again"),
    (apsw.NotADBError, "it is no SQLite database; name another file"),
    (apsw.CorruptError, "it is damaged; restore it from your backup"),
)


class FileUnusable(WatchwordError):
    """The file cannot be used; the text says why, and what to do."""


class FileRefused(FileUnusable):
    """The file, or the SQLite library, is not one that this watchword may use."""


def connect(path: Path, *, wait: timedelta, is_reader: bool, may_make: bool) -> apsw.Connection:
    """Open a file. Whether its tables are ours is for `bring_to_version` or `read_version`.

    Args:
        path: The file. Its directory must exist.
        wait: How long a statement waits for another connection's lock.
        is_reader: Nothing can be changed through the connection.
        may_make: Make an empty file where there is none, for nobody but its owner.

    Raises:
        FileRefused: If the SQLite library can corrupt the file.
        FileUnusable: If it cannot be made or opened.
    """
    require_sound_sqlite()
    if may_make:
        _make(path)
    with _explained(str(path)):
        # A reader, too: of a WAL file it may have to make the shared memory.
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        connection.set_busy_timeout(wait // _MILLISECOND)
        connection.pragma("foreign_keys", True)
        if is_reader:
            connection.pragma("query_only", True)
            # Intermediate results stay in memory: a file of their own doubles a short query.
            connection.pragma("temp_store", "memory")
    return connection


def bring_to_version(
    connection: apsw.Connection,
    application_id: int,
    scripts: Sequence[str],
    finish: Callable[[int], None] = lambda _: None,
) -> None:
    """Bring a file to the current version, all or nothing. Twice is once.

    Args:
        connection: To the file, and not a reader.
        application_id: What marks the file as ours, so that we never write another program's.
        scripts: Script n brings a file from version n to n + 1.
        finish: Called with the version from which the file was brought, in the transaction.

    Raises:
        FileRefused: If the file is another program's or a newer watchword's. It stays as it is.
        FileUnusable: If it cannot be read or written.
    """
    is_current = read_version(connection, application_id, scripts) == len(scripts)
    with _explained(connection.filename):
        # Not before the file is known to be ours: this writes to it.
        _use_wal(connection)
        if is_current:
            return
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Asked again under the lock: another worker may have been first.
            version = read_version(connection, application_id, scripts)
            for script in scripts[version:]:
                connection.execute(script)
            finish(version)
            connection.pragma("application_id", application_id)
            connection.pragma("user_version", len(scripts))
            connection.execute("COMMIT")
        except BaseException:
            # A full disk has ended the transaction already.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def read_version(connection: apsw.Connection, application_id: int, scripts: Sequence[str]) -> int:
    """Return the version of a file; an empty one has 0.

    Raises:
        FileRefused: If the file is another program's or a newer watchword's.
        FileUnusable: If it cannot be read.
    """
    file = connection.filename
    with _explained(file):
        marked, version, tables = connection.execute(_MARKS).get
    if (marked, version, tables) == (0, 0, 0):
        return 0
    if marked != application_id:
        raise FileRefused(f"{file}: it is another program's database; name another file.")
    if version > len(scripts):
        raise FileRefused(
            f"{file}: it is of version {version}, this watchword knows {len(scripts)}; "
            "run the newer watchword that wrote it."
        )
    return int(version)


def explain(error: apsw.Error) -> str:
    """Return why SQLite failed and what to do, as the rest of a sentence about the file."""
    for type_, reason in _REASONS:
        if isinstance(error, type_):
            return reason
    return f"SQLite failed ({error}); check the disk it is on"


def require_sound_sqlite(version: int | None = None) -> None:
    """Refuse a SQLite library that can corrupt the file.

    From 3.7.0 to 3.51.2 two connections that write and checkpoint at once can corrupt a
    WAL file; our workers do just that.

    Raises:
        FileRefused: If the library is older than 3.51.3.
    """
    found = apsw.SQLITE_VERSION_NUMBER if version is None else version
    if found < _OLDEST_SQLITE:
        raise FileRefused(
            f"SQLite {found // 1_000_000}.{found // 1000 % 1000}.{found % 1000} can corrupt a "
            "database with several workers; install apsw 3.51.3 or newer"
        )


def _make(path: Path) -> None:
    # Before SQLite does, so that nobody but the owner ever reads it. Never opened when it is
    # there: closing it again would drop the locks of this process's other connections.
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise FileUnusable(
            f"cannot make {path}: {error.strerror}; "
            "check that its directory exists and that you may write to it."
        ) from error


def _use_wal(connection: apsw.Connection) -> None:
    # Readers and a writer pass each other in a WAL file. Of several workers that turn a new file
    # into one, SQLite tells all but one at once that it is busy, whatever their busy timeout.
    for _ in range(_MOST_TRIES):
        try:
            connection.pragma("journal_mode", "wal")
        except apsw.BusyError:
            # This waits for the others.
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("COMMIT")
        else:
            return
    connection.pragma("journal_mode", "wal")


@contextmanager
def _explained(file: str) -> Generator[None]:
    try:
        yield
    except apsw.Error as error:
        raise FileUnusable(f"{file}: {explain(error)}.") from error
