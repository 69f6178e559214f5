"""Documents are validated once, memory is bounded, and no failure leaks its text."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from graphql import GraphQLError, GraphQLSchema, build_schema

from support.services import Unhurried
from watchword.services.directory import ServiceFailure
from watchword.services.documents import Answer, Documents, Question, Terms
from watchword.services.engine.judging import judge

TERMS = Terms()
COST = {"cost": {"requested": 1, "limit": 25_000}}
SDL = """
type Query {
  number: Int secret: String! broken: Int refused: Int down: Int
  echo(text: String!): String }
type Mutation { change: Int }
"""


class Service:
    name = "small"
    title = "Small"
    description = "For tests."

    def __init__(self) -> None:
        self.schema: GraphQLSchema = build_schema(SDL)
        self.requests: list[str] = []
        query = self.schema.query_type
        assert query is not None
        query.fields["number"].resolve = lambda *_: 7
        query.fields["echo"].resolve = lambda _root, _info, text: text
        for name, error in {
            "secret": KeyError("the password is hunter2"),
            "broken": ZeroDivisionError("of ours"),
            "refused": GraphQLError("ask otherwise", extensions={"code": "BAD_USER_INPUT"}),
            "down": ServiceFailure(),
        }.items():
            query.fields[name].resolve = self._raising(error)

    @staticmethod
    def _raising(error: Exception) -> Any:
        def resolve(*_: object) -> object:
            raise error

        return resolve

    def request(self, correlation_id: str) -> Unhurried:
        self.requests.append(correlation_id)
        return Unhurried()

    def open(self) -> None:
        """Nothing to open."""

    def close(self) -> None:
        """Nothing to close."""


def question(query: str, **changes: Any) -> Question:
    usual: dict[str, Any] = {"variables": None, "operation_name": None, "is_query_only": False}
    return Question(query=query, **{**usual, **changes})


def ask(
    documents: Documents, question: Question, correlation_id: str, terms: Terms = TERMS
) -> Answer:
    return asyncio.run(documents.answer(question, terms, correlation_id))


def test_a_document_is_validated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    documents = Documents(Service(), remembered=10)
    first = ask(documents, question("{ number }"), "a")
    monkeypatch.setattr(
        "watchword.services.engine.judging.validate", lambda *_a, **_k: pytest.fail("twice")
    )

    assert ask(documents, question("{ number }"), "b") == first
    assert first.members == {"data": {"number": 7}, "extensions": COST}


def test_an_unforeseen_failure_shows_its_correlation_id_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = ask(Documents(Service(), remembered=1), question("{ secret }"), "the-id")

    (error,) = answer.members["errors"]
    assert "hunter2" not in str(answer.members)
    assert error["extensions"] == {
        "code": "INTERNAL_SERVER_ERROR",
        "correlationId": "the-id",
    }
    assert error["path"] == ["secret"]
    (record,) = caplog.records
    assert vars(record)["correlation_id"] == "the-id"
    assert "hunter2" in caplog.text


def test_one_failure_that_shows_everywhere_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    many = " ".join(f"a{number}: broken b{number}: refused" for number in range(9))

    answer = ask(Documents(Service(), remembered=1), question(f"{{ {many} }}"), "the-id")

    assert len(answer.members["errors"]) == 18
    assert len(caplog.records) == 1


def test_a_callers_mistake_and_a_services_failure_keep_their_texts() -> None:
    answer = ask(Documents(Service(), remembered=1), question("{ number refused down }"), "a")

    assert answer.is_executed
    assert answer.members["data"] == {"number": 7, "refused": None, "down": None}
    assert [error["message"] for error in answer.members["errors"]] == [
        "ask otherwise",
        "The service cannot answer at the moment. Please try again later.",
    ]


@pytest.mark.parametrize(
    ("query", "changes"),
    [
        ("{ number", {}),
        ("{ unknown }", {}),
        ("query A { number }", {"operation_name": "B"}),
        ("query A($t: String!) { echo(text: $t) }", {}),
        ("query A($t: String!) { echo(text: $t) }", {"variables": {"t": 1}}),
        ("{ " + "a: number " * 20_000 + "}", {}),
        ("{ " + "a: number " * 1_000 + "}", {}),
        ("{" * 5_000, {}),
        ("query " + "(" * 5_000, {}),
        ("{ echo(text: " + "[" * 4_000 + "]" * 4_000 + ") }", {}),
    ],
)
def test_a_document_that_cannot_run_is_refused_before_it_runs(
    query: str, changes: dict[str, Any]
) -> None:
    answer = ask(Documents(Service(), remembered=1), question(query, **changes), "a")

    assert not answer.is_executed
    assert answer.code
    assert answer.members["errors"][0]["extensions"]["correlationId"] == "a"
    assert "data" not in answer.members


def test_a_mutation_does_not_run_where_only_queries_may() -> None:
    documents = Documents(Service(), remembered=5)
    both = "query A { number } mutation B { change }"

    refused = ask(documents, question(both, operation_name="B", is_query_only=True), "a")
    passed = ask(documents, question(both, operation_name="A", is_query_only=True), "a")

    assert refused.is_method_refused
    assert not passed.is_method_refused
    assert passed.members == {"data": {"number": 7}, "extensions": COST}


def test_a_long_document_is_judged_beside_the_event_loop_and_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads: list[str] = []

    def note(*arguments: Any) -> Any:
        threads.append(threading.current_thread().name)
        return judge(*arguments)

    monkeypatch.setattr("watchword.services.documents.judge", note)
    documents = Documents(Service(), remembered=10)
    long = "{ number }" + " " * 3_000

    for query in ("{ number }", long, long):
        assert ask(documents, question(query), "x").is_executed

    assert len(threads) == 2
    assert threads[0] == threading.main_thread().name
    assert threads[1] != threads[0]
    documents.close()
