"""What is particular to the SQLite store: groups, failures of the disk, versions of the file."""

from __future__ import annotations

import asyncio
import stat
from typing import TYPE_CHECKING

import apsw
import pytest

from watchword.access.errors import NotAllowed, StoreUnavailable
from watchword.store.sqlite import SqliteStore
from watchword.store.sqlite.database import Database, require_sound_sqlite
from watchword.store.sqlite.groups import GroupWriter
from watchword.store.sqlite.schema import MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def writer_over(path: Path) -> GroupWriter:
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE IF NOT EXISTS line (number INTEGER PRIMARY KEY)")
    return GroupWriter(connection)


def lines(path: Path) -> list[int]:
    rows = apsw.Connection(str(path)).execute("SELECT number FROM line ORDER BY number").fetchall()
    return [int(str(row[0])) for row in rows]


def insert(number: int) -> Callable[[apsw.Connection], object]:
    return lambda connection: connection.execute(
        "INSERT INTO line VALUES (?)", (number,)
    ).fetchall()


def test_changes_that_wait_together_share_a_transaction(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    commits = 0

    def count() -> bool:
        nonlocal commits
        commits += 1
        return False

    async def write() -> None:
        writer = writer_over(path)
        writer._connection.set_commit_hook(count)
        await asyncio.gather(*(writer.write(insert(number)) for number in range(100)))
        await writer.close()

    asyncio.run(write())

    assert lines(path) == list(range(100))
    assert 1 <= commits <= 3


def test_a_failing_change_fails_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.db"

    async def write() -> list[object]:
        writer = writer_over(path)
        outcomes = await asyncio.gather(
            *(writer.write(insert(number)) for number in (1, 1, 2)),
            return_exceptions=True,
        )
        await writer.close()
        return list(outcomes)

    outcomes = asyncio.run(write())

    assert lines(path) == [1, 2]
    assert isinstance(outcomes[1], StoreUnavailable)
    assert "UNIQUE" in str(outcomes[1])


def test_a_commit_that_fails_fails_everybody_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.db"

    async def write() -> list[object]:
        writer = writer_over(path)
        writer._connection.set_commit_hook(lambda: True)  # turns COMMIT into ROLLBACK
        outcomes = await asyncio.gather(
            *(writer.write(insert(number)) for number in range(3)),
            return_exceptions=True,
        )
        writer._connection.set_commit_hook(None)
        await writer.write(insert(7))
        await writer.close()
        return list(outcomes)

    outcomes = asyncio.run(write())

    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 3
    assert lines(path) == [7]


def test_a_transaction_that_sqlite_ended_fails_everybody(tmp_path: Path) -> None:
    path = tmp_path / "x.db"

    def end_it(connection: apsw.Connection) -> None:
        connection.execute("ROLLBACK")  # as SQLite itself does when the disk is full
        raise apsw.FullError("database or disk is full")

    async def write() -> list[object]:
        writer = writer_over(path)
        outcomes = await asyncio.gather(
            writer.write(insert(1)),
            writer.write(insert(2)),
            writer.write(end_it),
            writer.write(insert(3)),
            return_exceptions=True,
        )
        await writer.close()
        return list(outcomes)

    outcomes = asyncio.run(write())

    failed = [index for index, outcome in enumerate(outcomes) if isinstance(outcome, Exception)]
    assert failed[-2:] == [2, 3]
    assert lines(path) == [number for number, index in ((1, 0), (2, 1)) if index not in failed]


def test_a_task_that_goes_away_takes_nobody_along(tmp_path: Path) -> None:
    path = tmp_path / "x.db"

    async def write() -> None:
        writer = writer_over(path)
        first = asyncio.ensure_future(writer.write(insert(1)))
        second = asyncio.ensure_future(writer.write(insert(2)))
        await asyncio.sleep(0)
        first.cancel()
        await second
        await writer.close()

    asyncio.run(write())

    assert lines(path) == [1, 2]


def test_more_than_a_bound_does_not_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watchword.store.sqlite.groups._MOST_WAITING", 2)

    async def write() -> list[object]:
        writer = writer_over(tmp_path / "x.db")
        outcomes = await asyncio.gather(
            *(writer.write(insert(number)) for number in range(9)),
            return_exceptions=True,
        )
        await writer.close()
        return list(outcomes)

    outcomes = asyncio.run(write())

    refused = [outcome for outcome in outcomes if isinstance(outcome, StoreUnavailable)]
    assert len(refused) == 6  # one is being written, two wait
    assert "too many" in str(refused[0])


def test_a_group_has_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watchword.store.sqlite.groups._LARGEST_GROUP", 4)
    path = tmp_path / "x.db"

    async def write() -> None:
        writer = writer_over(path)
        await asyncio.gather(*(writer.write(insert(number)) for number in range(30)))
        await writer.close()

    asyncio.run(write())

    assert lines(path) == list(range(30))


def test_close_finishes_what_waits(tmp_path: Path) -> None:
    path = tmp_path / "x.db"

    async def write() -> None:
        writer = writer_over(path)
        waiting = [asyncio.ensure_future(writer.write(insert(n))) for n in range(20)]
        await asyncio.sleep(0)
        await writer.close()
        await asyncio.gather(*waiting)

    asyncio.run(write())

    assert lines(path) == list(range(20))


def test_a_writer_that_is_locked_out_says_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "x.db"

    async def write() -> None:
        writer = writer_over(path)
        other = apsw.Connection(str(path))
        other.execute("BEGIN IMMEDIATE")
        try:
            with pytest.raises(StoreUnavailable, match="locked"):
                await writer.write(insert(1))
        finally:
            other.execute("ROLLBACK")
            await writer.close()

    asyncio.run(write())

    assert lines(path) == []


def test_nobody_but_the_owner_reads_the_file(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "watchword.db")
    store.open()
    asyncio.run(store.close())

    assert stat.S_IMODE((tmp_path / "watchword.db").stat().st_mode) == 0o600


def test_a_newer_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "watchword.db"
    connection = apsw.Connection(str(path))
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()

    with pytest.raises(NotAllowed, match="newer watchword"):
        SqliteStore(path).open()


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "watchword.db"
    path.write_bytes(b"this is no database" * 100)

    with pytest.raises(StoreUnavailable):
        SqliteStore(path).open()


def test_a_migration_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "watchword.db"
    monkeypatch.setattr(
        "watchword.store.sqlite.schema.MIGRATIONS", (*MIGRATIONS, "CREATE TABLE x (y); NONSENSE;")
    )

    with pytest.raises(StoreUnavailable):
        SqliteStore(path).open()

    connection = apsw.Connection(str(path))
    assert connection.execute("SELECT count(*) FROM sqlite_schema").fetchall() == [(0,)]
    connection.close()


def test_a_folder_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="cannot make"):
        SqliteStore(tmp_path / "missing" / "watchword.db").open()


def test_a_store_that_is_not_open_is_unavailable(tmp_path: Path) -> None:
    database = Database(tmp_path / "watchword.db")

    with pytest.raises(StoreUnavailable, match="not open"):
        database.read("SELECT 1", ())
    with pytest.raises(StoreUnavailable, match="not open"):
        _ = database.writer
    asyncio.run(database.close())


def test_a_library_that_can_corrupt_the_file_is_refused() -> None:
    require_sound_sqlite()
    with pytest.raises(NotAllowed, match=r"3\.51\.2 can corrupt"):
        require_sound_sqlite(3_051_002)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE live_token SET generation = 1", "only rises"),
        ("UPDATE live_token SET generation = 2", "only rises"),
        ("DELETE FROM live_token", "for ever"),
        ("INSERT INTO live_token VALUES ('svc', 3, 'j', 0, 0)", "UNIQUE"),
    ],
)
def test_the_file_itself_keeps_the_rules_of_the_ledger(
    tmp_path: Path, statement: str, said: str
) -> None:
    store = SqliteStore(tmp_path / "watchword.db")
    store.open()
    asyncio.run(store.close())
    connection = apsw.Connection(str(tmp_path / "watchword.db"))
    connection.execute("INSERT INTO live_token VALUES ('svc', 2, 'j', 0, 0)")

    with pytest.raises(apsw.ConstraintError, match=said):
        connection.execute(statement)
    connection.close()


def test_damage_is_found(tmp_path: Path) -> None:
    path = tmp_path / "watchword.db"
    store = SqliteStore(path)
    store.open()
    assert store.find_problems() == []
    asyncio.run(store.close())
    octets = bytearray(path.read_bytes())
    octets[-4096:] = b"\x55" * 4096
    path.write_bytes(octets)
    store = SqliteStore(path)
    store.open()

    assert store.find_problems()

    asyncio.run(store.close())
