"""What takes long is run beside the event loop, in its time, and is bounded in size."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from threading import Event, current_thread, main_thread
from typing import TYPE_CHECKING, Any, cast

import pytest
from graphql import build_schema

from support.fakes import StoppedClock
from watchword.access.errors import AnswerTooLarge, ServiceBusy
from watchword.services.directory import ServiceFailure
from watchword.services.documents import Answer, Documents, Question, Terms
from watchword.services.engine.binding import Batch, Root, bind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from watchword.services.directory import Service

SDL = """
directive @cost(weight: Int!) on FIELD_DEFINITION
type Query {
  quick: Int
  costly: Int @cost(weight: 3000)
  slow: Int
  held: Int
  few: [Item]
  many: [Item]
  text: String
  longText: String
}
type Item { first: Int second: Int }
"""
SECOND = timedelta(seconds=1)
BUDGET = 5 * SECOND
PATIENCE = 30.0


class TooLate(ServiceFailure):
    code = "TOO_LATE"


class Timed:
    """A request that has five seconds."""

    def __init__(self, clock: StoppedClock) -> None:
        self._clock = clock
        self._deadline: datetime = clock.now() + BUDGET

    def __enter__(self) -> None:
        """Share nothing."""

    def __exit__(self, *raised: object) -> None:
        """Nothing was lent."""

    def require_time(self) -> None:
        if self._clock.now() > self._deadline:
            raise TooLate


class Timeful:
    """A service that notes which fields were answered, and in which threads."""

    name = "timeful"

    def __init__(self) -> None:
        self.clock = StoppedClock()
        self.asked: list[str] = []
        self.beside: list[bool] = []
        self.has_begun, self.may_end = Event(), Event()
        self.schema = bind(
            build_schema(SDL),
            {
                "Query": {
                    "quick": Root(self._note),
                    "costly": Root(self._note),
                    "slow": Root(self._note, is_slow=True),
                    "held": Root(self._hold, is_slow=True),
                    "few": Root(lambda _: [None, *range(100)]),
                    "many": Root(lambda _: list(range(101))),
                    "text": Root(lambda _: "x" * 50),
                    "longText": Root(lambda _: "x" * 50, is_slow=True),
                },
                "Item": {"first": Batch(self._take_long), "second": Batch(self._second)},
            },
            {},
            {},
        )

    def _note(self, _: object) -> int:
        self.asked.append("it")
        self.beside.append(current_thread() is not main_thread())
        return 1

    def _hold(self, _: object) -> int:
        self.has_begun.set()
        assert self.may_end.wait(PATIENCE)
        return 1

    def _take_long(self, sources: Sequence[int], _: object) -> list[int]:
        self.clock.advance(BUDGET + SECOND)
        return list(sources)

    def _second(self, sources: Sequence[int], _: object) -> list[int]:
        self.asked.append("second")
        return list(sources)

    def request(self, _: str) -> Timed:
        return Timed(self.clock)


def documents_of(service: Timeful, answer_limit: int = 10_000) -> Documents:
    return Documents(cast("Service", service), remembered=9, answer_limit=answer_limit)


async def ask(documents: Documents, query: str, account: str = "acme") -> Answer:
    question = Question(query, None, None, is_query_only=False)
    return await documents.answer(question, Terms(account=account), "the-id")


def members_of(answer: Answer) -> dict[str, Any]:
    members: dict[str, Any] = json.loads(answer.to_json())
    return members


@pytest.mark.parametrize(
    ("field", "is_beside"), [("quick", False), ("costly", True), ("slow", True)]
)
def test_what_is_costly_or_slow_leaves_the_event_loop(field: str, is_beside: bool) -> None:
    service = Timeful()
    documents = documents_of(service)

    answer = asyncio.run(ask(documents, f"{{ {field} }}"))
    documents.close()

    assert members_of(answer)["data"] == {field: 1}
    assert service.beside == [is_beside]


def test_a_slow_answer_is_encoded_in_the_thread_that_ran_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = Timeful()
    documents = documents_of(service)

    def encode(*_: object) -> bytes:
        assert current_thread() is not main_thread()
        return b"encoded"

    monkeypatch.setattr("watchword.services.documents.encode_in_pieces", encode)
    answer = asyncio.run(ask(documents, "{ slow }"))
    documents.close()

    assert answer.to_json() == b"encoded"


@pytest.mark.parametrize("field", ["text", "longText"])
def test_an_answer_is_no_larger_than_the_setting_says(field: str) -> None:
    query = f"{{ {field} }}"
    documents = documents_of(Timeful())
    size = len(asyncio.run(ask(documents, query)).to_json())
    documents.close()
    enough, less = documents_of(Timeful(), size), documents_of(Timeful(), size - 1)

    assert len(asyncio.run(ask(enough, query)).to_json()) == size
    with pytest.raises(AnswerTooLarge):
        asyncio.run(ask(less, query))
    enough.close()
    less.close()


def test_the_time_of_a_document_counts_from_its_arrival() -> None:
    service = Timeful()
    documents = documents_of(service)

    async def check() -> dict[str, Any]:
        first = asyncio.create_task(ask(documents, "{ held }"))
        await asyncio.to_thread(service.has_begun.wait, PATIENCE)
        second = asyncio.create_task(ask(documents, "{ slow }"))
        await asyncio.sleep(0)
        service.clock.advance(BUDGET + SECOND)
        service.may_end.set()
        assert (await first).is_executed
        return members_of(await second)

    members = asyncio.run(check())
    documents.close()

    assert service.asked == []
    assert members["data"] is None
    assert [error["extensions"] for error in members["errors"]] == [{"code": "TOO_LATE"}]


def test_the_time_of_a_document_ends_it_between_the_fields_of_many_objects() -> None:
    service = Timeful()

    many = asyncio.run(ask(documents_of(service), "{ many { first second } }"))

    assert service.asked == []
    assert many.has_errors
    assert members_of(many)["data"] is None
    assert members_of(many)["errors"][0]["extensions"] == {"code": "TOO_LATE"}


def test_fields_of_few_objects_do_not_look_at_the_clock() -> None:
    service = Timeful()

    few = asyncio.run(ask(documents_of(service), "{ few { first second } }"))

    assert service.asked == ["second"]
    assert not few.has_errors


def test_a_busy_account_is_refused_and_another_is_answered() -> None:
    service = Timeful()
    documents = documents_of(service)

    async def check() -> None:
        tasks = [asyncio.create_task(ask(documents, "{ held }", "greedy")) for _ in range(8)]
        await asyncio.to_thread(service.has_begun.wait, PATIENCE)
        with pytest.raises(ServiceBusy):
            await ask(documents, "{ held }", "greedy")
        assert members_of(await ask(documents, "{ slow }", "modest"))["data"] == {"slow": 1}
        service.may_end.set()
        await asyncio.gather(*tasks)

    asyncio.run(check())
    documents.close()
