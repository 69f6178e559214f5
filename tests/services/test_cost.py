"""What a document may be answered with is estimated before it runs."""

from __future__ import annotations

import pytest
from graphql import build_schema, parse, validate
from hypothesis import given
from hypothesis import strategies as st

from watchword.services.cost import CostEstimator

SCHEMA = build_schema(
    """
    input Page { first: Int last: Int before: String }
    type Query { people(pageInfo: Page, other: Int): People one: Person }
    type People { items: [Person] total: Int }
    type Person { name: String friends(pageInfo: Page): People best: Person }
    """
)


def estimate(query: str, operation: str | None = None, **variables: object) -> int:
    document = parse(query)
    assert validate(SCHEMA, document) == []
    return CostEstimator(SCHEMA, document, variables).estimate(operation)


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("{ one { name } }", 2),
        ("{ one { a: name b: name } }", 3),
        ("{ people { total } }", 11),
        ("{ people(other: 3) { items { name } } }", 21),
        ("{ people(pageInfo: {}) { total } }", 11),
        ("{ people(pageInfo: {first: 3}) { total } }", 4),
        ('{ people(pageInfo: {last: 3, before: "x"}) { total } }', 4),
        ("{ people(pageInfo: {first: 5000}) { total } }", 101),
        ("{ people(pageInfo: {first: -5}) { total } }", 1),
        ("{ ...a ...a } fragment a on Query { one { name } }", 4),
        ("{ one { ... { name } ... on Person { name } } }", 3),
        ("{ people { items { friends { items { name } } } } }", 1 + 10 * (1 + 1 + 10 * 2)),
        ("query A { one { name } } query B { people { total } }", 11),
    ],
)  # fmt: skip
def test_pages_multiply_what_is_in_them(query: str, fields: int) -> None:
    assert estimate(query) == fields


def test_the_named_operation_is_estimated() -> None:
    query = "query A { one { name } } query B { people { total } }"

    assert estimate(query, "A") == 2
    assert estimate(query, "C") == 0


@given(st.integers(-10, 200))
def test_a_page_size_in_a_variable_counts_as_it_will_be_served(size: int) -> None:
    served = min(max(size, 0), 100)

    assert estimate("query ($n: Int) { people(pageInfo: {first: $n}) { total } }", n=size) == (
        1 + served
    )
    whole = "query ($p: Page) { people(pageInfo: $p) { total } }"
    assert estimate(whole, p={"first": size}) == 1 + served
    assert estimate(whole, p={}) == estimate(whole) == 11


def test_an_unknown_size_counts_as_the_largest() -> None:
    query = "query ($n: Int = 3) { people(pageInfo: {first: $n}) { total } }"

    assert estimate(query) == 101


def test_fragments_that_spread_each_other_are_estimated_in_linear_time() -> None:
    spreads = "".join(
        f"fragment f{number} on Person {{ best {{ ...f{number + 1} ...f{number + 1} }} }} "
        for number in range(40)
    )

    fields = estimate("{ one { ...f0 } } " + spreads + "fragment f40 on Person { name }")

    assert fields > 2**40
