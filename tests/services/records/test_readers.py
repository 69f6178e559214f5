"""Requests at once, requests that take too long, and processes that fork."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import apsw
import pytest

from services.asking import Asker
from support.fakes import StoppedClock
from watchword.services.profile import ProfileService
from watchword.services.records import QueryTooSlow

if TYPE_CHECKING:
    from pathlib import Path

PERSON = """{ personIdSearch(id: "1-per-1") {
  ... on Person { name rolesEmployment { items { id } } }
  ... on GenericError { code errorMessage }
} }"""
SLOW = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
THREADS = 8


class RacingClock:
    """A second passes each time somebody looks."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 23, tzinfo=UTC)

    def now(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


def test_requests_of_several_threads_are_answered_at_once(
    congress_database: Path, connections: list[apsw.Connection]
) -> None:
    service = ProfileService(congress_database, clock=StoppedClock(), version="1")
    ask = Asker(service)
    alone = ask(PERSON)
    barrier = Barrier(THREADS)

    def answer(_: int) -> list[object]:
        with service.request("one of many") as context:
            barrier.wait(timeout=30)
            context.reader.check()
            barrier.wait(timeout=30)
        return [ask(PERSON) for _ in range(20)]

    with ThreadPoolExecutor(THREADS) as threads:
        answers = list(threads.map(answer, range(THREADS)))

    assert all(one == alone for many in answers for one in many)
    assert len(connections) == THREADS
    service.close()


def test_a_reader_that_was_given_back_is_used_again(
    congress_database: Path, connections: list[apsw.Connection]
) -> None:
    service = ProfileService(congress_database, clock=StoppedClock(), version="1")
    ask = Asker(service)

    for _ in range(5):
        ask(PERSON)

    assert len(connections) == 1
    service.close()


def test_a_child_reads_through_a_connection_of_its_own(
    congress_database: Path, connections: list[apsw.Connection]
) -> None:
    service = ProfileService(congress_database, clock=StoppedClock(), version="1")
    ask = Asker(service)
    ask(PERSON)

    child = os.fork()
    if child == 0:  # pragma: no cover - in the child
        is_right = bool(ask(PERSON)) and len(connections) == 2
        service.close()
        os._exit(0 if is_right else 1)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert ask(PERSON)
    assert len(connections) == 1
    service.close()


def test_a_request_that_has_used_up_its_time_is_refused(congress_database: Path) -> None:
    service = ProfileService(
        congress_database, clock=RacingClock(), version="1", time_budget=timedelta(seconds=5)
    )
    with service.request("slow") as context:
        with pytest.raises(QueryTooSlow) as raised:
            context.reader.rows(SLOW, ())
        with pytest.raises(QueryTooSlow):
            context.reader.check()
    service.close()

    assert raised.value.extensions == {"code": "QUERY_TOO_SLOW"}
    assert isinstance(raised.value.__cause__, apsw.InterruptError)


def test_the_time_of_a_request_counts_from_when_it_was_made(
    congress_database: Path, connections: list[apsw.Connection], caplog: pytest.LogCaptureFixture
) -> None:
    clock = StoppedClock()
    service = ProfileService(
        congress_database, clock=clock, version="1", time_budget=timedelta(seconds=5)
    )
    request = service.request("waited")
    clock.advance(timedelta(seconds=6))

    with request as context:
        for _ in range(3):
            with pytest.raises(QueryTooSlow):
                request.require_time()
            with pytest.raises(QueryTooSlow):
                context.reader.check()
    service.close()

    assert connections == []
    (record,) = caplog.records  # once, however often it is told
    assert (record.levelname, vars(record)["correlation_id"]) == ("WARNING", "waited")


def test_after_a_request_that_was_too_slow_the_next_is_answered(
    congress_database: Path, connections: list[apsw.Connection]
) -> None:
    service = ProfileService(congress_database, clock=RacingClock(), version="1")
    with service.request("slow") as context, pytest.raises(QueryTooSlow):
        context.reader.rows(SLOW, ())

    assert Asker(service)(PERSON)["personIdSearch"]["name"] == "Maria Cantwell"
    assert len(connections) == 1
    service.close()


def test_a_caller_reads_that_a_query_was_too_slow(congress_database: Path) -> None:
    late = ProfileService(
        congress_database,
        clock=StoppedClock(),
        version="1",
        time_budget=timedelta(seconds=-1),
    )

    answer = Asker(late).result("{ personSearch { items { id } } }")
    typed = Asker(late)(PERSON)["personIdSearch"]

    assert answer.data == {"personSearch": None}
    assert [error.extensions for error in answer.errors or []] == [{"code": "QUERY_TOO_SLOW"}]
    assert typed["code"] == "QUERY_TOO_SLOW"
    late.close()


def test_no_time_is_asked_for_where_nothing_is_read(tmp_path: Path) -> None:
    service = ProfileService(
        tmp_path / "none.db", clock=StoppedClock(), version="1", time_budget=timedelta(seconds=-1)
    )

    assert Asker(service)("{ __typename }") == {"__typename": "Query"}
    service.close()
