"""Each limit of a plan refuses what is larger, and nothing that is not."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from graphql import get_introspection_query

from services.engine.library import Library
from watchword.access.model import DocumentLimits
from watchword.services.documents import Answer, Documents, Question, Terms

PRICED = (
    "query ($first: Int = 4) { books(page: {first: $first}) { items { id authors { name } } } }"
)


def ask(query: str, limits: DocumentLimits, **variables: Any) -> Answer:
    library = Library()
    documents = Documents(library, remembered=10)
    question = Question(query, variables, None, is_query_only=False)
    answer = asyncio.run(documents.answer(question, Terms(limits), "x"))
    assert answer.is_executed or library.requests == []
    return answer


def limited(name: str, size: int) -> DocumentLimits:
    figures: dict[str, Any] = {name: size}
    return replace(DocumentLimits(), **figures)


def refusal(answer: Answer) -> dict[str, Any]:
    assert not answer.is_executed
    (error,) = answer.members["errors"]
    extensions: dict[str, Any] = error["extensions"]
    return extensions


@pytest.mark.parametrize(
    ("query", "name", "size", "code"),
    [
        ("{ books { total } }", "tokens", 6, "DOCUMENT_TOO_LARGE"),
        ("{ books { items { id } } }", "depth", 3, "DOCUMENT_TOO_DEEP"),
        (
            """{ ...A } fragment A on Query { books { ... { items { ...B } } } }
            fragment B on Book { sequel { id } }""",
            "depth",
            4,
            "DOCUMENT_TOO_DEEP",
        ),
        ("{ a: number b: number number }", "aliases", 2, "TOO_MANY_ALIASES"),
        (
            "{ a: number ...F } fragment F on Query { b: number strict { c: id } }",
            "aliases",
            3,
            "TOO_MANY_ALIASES",
        ),
        (
            "{ number ...F ... { fails } } fragment F on Query { fault }",
            "root_fields",
            3,
            "TOO_MANY_ROOT_FIELDS",
        ),
        ("{ books(page: {last: 7}) { total } }", "list_size", 7, "LIST_TOO_LARGE"),
        ("{ byIds(ids: [1, 2, 3]) { id } }", "list_size", 3, "LIST_TOO_LARGE"),
        # 5 for the search, 1 for the list, then 1 a book
        ("{ books(page: {first: 7}) { items { id } } }", "cost", 5 + 1 + 7, "COST_TOO_HIGH"),
        # a book has an id, its authors, and 3 of them a name each
        ("{ strict { id authors { name } } }", "cost", 1 + 10 * (1 + 1 + 3), "COST_TOO_HIGH"),
    ],
)
def test_a_document_just_at_a_limit_passes_and_one_above_is_refused(
    query: str, name: str, size: int, code: str
) -> None:
    assert ask(query, limited(name, size)).is_executed

    refused = refusal(ask(query, limited(name, size - 1)))

    assert refused["code"] == code
    assert refused["limit"] == size - 1
    assert refused.get("requested", size) == size


@pytest.mark.parametrize(("variables", "first"), [({}, 4), ({"first": 6}, 6), ({"first": 1}, 1)])
def test_the_cost_follows_the_callers_variables(variables: dict[str, int], first: int) -> None:
    answer = ask(PRICED, DocumentLimits(), **variables)

    assert answer.members["extensions"]["cost"] == {
        "requested": 5 + 1 + first * (1 + 1 + 3),
        "limit": 25_000,
    }


@pytest.mark.parametrize(
    "variables", [{"ids": list(range(101))}, {"ids": [1] * 5_000}], ids=["just", "far"]
)
def test_a_list_in_a_variable_is_measured(variables: dict[str, Any]) -> None:
    query = "query ($ids: [Int!]!) { byIds(ids: $ids) { id } }"

    refused = refusal(ask(query, DocumentLimits(), **variables))

    assert refused["code"] == "LIST_TOO_LARGE"
    assert refused["requested"] == len(variables["ids"])


@pytest.mark.parametrize("size", ["-5", "0", "99999999999999999999999999", '"x"', "2.5", "null"])
def test_a_page_size_that_is_none_makes_no_document_cheaper(size: str) -> None:
    answer = ask(
        f"{{ books(page: {{first: {size}}}) {{ items {{ id }} }} }}", DocumentLimits(cost=6)
    )

    assert not answer.is_executed


def test_fragments_that_unfold_without_measure_are_refused_quickly() -> None:
    spreads = "".join(
        f"fragment F{n} on Author {{ a: books {{ authors {{ ...F{n + 1} }} }} "
        f"b: books {{ authors {{ ...F{n + 1} }} }} }} "
        for n in range(20)
    )
    query = f"{{ strict {{ authors {{ ...F0 }} }} }} {spreads} fragment F20 on Author {{ name }}"

    refused = refusal(ask(query, DocumentLimits(depth=50, aliases=100)))

    assert refused["code"] == "COST_TOO_HIGH"


def test_fragments_that_hold_themselves_are_refused() -> None:
    answer = ask(
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", DocumentLimits()
    )

    assert not answer.is_executed
    assert "Cannot spread fragment" in answer.members["errors"][0]["message"]


def test_one_field_many_times_in_one_place_is_refused_before_it_is_validated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "watchword.services.engine.judging.validate", lambda *_a, **_k: pytest.fail("validated")
    )

    refused = refusal(ask("{ " + "number " * 900 + "}", DocumentLimits()))

    assert refused["code"] == "DOCUMENT_TOO_LARGE"


def test_the_schema_is_told_to_those_alone_whose_plan_allows_it() -> None:
    allowed = ask(get_introspection_query(), DocumentLimits(introspection=True))
    refused = refusal(ask('{ __type(name: "Book") { name } }', DocumentLimits()))

    assert allowed.members["data"]["__schema"]["queryType"]["name"] == "Query"
    assert refused["code"] == "INTROSPECTION_FORBIDDEN"
    assert ask("{ __typename }", DocumentLimits()).is_executed


def test_suggestions_are_for_those_who_may_ask_for_the_schema() -> None:
    known = ask("{ numbr }", DocumentLimits(introspection=True)).members["errors"]
    hidden = ask("{ numbr }", DocumentLimits()).members["errors"]

    assert known[0]["message"].endswith("Did you mean 'number'?")
    assert hidden[0]["message"] == "Cannot query field 'numbr' on type 'Query'."
    assert known[0]["extensions"] == hidden[0]["extensions"] == {"code": "DOCUMENT_INVALID"}
