"""Each limit of a plan refuses what is larger, and nothing that is not."""

from __future__ import annotations

import asyncio
import json
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
    assert extensions.pop("correlationId") == "x"
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
    "variables", [{"ids": list(range(101))}, {"ids": [1] * 1_999}], ids=["just", "far"]
)
def test_a_list_in_a_variable_is_measured(variables: dict[str, Any]) -> None:
    query = "query ($ids: [Int!]!) { byIds(ids: $ids) { id } }"

    refused = refusal(ask(query, DocumentLimits(), **variables))

    assert refused["code"] == "LIST_TOO_LARGE"
    assert refused["requested"] == len(variables["ids"])


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        (PRICED, {"first": 6.0}),
        (PRICED.replace("4", "6"), {}),
        (
            "query ($p: PageInput) { books(page: $p) { items { id authors { name } } } }",
            {"p": {"first": 6e0}},
        ),
        (
            "query ($p: PageInput = {last: 6}) { books(page: $p) { items { id authors { name }}}}",
            {},
        ),
    ],
)
def test_a_size_costs_the_same_however_it_is_written(query: str, variables: dict[str, Any]) -> None:
    answer = ask(query, DocumentLimits(), **variables)

    assert answer.members["extensions"]["cost"]["requested"] == 5 + 1 + 6 * (1 + 1 + 3)
    refused = refusal(ask(query, limited("list_size", 5), **variables))
    assert refused["code"] == "LIST_TOO_LARGE"


def test_a_union_costs_what_its_dearest_type_does() -> None:
    answer = ask(
        '{ book(id: "1") { ... on Missing { why } ... on Book { id tags authors { name } } } }',
        DocumentLimits(),
    )

    assert answer.members["extensions"]["cost"]["requested"] == 1 + 1 + 1 + 1 + 3


def test_pages_within_a_list_cost_what_each_may_hold() -> None:
    query = "query ($n: Int) { shelves(ids: [1, 2, 3], first: $n) { items { id } } }"

    answer = ask(query, DocumentLimits(), n=7)

    assert answer.members["extensions"]["cost"]["requested"] == 1 + 3 * (1 + 7)
    assert refusal(ask(query, limited("list_size", 6), n=7))["code"] == "LIST_TOO_LARGE"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ number }" + " " * 65_536, "DOCUMENT_TOO_LARGE"),
        ("{ number }" + "\n" * 5_001, "DOCUMENT_TOO_LARGE"),
        ("{ number } #" + "x" * 65_536, "DOCUMENT_TOO_LARGE"),
        (
            "query ("
            + " ".join(f"$v{n}: Boolean!" for n in range(7))
            + ") {"
            + " ".join(f"a{n}: number @skip(if: $v{n})" for n in range(7))
            + "}",
            "DOCUMENT_TOO_LARGE",
        ),
    ],
)
def test_what_no_plan_lets_through_is_refused_before_it_costs_anything(
    query: str, code: str
) -> None:
    variables = {f"v{n}": True for n in range(7)}

    assert refusal(ask(query, DocumentLimits(), **variables))["code"] == code


@pytest.mark.parametrize(
    "variables",
    [{"ids": list(range(2_001))}, {"undeclared": [[]] * 2_001}, {"a": {"b": [{"c": 1}] * 1_001}}],
    ids=["declared", "undeclared", "deep"],
)
def test_variables_beyond_any_use_are_not_even_coerced(
    variables: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "watchword.services.engine.operations.get_variable_values",
        lambda *_a, **_k: pytest.fail("coerced"),
    )
    query = "query ($ids: [Int!] = []) { byIds(ids: $ids) { id } }"

    assert refusal(ask(query, DocumentLimits(), **variables))["code"] == "VARIABLES_TOO_LARGE"


def test_fields_in_too_many_places_to_compare_are_said_to_be_too_many() -> None:
    inner = ("sequel { " + "title " * 20 + "} ") * 10
    query = "{ strict { " + ("sequel { " + inner + "} ") * 12 + "} }"

    refused = refusal(ask(query, limited("tokens", 20_000)))

    assert refused["code"] == "DOCUMENT_TOO_LARGE"


def test_null_for_a_condition_is_refused() -> None:
    query = "query ($b: Boolean = true) { number @include(if: $b) }"

    assert refusal(ask(query, DocumentLimits(), b=None))["code"] == "VARIABLES_INVALID"
    assert ask(query, DocumentLimits()).members["data"] == {"number": 42}


def test_an_answer_tells_a_hundred_errors_at_most() -> None:
    fields = " ".join(f"a{n}: fails" for n in range(130))

    answer = ask(f"{{ {fields} }}", DocumentLimits(aliases=200, root_fields=200))

    assert len(answer.members["errors"]) == 100
    assert set(answer.members["data"].values()) == {None}


def test_an_error_names_few_of_its_places() -> None:
    repeated = "query (" + "$a: Int " * 400 + ") { number }"

    answer = ask(repeated, DocumentLimits())

    locations = [error.get("locations", []) for error in answer.members["errors"]]
    assert max(map(len, locations)) == 5


def test_a_plan_is_not_told_what_another_was_refused_for() -> None:
    documents = Documents(Library(), remembered=10)

    def asked(limits: DocumentLimits) -> dict[str, Any]:
        question = Question("{ number {", None, None, is_query_only=False)
        answer = asyncio.run(documents.answer(question, Terms(limits), "x"))
        error: dict[str, Any] = answer.members["errors"][0]["extensions"]
        return error

    assert asked(DocumentLimits(tokens=5_000))["code"] == "DOCUMENT_INVALID"
    assert asked(DocumentLimits(tokens=10))["code"] == "DOCUMENT_INVALID"


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

    assert json.loads(allowed.to_json())["data"]["__schema"]["queryType"]["name"] == "Query"
    assert refused["code"] == "INTROSPECTION_FORBIDDEN"
    assert ask("{ __typename }", DocumentLimits()).is_executed


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ books(page: {frist: 1}) { total } }", {}),
        ("{ books(genre: FCAT) { total } }", {}),
        ("{ books(gnere: FACT) { total } }", {}),
        ("{ strict { ... on Bok { id } } }", {}),
        ("query ($p: PageInputt) { books(page: $p) { total } }", {}),
        ("query ($p: PageInput) { books(page: $p) { total } }", {"p": {"frist": 1}}),
        ("query ($g: Genre) { books(genre: $g) { total } }", {"g": "FCAT"}),
        ("{ strict { nmae } }", {}),
    ],
)
def test_no_suggestion_of_any_rule_tells_of_a_schema_that_may_not_be_asked_for(
    query: str, variables: dict[str, Any]
) -> None:
    hidden = ask(query, DocumentLimits(), **variables).members["errors"]
    known = ask(query, DocumentLimits(introspection=True), **variables).members["errors"]

    assert "Did you mean" in str(known)
    assert "Did you mean" not in str(hidden)


def test_suggestions_are_for_those_who_may_ask_for_the_schema() -> None:
    known = ask("{ numbr }", DocumentLimits(introspection=True)).members["errors"]
    hidden = ask("{ numbr }", DocumentLimits()).members["errors"]

    assert known[0]["message"].endswith("Did you mean 'number'?")
    assert hidden[0]["message"] == "Cannot query field 'numbr' on type 'Query'."
    told = {"code": "DOCUMENT_INVALID", "correlationId": "x"}
    assert known[0]["extensions"] == hidden[0]["extensions"] == told
