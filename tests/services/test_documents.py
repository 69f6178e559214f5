"""Documents are validated once, memory is bounded, and no failure leaks its text."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest
from graphql import GraphQLError, GraphQLSchema, build_schema

from watchword.services.directory import ServiceFailure
from watchword.services.documents import Documents, Question

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

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
            "down": ServiceFailure("Try again later."),
        }.items():
            query.fields[name].resolve = self._raising(error)

    @staticmethod
    def _raising(error: Exception) -> Any:
        def resolve(*_: object) -> object:
            raise error

        return resolve

    def request(self, correlation_id: str) -> AbstractContextManager[object]:
        self.requests.append(correlation_id)
        return nullcontext()

    def open(self) -> None:
        """Nothing to open."""

    def close(self) -> None:
        """Nothing to close."""


def question(query: str, **changes: Any) -> Question:
    usual: dict[str, Any] = {"variables": None, "operation_name": None, "is_query_only": False}
    return Question(query=query, **{**usual, **changes})


def test_a_document_is_validated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    documents = Documents(Service(), remembered=10)
    first = documents.answer(question("{ number }"), "a")
    monkeypatch.setattr(
        "watchword.services.documents.validate", lambda *_a, **_k: pytest.fail("twice")
    )

    assert documents.answer(question("{ number }"), "b") == first
    assert first.members == {"data": {"number": 7}}


def test_memory_is_bounded_by_number_and_by_length() -> None:
    documents = Documents(Service(), remembered=3)

    for number in range(20):
        documents.answer(question(f"query Q{number} {{ number }}"), "a")
        documents.answer(question(f"{{ unknown{number} }}"), "a")
    documents.answer(question("{ number }" + " " * 20_000), "a")

    assert len(documents._judged) == 3
    assert all(len(text) < 20_000 for text in documents._judged)


def test_memory_is_bounded_by_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watchword.services.documents._MOST_CHARACTERS", 100)
    documents = Documents(Service(), remembered=1000)

    for number in range(50):
        documents.answer(question(f"{{ a{number:08d}: number }}"), "a")

    assert sum(map(len, documents._judged)) <= 100
    assert documents._characters == sum(map(len, documents._judged))


def test_a_refused_document_keeps_no_tree() -> None:
    documents = Documents(Service(), remembered=10)
    documents.answer(question("{ unknown }"), "a")
    documents.answer(question("{ number"), "a")

    for judged in documents._judged.values():
        assert judged.document is None
        assert all(isinstance(error, dict) for error in judged.errors)


def test_the_oldest_unused_document_is_forgotten_first() -> None:
    documents = Documents(Service(), remembered=2)
    for query in ("{ a: number }", "{ b: number }", "{ a: number }", "{ c: number }"):
        documents.answer(question(query), "a")

    assert list(documents._judged) == ["{ a: number }", "{ c: number }"]


def test_an_unforeseen_failure_shows_its_correlation_id_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = Documents(Service(), remembered=1).answer(question("{ secret }"), "the-id")

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

    answer = Documents(Service(), remembered=1).answer(question(f"{{ {many} }}"), "the-id")

    assert len(answer.members["errors"]) == 18
    assert len(caplog.records) == 1


def test_a_callers_mistake_and_a_services_failure_keep_their_texts() -> None:
    answer = Documents(Service(), remembered=1).answer(question("{ number refused down }"), "a")

    assert answer.is_executed
    assert answer.members["data"] == {"number": 7, "refused": None, "down": None}
    assert [error["message"] for error in answer.members["errors"]] == [
        "ask otherwise",
        "Try again later.",
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
    answer = Documents(Service(), remembered=1).answer(question(query, **changes), "a")

    assert not answer.is_executed
    assert answer.members["errors"]
    assert "data" not in answer.members


def test_a_document_that_asks_for_too_much_is_refused_before_it_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("watchword.services.documents._MOST_FIELDS", 3)
    service = Service()
    documents = Documents(service, remembered=5)

    for _ in range(2):
        refused = documents.answer(question("{ a: number b: number c: number d: number }"), "x")
        assert refused.members["errors"][0]["extensions"] == {"code": "ANSWER_TOO_LARGE"}
        assert not refused.is_executed
    assert service.requests == []
    assert documents.answer(question("{ a: number b: number }"), "x").is_executed


def test_a_recursion_that_breaks_is_told_as_nesting(caplog: pytest.LogCaptureFixture) -> None:
    service = Service()
    query = service.schema.query_type
    assert query is not None
    query.fields["number"].resolve = Service._raising(RecursionError())

    answer = Documents(service, remembered=5).answer(question("{ number }"), "x")

    assert answer.members["errors"][0]["message"] == "The document is nested too deeply."
    assert caplog.records == []


def test_a_mutation_does_not_run_where_only_queries_may() -> None:
    documents = Documents(Service(), remembered=5)
    both = "query A { number } mutation B { change }"

    refused = documents.answer(question(both, operation_name="B", is_query_only=True), "a")
    passed = documents.answer(question(both, operation_name="A", is_query_only=True), "a")

    assert refused.is_method_refused
    assert not passed.is_method_refused
    assert passed.members == {"data": {"number": 7}}
