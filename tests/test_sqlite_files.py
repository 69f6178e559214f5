"""How every SQLite file of ours is opened and brought to its version."""

from __future__ import annotations

import stat
import subprocess
import sys
from contextlib import ExitStack, closing
from datetime import timedelta
from typing import TYPE_CHECKING

import apsw
import pytest

from watchword.sqlite import (
    FileRefused,
    FileUnusable,
    bring_to_version,
    connect,
    explain,
    read_version,
    require_sound_sqlite,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MARK = 0x54455354
FIRST = "CREATE TABLE line (number INTEGER PRIMARY KEY);"
SECOND = "ALTER TABLE line ADD COLUMN text TEXT;"
NO_WAIT = timedelta(0)


def open_file(path: Path, *, is_reader: bool = False, may_make: bool = True) -> apsw.Connection:
    return connect(path, wait=NO_WAIT, is_reader=is_reader, may_make=may_make)


def bring(path: Path, *scripts: str) -> int:
    with closing(open_file(path)) as connection:
        bring_to_version(connection, MARK, scripts)
        return read_version(connection, MARK, scripts)


def state(path: Path) -> tuple[object, ...]:
    with closing(apsw.Connection(str(path))) as connection:
        return (
            connection.pragma("application_id"),
            connection.pragma("user_version"),
            connection.execute("SELECT count(*) FROM sqlite_schema").get,
        )


def test_a_new_file_is_its_owners_alone_with_all_that_sqlite_keeps_beside_it(
    tmp_path: Path,
) -> None:
    with closing(open_file(tmp_path / "x.db")) as connection:
        bring_to_version(connection, MARK, (FIRST,))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}

    assert modes == {"x.db": 0o600, "x.db-wal": 0o600, "x.db-shm": 0o600}


def test_a_file_is_brought_from_version_to_version(tmp_path: Path) -> None:
    path = tmp_path / "x.db"

    assert bring(path, FIRST) == 1
    assert bring(path, FIRST) == 1
    assert bring(path, FIRST, SECOND) == 2
    assert state(path) == (MARK, 2, 1)


def test_a_script_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    bring(path, FIRST)

    with pytest.raises(FileUnusable, match="SQLite failed"):
        bring(path, FIRST, SECOND, "CREATE TABLE other (x); NONSENSE;")

    assert state(path) == (MARK, 1, 1)


@pytest.mark.parametrize(
    ("marked", "version", "script"), [(0, 0, FIRST), (0, 7, ""), (7, 0, ""), (7, 1, FIRST)]
)
def test_another_programs_file_is_refused_and_left_alone(
    tmp_path: Path, marked: int, version: int, script: str
) -> None:
    path = tmp_path / "x.db"
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute(script)
        connection.pragma("application_id", marked)
        connection.pragma("user_version", version)
    before = path.read_bytes()

    with pytest.raises(FileRefused, match="another program's database; name another file"):
        bring(path, FIRST)

    assert path.read_bytes() == before


def test_a_newer_watchwords_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    bring(path, FIRST, SECOND)
    before = path.read_bytes()

    with pytest.raises(FileRefused, match="of version 2, this watchword knows 1; run the newer"):
        bring(path, FIRST)

    assert path.read_bytes() == before


def test_a_current_file_is_opened_while_another_process_writes(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    bring(path, FIRST)

    with closing(apsw.Connection(str(path))) as other:
        other.execute("BEGIN IMMEDIATE")

        assert bring(path, FIRST) == 1


def test_a_file_that_another_process_writes_is_busy(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    bring(path, FIRST)

    with closing(apsw.Connection(str(path))) as other:
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(FileUnusable, match="another process is writing to it; wait") as caught:
            bring(path, FIRST, SECOND)

    assert isinstance(caught.value.__cause__, apsw.BusyError)


def test_a_new_file_that_is_locked_ends_in_busy(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with closing(apsw.Connection(str(path))) as other:
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(FileUnusable, match="another process is writing to it"):
            bring(path, FIRST)


def test_a_copy_that_is_no_wal_file_and_is_read_for_ever_ends_in_busy(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    bring(path, FIRST)
    with closing(apsw.Connection(str(path))) as other:
        other.pragma("journal_mode", "delete")  # as VACUUM INTO leaves it
        other.execute("BEGIN; SELECT count(*) FROM line").fetchall()

        with pytest.raises(FileUnusable, match="another process is writing to it"):
            bring(path, FIRST)


def test_a_new_file_that_is_read_for_ever_ends_in_busy(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with closing(apsw.Connection(str(path))) as other:
        other.execute("BEGIN; SELECT count(*) FROM sqlite_schema").fetchall()

        with pytest.raises(FileUnusable, match="another process is writing to it"):
            bring(path, FIRST)


WORKER = """
import sys
from datetime import timedelta
from pathlib import Path
from watchword.sqlite import FileUnusable, bring_to_version, connect

for line in sys.stdin:
    path, wait = Path(line.strip()), timedelta(seconds=5)
    try:
        connection = connect(path, wait=wait, is_reader=False, may_make=True)
        bring_to_version(connection, 7, ("CREATE TABLE a (b);", "CREATE TABLE c (d);"))
        print(connection.pragma("journal_mode"), connection.pragma("user_version"), flush=True)
    except FileUnusable as error:
        print(error, flush=True)
"""


@pytest.fixture
def workers() -> Iterator[list[subprocess.Popen[str]]]:
    with ExitStack() as stack:
        # Leaving the block closes their input, which ends them.
        yield [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", WORKER],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(6)
        ]


@pytest.mark.slow
def test_several_workers_make_the_same_file_at_once(
    tmp_path: Path, workers: list[subprocess.Popen[str]]
) -> None:
    for number in range(60):
        for worker in workers:
            print(tmp_path / f"{number}.db", file=worker.stdin, flush=True)

        told = [worker.stdout.readline() for worker in workers if worker.stdout is not None]

        assert told == ["wal 2\n"] * 6


def test_a_reader_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    bring(path, FIRST)

    with (
        closing(open_file(path, is_reader=True, may_make=False)) as reader,
        pytest.raises(apsw.ReadOnlyError),
    ):
        reader.execute("DELETE FROM line")


def test_foreign_keys_are_kept(tmp_path: Path) -> None:
    with closing(open_file(tmp_path / "x.db")) as connection:
        assert connection.pragma("foreign_keys") == 1


def test_a_file_is_not_made_without_leave(tmp_path: Path) -> None:
    with pytest.raises(FileUnusable, match="it cannot be opened; check"):
        open_file(tmp_path / "x.db", may_make=False)

    assert list(tmp_path.iterdir()) == []


def test_a_file_in_no_directory_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(FileUnusable, match=r"cannot make .*x\.db: No such file .* check that"):
        open_file(tmp_path / "missing" / "x.db")


def test_a_letter_is_no_database_and_left_alone(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear reader, " * 1000, "utf-8")

    with pytest.raises(FileUnusable, match="it is no SQLite database; name another file"):
        bring(letter, FIRST)

    assert letter.read_text("utf-8") == "Dear reader, " * 1000


def test_an_unforeseen_failure_is_told_in_sqlites_words() -> None:
    assert explain(apsw.IOError("disk I/O error")) == (
        "SQLite failed (disk I/O error); check the disk it is on"
    )


def test_a_library_that_can_corrupt_the_file_is_refused() -> None:
    require_sound_sqlite()
    with pytest.raises(FileRefused, match=r"3\.51\.2 can corrupt"):
        require_sound_sqlite(3_051_002)
