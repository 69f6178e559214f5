"""What every request log guarantees: pages newest first, bounded work, nothing of others."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import apsw
import pytest

from support.calls import NOON, make_call
from watchword.access.errors import StoreUnavailable
from watchword.access.model import AccountId, KeyId
from watchword.access.request_log import CallFilter
from watchword.store.sqlite import requests
from watchword.store.sqlite.database import Database
from watchword.store.sqlite.requests import SqliteRequestLog

if TYPE_CHECKING:
    from collections.abc import Awaitable, Generator
    from pathlib import Path

    from watchword.access.request_log import Call, RequestLog

T = TypeVar("T")
ACME = AccountId("acme")


class Logs:
    """Logs over one file, as several workers have them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._runner = asyncio.Runner()
        self._opened = AsyncExitStack()
        self.log = self.another()

    def another(self) -> RequestLog:
        return self.run(self._opened.enter_async_context(SqliteRequestLog(self.path).open()))

    def run(self, awaitable: Awaitable[T]) -> T:
        async def wait() -> T:
            return await awaitable

        return self._runner.run(wait())

    def add(self, *calls: Call) -> None:
        self.run(self.log.add_calls(calls, {}))

    def find(self, before: int | None = None, limit: int = 50, **wanted: Any) -> list[Call]:
        asked = CallFilter(account=ACME, **wanted)
        page = self.run(self.log.find_calls(asked, before, limit))
        return [item.call for item in page.items]

    def close(self) -> None:
        self.run(self._opened.aclose())
        self._runner.close()


@pytest.fixture
def logs(tmp_path: Path) -> Generator[Logs]:
    made = Logs(tmp_path / "requests.db")
    yield made
    made.close()


def test_a_call_comes_back_as_it_was_in_every_worker(logs: Logs) -> None:
    plain = make_call(1)
    odd = make_call(
        2, key=None, operation="Ünïcode \"quoted\" 'x'", status=503, code="X", address=None
    )
    logs.add(plain, odd)

    page = logs.run(logs.another().find_calls(CallFilter(account=ACME), None, 50))

    assert [item.call for item in page.items] == [odd, plain]
    assert page.next is None


def test_an_accounts_calls_are_never_anothers(logs: Logs) -> None:
    theirs = make_call(1, account="beta", username="svc-beta", key="key_9")
    logs.add(theirs)

    asked: list[dict[str, Any]] = [
        {},
        {"username": "svc-beta"},
        {"key": "key_9"},
        {"correlation_id": theirs.correlation_id},
        {"operation": theirs.operation},
        {"service": theirs.service},
    ]
    for wanted in asked:
        assert logs.find(**wanted) == []
    assert logs.run(logs.log.find_last_uses(ACME, [KeyId("key_9")])) == {}


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({}, [6, 5, 4, 3, 2, 1]),
        ({"username": "svc-two"}, [2]),
        ({"service": "events"}, [3]),
        ({"operation": "Roles"}, [4]),
        ({"status_class": 2}, [5, 4, 3, 2, 1]),
        ({"status_class": 4}, [6]),
        ({"status_class": 5}, []),
        ({"code": "RATE_LIMITED"}, [6]),
        ({"key": "key_2"}, [5]),
        ({"correlation_id": make_call(3).correlation_id}, [3]),
        ({"correlation_id": make_call(3).correlation_id, "service": "profile"}, []),
        ({"username": "svc-acme", "key": "key_1", "status_class": 4, "service": "profile"}, [6]),
        ({"username": "svc-acme", "status_class": 4, "operation": "Info", "code": "X"}, []),
    ],
)
def test_calls_are_found_by_what_is_asked_for(
    logs: Logs, wanted: dict[str, Any], numbers: list[int]
) -> None:
    logs.add(
        make_call(1),
        make_call(2, username="svc-two"),
        make_call(3, service="events"),
        make_call(4, operation="Roles"),
        make_call(5, key="key_2"),
        make_call(6, status=429, code="RATE_LIMITED"),
    )

    found = logs.find(**wanted)

    assert [(call.at - NOON) // timedelta(seconds=1) for call in found] == numbers


def test_pages_follow_one_another_without_gap_or_repetition(logs: Logs) -> None:
    logs.add(*[make_call(number) for number in range(1, 8)])

    read: list[Call] = []
    before: int | None = None
    while True:
        page = logs.run(logs.log.find_calls(CallFilter(account=ACME), before, 3))
        read += [item.call for item in page.items]
        if page.next is None:
            break
        before = int(page.next)

    assert read == [make_call(number) for number in range(7, 0, -1)]


@pytest.mark.parametrize(
    "wanted",
    [
        {"service": "events"},
        {"username": "svc-acme", "service": "events"},
        {"operation": "Info", "service": "events"},
        {"key": "key_1", "service": "events"},
        {"status_class": 3},
    ],
)
def test_what_is_rare_is_looked_for_page_by_page_to_the_end(
    logs: Logs, wanted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "LOOKED_AT", 10)
    rare = make_call(0, service="events", status=302)
    logs.add(rare, *[make_call(number) for number in range(1, 45)])

    found, before, pages = [], None, 0
    while True:
        asked = CallFilter(account=ACME, **wanted)
        page = logs.run(logs.log.find_calls(asked, before, 50))
        found += [item.call for item in page.items]
        pages += 1
        if page.next is None:
            break
        before = int(page.next)

    assert found == [rare]
    assert pages == 5


def test_who_follows_reads_what_is_new_and_nothing_twice(logs: Logs) -> None:
    logs.add(make_call(1), make_call(2))
    newest = logs.run(logs.log.find_newest())
    logs.add(make_call(3), make_call(4, service="events"), make_call(5))

    wanted = CallFilter(account=ACME, service="profile")
    followed = logs.run(logs.another().follow_calls(wanted, newest, 50))

    assert [item.call for item in followed] == [make_call(3), make_call(5)]
    assert logs.run(logs.log.follow_calls(wanted, followed[-1].id, 50)) == []


@pytest.mark.parametrize("wanted", [{"service": "events"}, {"status_class": 3}])
def test_who_follows_from_long_ago_looks_at_so_many_calls_and_no_more(
    logs: Logs, wanted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "LOOKED_AT", 10)
    old, new = (make_call(number, service="events", status=302) for number in (0, 30))
    logs.add(old, *[make_call(number) for number in range(1, 30)], new)

    followed = logs.run(logs.log.follow_calls(CallFilter(account=ACME, **wanted), 0, 50))

    assert [item.call for item in followed] == [new]


def test_an_id_is_never_given_twice(logs: Logs) -> None:
    logs.add(make_call(1))
    first = logs.run(logs.log.find_newest())
    logs.run(logs.log.prune_calls(NOON + timedelta(days=1), most=100, limit=100))

    logs.add(make_call(2))

    assert logs.run(logs.log.find_newest()) > first


def test_the_last_use_of_a_key_is_its_newest_call(logs: Logs) -> None:
    logs.add(make_call(1), make_call(2), make_call(3, key="key_2"))

    uses = logs.run(logs.log.find_last_uses(ACME, [KeyId("key_1"), KeyId("key_2"), KeyId("key_3")]))

    assert uses == {"key_1": make_call(2).at, "key_2": make_call(3).at}


def test_what_was_missed_is_counted_by_account_and_day(logs: Logs) -> None:
    today = NOON.date()
    logs.run(logs.log.add_calls([], {(today, ACME): 3, (today, AccountId("beta")): 5}))
    logs.run(logs.another().add_calls([], {(today, ACME): 4}))

    assert logs.run(logs.log.count_missed(ACME, today)) == 7
    assert logs.run(logs.log.count_missed(ACME, today + timedelta(days=1))) == 0


def test_what_was_missed_is_forgotten_with_the_calls_of_its_day(logs: Logs) -> None:
    today = NOON.date()
    tomorrow = today + timedelta(days=1)
    calls = [make_call(1), make_call(86_400)]
    logs.run(logs.log.add_calls(calls, {(today, ACME): 3, (tomorrow, ACME): 4}))
    assert logs.run(logs.log.count_missed(ACME, today)) == 7

    logs.run(logs.log.prune_calls(NOON + timedelta(hours=12), most=100, limit=100))

    assert logs.run(logs.log.count_missed(ACME, today)) == 4
    assert logs.find() == calls[1:]


def test_of_one_account_and_day_so_many_calls_are_kept_and_the_others_counted(
    logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "MOST_OF_A_DAY", 3)
    theirs = make_call(50, account="beta")
    tomorrow = make_call(86_400)
    another = logs.another()

    logs.add(make_call(1), make_call(2))
    logs.run(another.add_calls([make_call(3), theirs, make_call(4)], {}))
    logs.add(make_call(5), tomorrow)

    assert logs.find() == [tomorrow, make_call(3), make_call(2), make_call(1)]
    assert logs.run(logs.log.count_missed(ACME, NOON.date())) == 2
    assert logs.run(logs.log.count_missed(AccountId("beta"), NOON.date())) == 0


def test_what_goes_though_it_is_young_is_missed_from_then_on(logs: Logs) -> None:
    logs.add(make_call(-86_400), *[make_call(number) for number in range(6)])
    theirs = make_call(7, account="beta")
    logs.add(theirs)

    before = NOON - timedelta(hours=1)
    counts = [logs.run(logs.log.prune_calls(before, most=3, limit=4)) for _ in range(3)]

    assert counts == [4, 1, 0]
    assert logs.run(logs.log.count_missed(ACME, NOON.date())) == 4
    assert logs.run(logs.log.count_missed(AccountId("beta"), NOON.date())) == 0


def test_the_oldest_calls_are_forgotten_first_and_no_more_than_so_many_at_once(logs: Logs) -> None:
    logs.add(*[make_call(number) for number in range(10)])
    before = NOON + timedelta(seconds=5)

    counts = [logs.run(logs.log.prune_calls(before, most=100, limit=3)) for _ in range(3)]

    assert counts == [3, 2, 0]
    assert logs.find() == [make_call(number) for number in range(9, 4, -1)]


def test_what_is_too_many_is_forgotten_however_young(logs: Logs) -> None:
    logs.add(*[make_call(number) for number in range(10)])

    logs.run(logs.log.prune_calls(NOON - timedelta(days=1), most=4, limit=100))

    assert logs.find() == [make_call(number) for number in range(9, 5, -1)]


def test_a_clock_that_was_set_back_keeps_nothing_for_ever(logs: Logs) -> None:
    logs.add(make_call(86_400), make_call(1), make_call(86_401))

    logs.run(logs.log.prune_calls(NOON + timedelta(seconds=5), most=100, limit=100))

    assert logs.find() == [make_call(86_401)]


def test_a_file_that_was_moved_away_is_not_read_on(logs: Logs) -> None:
    logs.add(make_call(1))
    logs.path.rename(logs.path.with_name("elsewhere.db"))

    logs.log.look_for_file()

    with pytest.raises(StoreUnavailable):
        logs.find()
    with pytest.raises(StoreUnavailable):
        logs.add(make_call(2))


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({}, "call_account"),
        ({"username": "svc-acme"}, "call_username"),
        ({"operation": "Info", "username": "svc-acme"}, "call_operation"),
        ({"status_class": 4, "username": "svc-acme"}, "call_failed"),
        ({"status_class": 2, "username": "svc-acme"}, "call_username"),
        ({"code": "X", "username": "svc-acme"}, "call_code"),
        ({"key": "key_1", "username": "svc-acme"}, "call_key"),
        ({"correlation_id": "c", "username": "svc-acme"}, "call_correlation"),
    ],
)
def test_every_question_goes_along_an_index_and_sorts_nothing(
    logs: Logs, monkeypatch: pytest.MonkeyPatch, wanted: dict[str, Any], index: str
) -> None:
    asked: list[tuple[str, Any]] = []
    read = Database.read

    def note(database: Database, query: str, bindings: Any) -> list[Any]:
        asked.append((query, bindings))
        return read(database, query, bindings)

    monkeypatch.setattr(Database, "read", note)
    logs.find(**wanted)
    logs.run(logs.log.follow_calls(CallFilter(account=ACME, **wanted), 5, 50))

    connection = apsw.Connection(str(logs.path))
    plans = [
        str(row[3])
        for query, bindings in asked
        for row in connection.execute("EXPLAIN QUERY PLAN " + query, bindings)
    ]
    assert plans
    assert all(f"INDEX {index} (" in plan for plan in plans)
