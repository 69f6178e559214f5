"""The executor answers what graphql-core answers, whatever a valid document asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from graphql import (
    GraphQLError,
    OperationDefinitionNode,
    execute_sync,
    get_introspection_query,
    parse,
    validate,
)
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import queries

from services.engine.library import SDL, Library
from watchword.services.engine.operations import Operation, Parts, VariablesRefused, run
from watchword.services.engine.running import Run

if TYPE_CHECKING:
    from graphql import ExecutionResult

LIBRARY = Library()
ALL = frozenset({"vault"})


def place_of(error: GraphQLError) -> tuple[Any, ...]:
    """Return what two executors must agree on; in which order they find errors is their own."""
    return (error.message, tuple(error.path or ()), tuple(error.locations or ())[:1])


def nulled(error: GraphQLError, data: Any) -> tuple[Any, ...]:
    """Return where the null stands that an error is the reason for."""
    path: list[Any] = []
    for step in error.path or ():
        if data is None:
            break
        path.append(step)
        data = data[step]
    assert data is None
    return tuple(path)


def ours(document: str, variables: dict[str, Any]) -> tuple[Any, list[GraphQLError]]:
    parsed = parse(document)
    (definition,) = [n for n in parsed.definitions if isinstance(n, OperationDefinitionNode)]
    operation = Operation(LIBRARY.schema, definition, Parts.of(parsed))
    try:
        coerced = operation.coerce(variables)
    except VariablesRefused as refused:
        return None, refused.errors
    state = Run(LIBRARY.calls, coerced, ALL)
    data = run(operation.compile(variables), state)
    soft = [error for error in state.errors if "is deprecated" in error.message]
    return data, [error for error in state.errors if error not in soft]


def theirs(document: str, variables: dict[str, Any]) -> ExecutionResult:
    return execute_sync(
        LIBRARY.schema, parse(document), context_value=LIBRARY.calls, variable_values=variables
    )


def require_same(document: str, variables: dict[str, Any]) -> None:
    assert validate(LIBRARY.schema, parse(document)) == []
    data, errors = ours(document, variables)
    result = theirs(document, variables)
    their_errors = result.errors or []
    assert repr(data) == repr(result.data)
    # Of one null, graphql-core tells the first reason that it finds, and we tell all of them.
    assert {nulled(error, data) for error in errors} == {
        nulled(error, data) for error in their_errors
    }
    assert set(map(place_of, their_errors)) <= set(map(place_of, errors))


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        ("{ number a: number(plus: 3) __typename }", {}),
        ("query ($n: Int = 5, $m: Int) { a: number(plus: $n) b: number(plus: $m) }", {"m": 2}),
        ("query ($n: Int!) { number(plus: $n) }", {}),
        ("query ($n: Int!) { number(plus: $n) }", {"n": "x"}),
        ("query ($n: Int) { number(plus: $n) }", {"n": None}),
        ("{ books { items { id name genre pages price lent tags } total } }", {}),
        ("{ books(genre: FACT) { items { genre __typename } } }", {}),
        ("{ strict { id title } }", {}),
        ("{ a: number strict { broken } }", {}),
        ("{ books { items { title authors { name books { id title } } } } }", {}),
        ("{ books { items { id broken sequel { sequel { broken title } } } } }", {}),
        (
            "{ books { items { authors { named { name ... on Author { x: name } } } } } }",
            {},
        ),
        ('{ book(id: "1") { __typename ... on Book { id } ... on Missing { why } } }', {}),
        ('{ book(id: "x") { ... on Missing { why } ... on Named { name } } }', {}),
        ('{ book(id: "none") { ... on Missing { why } } }', {}),
        ("query ($ids: [Int!]!) { byIds(ids: $ids) { id } }", {"ids": [3, 9, 0]}),
        ("query ($first: Int) { books(page: {first: $first}) { total } }", {"first": -1}),
        ("query ($p: PageInput) { books(page: $p) { items { id } } }", {"p": {"first": 2}}),
        ("{ matrix }", {}),
        ("{ fails fault down }", {}),
        (
            """query ($a: Boolean!, $b: Boolean = true) {
              number @skip(if: $a) x: number @include(if: $b) ... @include(if: $a) { matrix }
            }""",
            {"a": True},
        ),
        ("{ number @skip(if: true) }", {}),
        (
            """{ books { items { ...F } } }
            fragment F on Book { id ...G } fragment G on Named { name }""",
            {},
        ),
        (
            """{ books { total } books { items { id } } ...R }
            fragment R on Query { books { items { pages } } }""",
            {},
        ),
        ("mutation { change }", {}),
        (get_introspection_query(), {}),
        ('{ __type(name: "Book") { fields(includeDeprecated: true) { name } } }', {}),
        ('{ __type(name: "Nobody") { name } }', {}),
    ],
)
def test_a_document_is_answered_as_graphql_core_answers_it(
    document: str, variables: dict[str, Any]
) -> None:
    require_same(document, variables)


@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(document=queries(SDL))
@example("{ books { items { sequel { authors { books { broken } } } } } }")
def test_any_valid_document_is_answered_as_graphql_core_answers_it(document: str) -> None:
    require_same(document, {})


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    skip=st.booleans(),
    include=st.none() | st.booleans(),
    first=st.none() | st.integers(-2, 6) | st.just("x"),
)
def test_any_variables_are_read_as_graphql_core_reads_them(
    skip: bool, include: bool | None, first: object
) -> None:
    document = """
    query ($skip: Boolean!, $include: Boolean = false, $first: Int) {
      books(page: {first: $first}) @skip(if: $skip) { items { id @include(if: $include) pages } }
      number
    }
    """
    variables = {"skip": skip, "first": first}
    require_same(document, variables if include is None else {**variables, "include": include})
