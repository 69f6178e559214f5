"""What is particular to the SQLite store: groups, failures of the disk, versions of the file."""

from __future__ import annotations

import asyncio
import stat
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import apsw
import pytest

from support.fakes import StoppedClock
from watchword.access.audit import AuditRecord, Chain
from watchword.access.auditing import AuditTrail, Soundness
from watchword.access.credentials import NO_KEY
from watchword.access.errors import NotAllowed, StoreUnavailable
from watchword.access.ledger import Asked, Found
from watchword.access.limiter import Buckets
from watchword.access.model import Account, AccountId, DocumentLimits, Plan, PlanName
from watchword.store.sqlite import SqliteStore
from watchword.store.sqlite.audit import AuditAppender
from watchword.store.sqlite.database import to_moment
from watchword.store.sqlite.groups import GroupWriter
from watchword.store.sqlite.register import register_database
from watchword.store.sqlite.schema import APPLICATION_ID, MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from watchword.access.signing import SealedKey

    Change = Callable[[apsw.Connection], object]

T = TypeVar("T")
WAIT = timedelta(seconds=5)
CHAIN = Chain(b"s" * 32)
APPENDER = AuditAppender(CHAIN)


def nothing(_: object) -> tuple[AuditRecord, ...]:
    """Describe a change that the audit log says nothing of."""
    return ()


def make_writer(path: Path, wait: timedelta = WAIT) -> GroupWriter:
    return GroupWriter(apsw.Connection(str(path)), lambda _, __: None, wait=wait)


class Numbers:
    """A file of numbers, and a writer over it for the length of a call."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with closing(apsw.Connection(str(path))) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("CREATE TABLE line (number INTEGER PRIMARY KEY)")

    def run(self, write: Callable[[GroupWriter], Awaitable[T]], wait: timedelta = WAIT) -> T:
        async def write_and_close() -> T:
            writer = make_writer(self.path, wait)
            try:
                return await write(writer)
            finally:
                await writer.close()

        return asyncio.run(write_and_close())

    def write_at_once(self, *changes: Change, wait: timedelta = WAIT) -> list[object]:
        """Return the outcome of each, or its error."""
        return self.run(lambda writer: at_once(writer, *changes), wait)

    def written(self) -> list[object]:
        with closing(apsw.Connection(str(self.path))) as connection:
            return [row[0] for row in connection.execute("SELECT number FROM line ORDER BY number")]


async def at_once(writer: GroupWriter, *changes: Change) -> list[object]:
    return list(
        await asyncio.gather(
            *(writer.write(change, nothing) for change in changes), return_exceptions=True
        )
    )


def insert(number: int) -> Change:
    return lambda connection: connection.execute(
        "INSERT INTO line VALUES (?)", (number,)
    ).fetchall()


def make_store(path: Path) -> None:
    database = register_database(path, APPENDER)
    database.open(may_make=True)
    asyncio.run(database.close())


@pytest.fixture
def numbers(tmp_path: Path) -> Numbers:
    return Numbers(tmp_path / "numbers.db")


def test_changes_that_wait_together_share_a_transaction(numbers: Numbers) -> None:
    commits = 0

    def count() -> bool:
        nonlocal commits
        commits += 1
        return False

    async def write(writer: GroupWriter) -> None:
        writer._connection.set_commit_hook(count)
        await at_once(writer, *map(insert, range(100)))

    numbers.run(write)

    assert numbers.written() == list(range(100))
    assert 1 <= commits <= 3


def test_a_failing_change_fails_alone(numbers: Numbers) -> None:
    outcomes = numbers.write_at_once(insert(1), insert(1), insert(2))

    assert numbers.written() == [1, 2]
    assert isinstance(outcomes[1], StoreUnavailable)
    assert isinstance(outcomes[1].__cause__, apsw.ConstraintError)


def test_a_commit_that_fails_fails_everybody_and_writes_nothing(numbers: Numbers) -> None:
    async def write(writer: GroupWriter) -> list[object]:
        writer._connection.set_commit_hook(lambda: True)  # turns COMMIT into ROLLBACK
        outcomes = await at_once(writer, *map(insert, range(3)))
        writer._connection.set_commit_hook(None)
        await writer.write(insert(7), nothing)
        return outcomes

    outcomes = numbers.run(write)

    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 3
    assert numbers.written() == [7]


def test_a_transaction_that_sqlite_ended_fails_everybody(numbers: Numbers) -> None:
    def end_it(connection: apsw.Connection) -> None:
        connection.execute("ROLLBACK")  # as SQLite itself does when the disk is full
        raise apsw.FullError("database or disk is full")

    outcomes = numbers.write_at_once(insert(1), insert(2), end_it, insert(3))

    failed = [index for index, outcome in enumerate(outcomes) if isinstance(outcome, Exception)]
    assert failed[-2:] == [2, 3]
    assert numbers.written() == [
        number for number, index in ((1, 0), (2, 1)) if index not in failed
    ]


def test_a_change_given_up_while_it_waits_is_not_written(numbers: Numbers) -> None:
    async def write(writer: GroupWriter) -> None:
        given_up = asyncio.ensure_future(writer.write(insert(1), nothing))
        beside = asyncio.ensure_future(writer.write(insert(2), nothing))
        asyncio.get_running_loop().call_soon(given_up.cancel)
        await beside
        assert given_up.cancelled()

    numbers.run(write)

    assert numbers.written() == [2]


def test_a_task_that_goes_away_while_it_is_written_takes_nobody_along(numbers: Numbers) -> None:
    async def write(writer: GroupWriter) -> None:
        def insert_and_go(connection: apsw.Connection) -> None:
            insert(1)(connection)
            going_away.cancel()

        going_away = asyncio.ensure_future(writer.write(insert_and_go, nothing))
        await asyncio.gather(writer.write(insert(2), nothing), going_away, return_exceptions=True)
        assert going_away.cancelled()

    numbers.run(write)

    assert numbers.written() == [1, 2]


def test_a_writer_that_is_cancelled_leaves_the_connection_in_peace(numbers: Numbers) -> None:
    async def write(writer: GroupWriter) -> None:
        first = asyncio.ensure_future(writer.write(insert(1), nothing))
        await asyncio.sleep(0)
        await asyncio.sleep(0)  # the commit is on the thread
        assert writer._running is not None
        writer._running.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await writer.write(insert(2), nothing)

    numbers.run(write)

    assert 2 in numbers.written()


def test_what_waits_for_a_writer_that_never_began_is_written_with_what_comes_next(
    numbers: Numbers,
) -> None:
    async def write(writer: GroupWriter) -> None:
        first = asyncio.ensure_future(writer.write(insert(1), nothing))
        asyncio.get_running_loop().call_soon(lambda: writer._running and writer._running.cancel())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        async with asyncio.timeout(10):
            await asyncio.gather(first, writer.write(insert(2), nothing))

    numbers.run(write)

    assert numbers.written() == [1, 2]


def test_a_change_that_cannot_be_described_writes_nothing(numbers: Numbers) -> None:
    def fail(_: object) -> tuple[AuditRecord, ...]:
        raise ValueError("no words for it")

    async def write(writer: GroupWriter) -> None:
        with pytest.raises(StoreUnavailable):
            await writer.write(insert(1), fail)
        await writer.write(insert(2), nothing)

    numbers.run(write)

    assert numbers.written() == [2]


def test_a_group_whose_records_cannot_be_appended_writes_nothing(tmp_path: Path) -> None:
    numbers = Numbers(tmp_path / "numbers.db")

    def fail(_connection: apsw.Connection, _records: object) -> None:
        raise apsw.FullError("database or disk is full")

    async def write() -> list[object]:
        connection = apsw.Connection(str(numbers.path))
        writer = GroupWriter(connection, fail, wait=timedelta(seconds=5))
        try:
            return await at_once(writer, insert(1), insert(2))
        finally:
            await writer.close()

    outcomes = asyncio.run(write())

    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 2
    assert numbers.written() == []


def test_more_than_a_bound_does_not_wait(numbers: Numbers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watchword.store.sqlite.groups._MOST_WAITING", 2)

    outcomes = numbers.write_at_once(*map(insert, range(9)))

    refused = [outcome for outcome in outcomes if isinstance(outcome, StoreUnavailable)]
    assert len(refused) == 7  # two wait
    assert "too many" in str(refused[0])


def test_a_group_has_a_bound(numbers: Numbers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watchword.store.sqlite.groups._LARGEST_GROUP", 4)

    numbers.write_at_once(*map(insert, range(30)))

    assert numbers.written() == list(range(30))


def test_close_finishes_what_waits(numbers: Numbers) -> None:
    async def write(writer: GroupWriter) -> None:
        waiting = [asyncio.ensure_future(writer.write(insert(n), nothing)) for n in range(20)]
        await asyncio.sleep(0)
        await writer.close()
        await asyncio.gather(*waiting)

    numbers.run(write)

    assert numbers.written() == list(range(20))


def test_a_writer_that_is_locked_out_says_unavailable(numbers: Numbers) -> None:
    with closing(apsw.Connection(str(numbers.path))) as other:
        other.execute("BEGIN IMMEDIATE")

        (outcome,) = numbers.write_at_once(insert(1), wait=timedelta(milliseconds=50))

    assert isinstance(outcome, StoreUnavailable)
    assert isinstance(outcome.__cause__, apsw.BusyError)
    assert numbers.written() == []


def test_a_file_of_the_first_version_keeps_what_it_held_and_begins_an_audit_log(
    tmp_path: Path,
) -> None:
    path = tmp_path / "watchword.db"
    with closing(apsw.Connection(str(path))) as before:
        before.execute(MIGRATIONS[0])
        before.pragma("application_id", APPLICATION_ID)
        before.pragma("user_version", 1)
        before.execute(
            """
            INSERT INTO service VALUES ('profile', 'Profile', '', NULL);
            INSERT INTO account VALUES ('acme', 'Acme', 1000, NULL);
            INSERT INTO entitlement VALUES ('acme', 'profile');
            INSERT INTO service_user VALUES ('svc', 'acme', 1000, NULL);
            INSERT INTO password VALUES ('svc', zeroblob(32), NULL);
            INSERT INTO live_token VALUES ('svc', 7, 'j7', 2000, 3000);
            INSERT INTO signing_key (kid, sealed, created_at) VALUES ('k', x'00', 1000);
            """
        )

    async def look() -> tuple[Found, list[SealedKey], Soundness]:
        store = SqliteStore(path, path.with_name("usage.db"), CHAIN)
        await store.open()
        try:
            asked = Asked("svc", NO_KEY, Buckets.of(None, "svc"), to_moment(0))
            return (
                await store.find_client(asked),
                await store.list_signing_keys(),
                await AuditTrail(store, CHAIN, StoppedClock()).verify(),
            )
        finally:
            await store.close()

    for _ in range(2):  # the second time there is nothing to bring anywhere
        found, keys, soundness = asyncio.run(look())

        assert found.client is not None
        assert found.client.passwords == (bytes(32),)
        assert found.live is not None
        assert (found.live.generation, found.live.jti) == (7, "j7")
        assert [(key.kid, key.signs_from) for key in keys] == [("k", to_moment(1000))]
        assert (soundness.problem, soundness.head.sequence) == (None, 1)


def test_a_plan_of_before_document_limits_gets_the_usual_ones(tmp_path: Path) -> None:
    path = tmp_path / "watchword.db"
    with closing(apsw.Connection(str(path))) as before:
        for script in MIGRATIONS[:3]:
            before.execute(script)
        before.pragma("application_id", APPLICATION_ID)
        before.pragma("user_version", 3)
        before.execute(
            "INSERT INTO plan VALUES ('gold'); INSERT INTO account VALUES ('acme', 'A', 1, NULL)"
        )

    async def look() -> tuple[Plan, Account]:
        store = SqliteStore(path, path.with_name("usage.db"), CHAIN)
        await store.open()
        try:
            plan = await store.get_plan(PlanName("gold"))
            return plan, await store.get_account(AccountId("acme"))
        finally:
            await store.close()

    plan, account = asyncio.run(look())

    assert plan == Plan(PlanName("gold"), documents=DocumentLimits())
    assert account.packages == ()


def test_nobody_but_the_owner_reads_the_file(tmp_path: Path) -> None:
    make_store(tmp_path / "watchword.db")

    assert stat.S_IMODE((tmp_path / "watchword.db").stat().st_mode) == 0o600


def test_a_newer_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "watchword.db"
    connection = apsw.Connection(str(path))
    connection.pragma("application_id", APPLICATION_ID)
    connection.pragma("user_version", len(MIGRATIONS) + 1)
    connection.close()
    before = path.read_bytes()

    with pytest.raises(NotAllowed, match="newer watchword"):
        register_database(path, APPENDER).open(may_make=True)

    assert path.read_bytes() == before


def test_another_programs_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "watchword.db"
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE account (name TEXT)")
    connection.close()
    before = path.read_bytes()

    with pytest.raises(NotAllowed, match="another program's database"):
        register_database(path, APPENDER).open(may_make=True)

    assert path.read_bytes() == before


def test_a_file_that_went_away_does_not_come_back_empty(tmp_path: Path) -> None:
    path = tmp_path / "watchword.db"

    with pytest.raises(NotAllowed, match="is missing: restore it from your backup"):
        register_database(path, APPENDER).open(may_make=False)

    assert not path.exists()


def test_a_file_that_is_there_is_opened_without_leave_to_make_it(tmp_path: Path) -> None:
    path = tmp_path / "watchword.db"
    make_store(path)
    database = register_database(path, APPENDER)

    database.open(may_make=False)

    assert database.read("SELECT count(*) FROM account", ()) == [(0,)]
    asyncio.run(database.close())


def test_what_is_committed_has_reached_the_disk(tmp_path: Path) -> None:
    database = register_database(tmp_path / "watchword.db", APPENDER)
    database.open(may_make=True)

    def pragma(connection: apsw.Connection) -> object:
        return connection.pragma("synchronous")

    synchronous = asyncio.run(database.write(pragma, nothing))

    assert synchronous == 2  # FULL
    asyncio.run(database.close())


def test_a_damaged_file_is_told_in_an_operators_words(tmp_path: Path) -> None:
    path = tmp_path / "watchword.db"
    make_store(path)
    path.write_bytes(path.read_bytes()[:100] + b"\xff" * 8192)

    with pytest.raises(StoreUnavailable, match="it is damaged; restore it") as caught:
        register_database(path, APPENDER).open(may_make=False)

    assert "malformed" not in str(caught.value)


def test_a_failing_read_is_told_in_an_operators_words(tmp_path: Path) -> None:
    path = tmp_path / "watchword.db"
    database = register_database(path, APPENDER)
    database.open(may_make=True)

    with pytest.raises(StoreUnavailable, match="it is write-protected; check") as caught:
        database.read("DELETE FROM account", ())

    assert isinstance(caught.value.__cause__, apsw.ReadOnlyError)
    asyncio.run(database.close())


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "watchword.db"
    path.write_bytes(b"this is no database" * 100)

    with pytest.raises(StoreUnavailable):
        register_database(path, APPENDER).open(may_make=True)


def test_a_migration_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "watchword.db"
    monkeypatch.setattr(
        "watchword.store.sqlite.register.MIGRATIONS", (*MIGRATIONS, "CREATE TABLE x (y); NONSENSE;")
    )

    with pytest.raises(StoreUnavailable):
        register_database(path, APPENDER).open(may_make=True)

    connection = apsw.Connection(str(path))
    assert connection.execute("SELECT count(*) FROM sqlite_schema").fetchall() == [(0,)]
    connection.close()


def test_a_folder_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="cannot make"):
        register_database(tmp_path / "missing" / "watchword.db", APPENDER).open(may_make=True)


def test_a_store_that_is_not_open_is_unavailable(tmp_path: Path) -> None:
    database = register_database(tmp_path / "watchword.db", APPENDER)

    with pytest.raises(StoreUnavailable, match="not open"):
        database.read("SELECT 1", ())
    with pytest.raises(StoreUnavailable, match="not open"):
        asyncio.run(database.write(lambda _: None, nothing))
    asyncio.run(database.close())


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
    make_store(tmp_path / "watchword.db")
    connection = apsw.Connection(str(tmp_path / "watchword.db"))
    connection.execute("INSERT INTO live_token VALUES ('svc', 2, 'j', 0, 0)")

    with pytest.raises(apsw.ConstraintError, match=said):
        connection.execute(statement)
    connection.close()


def test_damage_is_found(tmp_path: Path) -> None:
    path = tmp_path / "watchword.db"

    async def problems() -> list[str]:
        store = SqliteStore(path, path.with_name("usage.db"), CHAIN)
        await store.open(may_make=True)
        try:
            return await store.find_problems()
        finally:
            await store.close()

    assert asyncio.run(problems()) == []
    octets = bytearray(path.read_bytes())
    octets[-4096:] = b"\x55" * 4096
    path.write_bytes(octets)

    assert asyncio.run(problems())


def test_a_file_that_was_replaced_takes_no_more_writes(tmp_path: Path) -> None:
    path = tmp_path / "watchword.db"

    async def replace_and_ask() -> None:
        store = SqliteStore(path, path.with_name("usage.db"), CHAIN)
        await store.open(may_make=True)
        await store.require_answer()
        path.rename(tmp_path / "elsewhere.db")
        for _ in range(2):  # gone, then another one
            with pytest.raises(StoreUnavailable, match="was replaced"):
                await store.require_answer()
            with pytest.raises(StoreUnavailable, match="was replaced"):
                await store.add_issuer("https://a.example")
            path.write_bytes(b"")
        await store.close()

    asyncio.run(replace_and_ask())


def test_a_closed_writer_takes_no_more(tmp_path: Path) -> None:
    writer = make_writer(tmp_path / "x.db")

    async def write_after_close() -> None:
        await writer.close()
        await writer.write(lambda _: None, nothing)

    with pytest.raises(StoreUnavailable, match="closed"):
        asyncio.run(write_after_close())
