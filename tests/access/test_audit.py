"""Whatever somebody does to the rows of the audit log, without the secret, shows."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.fakes import StoppedClock
from support.stores import append_records
from watchword.access.audit import AuditRecord, By, Chain, Edge, End, Event, KeptRecord, Source
from watchword.access.auditing import AuditTrail, Soundness
from watchword.access.errors import NotAllowed
from watchword.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")
Change = tuple[str, tuple[int | str | bytes, ...]]
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECRET = b"s" * 32
BY = By("cli:tester")
PRUNED, LAST = 5, 16
"""Records 1 to 5 were pruned; 6 to 16 are there."""
_LIMITLESS = """
PRAGMA ignore_check_constraints = ON;
DROP TRIGGER IF EXISTS audit_stays_as_it_is;
DROP TRIGGER IF EXISTS audit_stays;
"""


class Log:
    """An audit log over a real file."""

    def __init__(self, path: Path, secret: bytes = SECRET) -> None:
        self.path = path
        self.chain = Chain(secret)
        self.clock = StoppedClock(NOW)

    def ask(self, question: Callable[[SqliteStore], Awaitable[T]]) -> T:
        async def carry_out() -> T:
            store = SqliteStore(self.path, self.path.with_name("usage.db"), self.chain)
            await store.open(may_make=True)
            try:
                return await question(store)
            finally:
                await store.close()

        return asyncio.run(carry_out())

    def trail(self, store: SqliteStore) -> AuditTrail:
        return AuditTrail(store, self.chain, self.clock)

    def fill(self, count: int, *, apart: timedelta = timedelta(days=1)) -> None:
        async def add(store: SqliteStore) -> None:
            for number in range(count):
                at = self.clock.now() + number * apart
                facts = {"username": f"svc-{number}"}
                record = AuditRecord(Event.USER_ADDED, at, "cli:tester", facts=facts)
                await append_records(store, at, [record])

        self.ask(add)

    def verify(self, *, newest: int | None = None, noted: Edge | None = None) -> Soundness:
        return self.ask(lambda store: self.trail(store).verify(newest=newest, noted=noted))

    def prune(self, older_than: timedelta) -> int:
        return self.ask(lambda store: self.trail(store).prune(older_than, BY))

    def head(self) -> Edge:
        return self.ask(lambda store: store.find_audit_edges())[1]

    def read(self) -> list[KeptRecord]:
        return self.ask(lambda store: store.read_audit(-(2**63), 1_000))

    def change(self, *changes: Change) -> None:
        """Change rows as somebody would who can write the file and has not the secret."""
        with closing(apsw.Connection(str(self.path))) as connection:
            connection.execute(_LIMITLESS)
            for statement, bindings in changes:
                connection.execute(statement, bindings)


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "watchword.db")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that each example copies: 15 records, a day apart, of which 5 were pruned."""
    path = tmp_path_factory.mktemp("log") / "watchword.db"
    log = Log(path)
    log.fill(15)
    log.clock.advance(timedelta(days=30))
    assert log.prune(timedelta(days=25)) == PRUNED
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return path


@pytest.fixture(scope="module")
def copy(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Log]:
    """Makes copies, one after the other."""
    folder = tmp_path_factory.mktemp("copies")
    count = iter(range(1_000_000))

    def make() -> Log:
        path = folder / f"{next(count)}.db"
        shutil.copyfile(filled, path)
        return Log(path)

    return make


kept = st.integers(PRUNED + 1, LAST)
whole = st.integers(-(2**63) + 1, 2**63 - 1)
links = st.binary(min_size=32, max_size=32)
texts = st.one_of(
    st.text().map(str.encode),
    st.binary(),
    st.just(b'{"time":"2026-11-23T12:00:00Z","event":"user.added","actor":"cli:other"}'),
)
places = st.sampled_from(["floor", "head"])


def set_column(column: str, values: st.SearchStrategy[int | bytes]) -> st.SearchStrategy[Change]:
    value = "CAST(? AS TEXT)" if column == "record" else "?"
    statement = f"UPDATE audit SET {column} = {value} WHERE sequence = ?"  # noqa: S608 - our own
    return st.tuples(st.just(statement), st.tuples(values, kept))


def set_edge(column: str, values: st.SearchStrategy[int | bytes]) -> st.SearchStrategy[Change]:
    statement = f"UPDATE audit_edge SET {column} = ? WHERE place = ?"  # noqa: S608 - our own
    return st.tuples(st.just(statement), st.tuples(values, places))


def run_on(number: st.SearchStrategy[int], statement: str) -> st.SearchStrategy[Change]:
    return st.tuples(st.just(statement), st.tuples(number))


CHANGES: st.SearchStrategy[Change] = st.one_of(
    set_column("recorded_at", whole),
    set_column("record", texts),
    set_column("link", links),
    set_column("sequence", st.one_of(whole, st.integers(-3, LAST + 3))),
    set_edge("sequence", st.one_of(whole, st.integers(-3, LAST + 3))),
    set_edge("link", links),
    set_edge("seal", st.binary(max_size=40)),
    run_on(kept, "DELETE FROM audit WHERE sequence = ?"),
    run_on(kept, "DELETE FROM audit WHERE sequence >= ?"),
    run_on(kept, "DELETE FROM audit WHERE sequence <= ?"),
    st.tuples(
        st.just("DELETE FROM audit_edge WHERE place = ?"), places.map(lambda place: (place,))
    ),
    # A genuine record once more, at another place.
    st.tuples(
        st.just(
            "INSERT OR IGNORE INTO audit SELECT ?, recorded_at, record, link FROM audit "
            "WHERE sequence = ?"
        ),
        st.tuples(st.one_of(whole, st.integers(-3, LAST + 3)), kept),
    ),
    # The end is set back to a record that was genuine, with the mark that it would need.
    run_on(
        kept,
        "INSERT OR REPLACE INTO audit_edge SELECT 'head', sequence, link, "
        "(SELECT seal FROM audit_edge WHERE place = 'head') FROM audit WHERE sequence = ?",
    ),
)


def dump(path: Path) -> list[object]:
    with closing(apsw.Connection(str(path))) as connection:
        rows = "SELECT sequence, recorded_at, CAST(record AS BLOB), link FROM audit"
        edges = "SELECT place, sequence, link, seal FROM audit_edge"
        return [*connection.execute(rows), *sorted(connection.execute(edges))]


def test_a_log_that_nobody_touched_is_sound(copy: Callable[[], Log]) -> None:
    soundness = copy().verify()

    assert soundness.problem is None
    assert (soundness.first, soundness.head.sequence) == (PRUNED + 1, LAST)


@given(changes=st.lists(CHANGES, min_size=1, max_size=3))
@settings(max_examples=300, deadline=None)
def test_every_change_from_outside_is_found(copy: Callable[[], Log], changes: list[Change]) -> None:
    log = copy()
    before = dump(log.path)
    with suppress(apsw.ConstraintError):  # two records cannot have one number
        log.change(*changes)

    problem = log.verify().problem

    assert (problem is not None) == (dump(log.path) != before)


@given(places=st.lists(kept, min_size=2, max_size=2, unique=True))
@settings(max_examples=20, deadline=None)
def test_two_records_that_changed_places_are_found(
    copy: Callable[[], Log], places: list[int]
) -> None:
    log = copy()
    one, other = places
    move = "UPDATE audit SET sequence = ? WHERE sequence = ?"

    log.change((move, (-1, one)), (move, (one, other)), (move, (other, -1)))

    assert log.verify().problem is not None


@given(start=kept, moved=st.booleans())
@settings(max_examples=20, deadline=None)
def test_a_log_that_was_linked_anew_without_the_secret_is_found(
    copy: Callable[[], Log], start: int, *, moved: bool
) -> None:
    log, forger = copy(), Chain(b"another secret, guessed" * 2)
    records = log.read()
    link = records[0].link
    changes: list[Change] = []
    for record in records[start - PRUNED - 1 :]:
        text = record.text.replace("svc", "abc")
        link = forger.link(link, record.sequence, record.recorded_at, text)
        changes.append(
            (
                "UPDATE audit SET record = ?, link = ? WHERE sequence = ?",
                (text, link, record.sequence),
            )
        )
    if moved:
        changes.append(("UPDATE audit_edge SET link = ? WHERE place = 'head'", (link,)))

    log.change(*changes)

    assert log.verify().problem is not None


def test_an_end_that_was_sealed_anew_without_the_secret_is_found(
    copy: Callable[[], Log],
) -> None:
    log = copy()
    last = log.read()[-2]
    for guessed in (b"another secret, guessed" * 2, bytes(32)):
        seal = Chain(guessed).seal(End.HEAD, last.sequence, last.link)
        plain = hashlib.sha256(b"head" + last.link).digest()
        for forged in (seal, plain, b""):
            log.change(
                ("DROP TRIGGER IF EXISTS audit_stays", ()),
                ("DELETE FROM audit WHERE sequence > ?", (last.sequence,)),
                (
                    "UPDATE audit_edge SET sequence = ?, link = ?, seal = ? WHERE place = 'head'",
                    (last.sequence, last.link, forged),
                ),
            )

            assert log.verify().problem is not None


def test_what_was_added_behind_the_newest_record_is_found(copy: Callable[[], Log]) -> None:
    log = copy()
    log.change(("INSERT INTO audit VALUES (?, 1, '{}', ?)", (LAST + 1, bytes(32))))

    assert log.verify().problem == f"record {LAST + 1} was changed, or the one before it was"


def test_what_was_added_below_the_oldest_record_is_found(copy: Callable[[], Log]) -> None:
    log = copy()
    log.change(("INSERT INTO audit VALUES (?, 1, '{}', ?)", (2, bytes(32))))

    assert log.verify().problem == "record 2 was added from outside"


def test_an_end_that_was_set_back_is_found_while_its_records_are_there(log: Log) -> None:
    log.fill(3)
    earlier = log.head()
    log.fill(2)

    log.change(
        (
            "UPDATE audit_edge SET sequence = ?, link = ?, seal = ? WHERE place = 'head'",
            (earlier.sequence, earlier.link, earlier.seal),
        )
    )

    assert log.verify().problem == "record 4 was added from outside, or the end set back"


def test_a_log_that_was_set_back_whole_is_found_by_a_head_that_was_noted(
    log: Log, tmp_path: Path
) -> None:
    log.fill(3)
    shutil.copyfile(log.path, tmp_path / "backup.db")
    log.fill(2)
    noted = log.head()
    shutil.copyfile(tmp_path / "backup.db", log.path)

    assert log.verify().problem is None
    assert "was set back" in str(log.verify(noted=noted).problem)
    log.fill(4, apart=timedelta(hours=1))
    assert log.verify().problem is None
    assert "went on from there" in str(log.verify(noted=noted).problem)


def test_a_head_that_was_noted_is_found_for_ever(log: Log) -> None:
    log.fill(3)
    noted = log.head()
    log.fill(3)

    assert log.verify(noted=noted).problem is None


def test_a_noted_head_is_good_until_it_is_pruned(copy: Callable[[], Log]) -> None:
    log = copy()
    records = log.read()
    floor = log.ask(lambda store: store.find_audit_edges())[0]

    assert log.verify(noted=floor).problem is None
    assert log.verify(noted=Edge(PRUNED, records[0].link)).problem is not None
    assert "was pruned" in str(log.verify(noted=Edge(PRUNED - 1, floor.link)).problem)


def test_the_newest_alone_can_be_looked_at(copy: Callable[[], Log]) -> None:
    log = copy()
    log.change(("UPDATE audit SET recorded_at = ? WHERE sequence = ?", (1, 8)))

    soundness = log.verify(newest=4)

    assert (soundness.problem, soundness.first) == (None, LAST - 3)
    assert log.verify(newest=9).problem is not None
    assert log.verify(newest=1_000).problem is not None


def test_the_newest_that_are_missing_are_found_by_a_short_look(copy: Callable[[], Log]) -> None:
    log = copy()
    log.change(("DELETE FROM audit WHERE sequence >= ?", (LAST - 3,)))

    assert log.verify(newest=2).problem is not None
    assert log.verify(newest=10).problem == f"record {LAST - 3} is missing"


def test_another_deployments_log_is_not_sound(copy: Callable[[], Log]) -> None:
    log = Log(copy().path, b"another deployment's" * 2)

    assert log.verify().problem is not None


def test_a_log_without_records_is_not_sound(log: Log) -> None:
    assert "the log is empty" in str(log.verify().problem)


def test_what_is_recorded_during_a_verification_is_no_problem(log: Log) -> None:
    log.fill(3)

    async def verify(store: SqliteStore) -> Soundness:
        class Busy(SqliteStore):
            async def read_audit(self, after: int, limit: int) -> list[KeptRecord]:
                await append_records(store, NOW, [AuditRecord(Event.KEY_ADDED, NOW, "x")])
                return await super().read_audit(after, limit)

        busy = Busy(log.path, log.path.with_name("usage.db"), log.chain)
        await busy.open()
        try:
            return await log.trail(busy).verify()
        finally:
            await busy.close()

    soundness = log.ask(verify)

    assert (soundness.problem, soundness.head.sequence) == (None, 3)


def test_what_is_pruned_during_a_verification_is_no_problem(log: Log) -> None:
    log.fill(6)
    log.clock.advance(timedelta(days=10))

    async def verify(store: SqliteStore) -> Soundness:
        class Busy(SqliteStore):
            pruned = False

            async def read_audit(self, after: int, limit: int) -> list[KeptRecord]:
                if not self.pruned:
                    self.pruned = True
                    await store.prune_audit(
                        NOW + timedelta(days=3), 1_000, BY.record(Event.AUDIT_PRUNED, NOW)
                    )
                return await super().read_audit(after, limit)

        busy = Busy(log.path, log.path.with_name("usage.db"), log.chain)
        await busy.open()
        try:
            return await log.trail(busy).verify()
        finally:
            await busy.close()

    soundness = log.ask(verify)

    assert (soundness.problem, soundness.first) == (None, 4)


@given(
    days=st.lists(st.integers(-20, 20), min_size=1, max_size=12),
    older_than=st.lists(st.integers(0, 40), min_size=1, max_size=3),
)
@settings(max_examples=40, deadline=None)
def test_a_log_is_sound_after_pruning_whatever_the_clock_did(
    days: list[int], older_than: list[int]
) -> None:
    with TemporaryDirectory() as folder:
        log = Log(Path(folder) / "watchword.db")
        for day in days:
            log.clock.moment = NOW + timedelta(days=day)
            log.fill(1)
        for age in older_than:
            log.prune(timedelta(days=age))

        assert log.verify().problem is None
        young = [r.recorded_at for r in log.read()]
        assert [r.sequence for r in log.read()] == list(
            range(log.verify().first, log.head().sequence + 1)
        )
        assert young


def test_a_log_that_is_not_sound_is_evidence_and_not_pruned(copy: Callable[[], Log]) -> None:
    log = copy()
    log.change(("DELETE FROM audit WHERE sequence = ?", (9,)))

    with pytest.raises(NotAllowed, match="record 9 is missing: nothing is forgotten"):
        log.prune(timedelta())

    assert len(log.read()) == LAST - PRUNED - 1


@pytest.mark.parametrize(
    ("older_than", "said"),
    [(timedelta(days=-1), "negative"), (timedelta(days=999_999_999), "longer than the calendar")],
)
def test_an_age_is_a_length_of_time(log: Log, older_than: timedelta, said: str) -> None:
    log.fill(1)

    with pytest.raises(NotAllowed, match=said):
        log.prune(older_than)

    assert len(log.read()) == 1


def test_much_is_pruned_little_by_little_with_one_record_and_room_for_others(log: Log) -> None:
    async def add(store: SqliteStore) -> None:
        record = AuditRecord(Event.KEY_ADDED, NOW, "cli:tester")
        await append_records(store, NOW, [record] * 10_001)

    async def prune(store: SqliteStore) -> int:
        async def record_something() -> None:
            moment = log.clock.now()
            await append_records(store, moment, [AuditRecord(Event.KEY_ADDED, moment, "x")])

        trail = log.trail(store)
        return await trail.prune(timedelta(hours=1), BY, pause=record_something)

    log.ask(add)
    log.clock.advance(timedelta(days=1))

    assert log.ask(prune) == 10_001
    left = [json.loads(record.text)["event"] for record in log.read()]
    assert left == ["audit.pruned", "key.added", "key.added"]
    assert log.verify().problem is None


def test_a_long_verification_tells_how_far_it_is(log: Log) -> None:
    async def add(store: SqliteStore) -> None:
        record = AuditRecord(Event.KEY_ADDED, NOW, "cli:tester")
        await append_records(store, NOW, [record] * 2_500)

    log.ask(add)
    told: list[tuple[int, int]] = []
    log.ask(lambda store: log.trail(store).verify(lambda done, all_: told.append((done, all_))))

    assert told == [(1_000, 2_500), (2_000, 2_500)]


def test_it_is_found_behind_which_the_newest_are(log: Log) -> None:
    log.fill(5)

    async def find(store: SqliteStore) -> list[int]:
        return [await log.trail(store).find_last(count) for count in (0, 2, 9)]

    found = log.ask(find)

    assert found == [5, 3, 0]


def test_a_long_user_agent_is_cut() -> None:
    record = AuditRecord(Event.KEY_ADDED, NOW, "x", Source(user_agent="a" * 5_000))

    assert record.members()["user_agent"] == "a" * 200
