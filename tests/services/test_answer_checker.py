"""The checker that other tests judge answers by finds what is wrong, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import build_schema

from support.answers import find_faults

SCHEMA = build_schema(
    """
    type Query { book(id: ID): Found books: [Book!] shelves: [[Int]] named: Named }
    union Found = Book | Missing
    interface Named { name: String! }
    type Missing { why: String! }
    enum Genre { FACT FICTION }
    scalar Day
    type Book implements Named {
      id: ID! name: String! genre: Genre pages: Int price: Float lent: Boolean printed: Day
      next: Book
    }
    """
)
BOOK = "{ books { id name genre pages price lent printed } }"
GOOD = {"id": "1", "name": "a", "genre": "FACT", "pages": 7, "price": 1, "lent": True,
        "printed": "2001-01-03"}  # fmt: skip
EITHER = "{ book { __typename ... on Book { name } ... on Missing { why } } }"
SPREAD = """
{ books { id } ...more }
fragment more on Query { books { name ...again ...again } }
fragment again on Book { id pages }
"""
ERROR = {"message": "broken"}


@pytest.mark.parametrize(
    ("document", "answer"),
    [
        (BOOK, {"data": {"books": [GOOD, {**GOOD, "genre": None, "price": 0.5}]}}),
        (BOOK, {"data": {"books": []}, "extensions": {}}),
        (BOOK, {"data": {"books": None}, "errors": [{**ERROR, "path": ["books", 0, "id"]}]}),
        (BOOK, {"data": None, "errors": [ERROR]}),
        (BOOK, {"errors": [ERROR]}),
        (EITHER, {"data": {"book": {"__typename": "Missing", "why": "lost"}}}),
        (EITHER, {"data": {"book": {"__typename": "Book", "name": "a"}}}),
        (EITHER, {"data": {"book": None}}),
        ("{ book { ... on Book { name } } }", {"data": {"book": {}}}),
        ("{ named { ... on Named { name } } }", {"data": {"named": {"name": "a"}}}),
        ("{ shelves }", {"data": {"shelves": [[1, None], None, []]}}),
        ("{ a: books { b: id } books { id } }", {"data": {"a": [{"b": "1"}], "books": []}}),
        (SPREAD, {"data": {"books": [{"id": "1", "name": "a", "pages": 1}]}}),
        ("{ books @skip(if: true) { id } shelves @include(if: false) __typename }",
         {"data": {"__typename": "Query"}}),
        ("{ __schema { queryType { name } } }", {"data": {"__schema": {"any": 1}}}),
        ("query a { shelves } query b { books { id } }", {"data": {"shelves": None}}),
    ],
)  # fmt: skip
def test_an_answer_that_fits_has_no_faults(document: str, answer: dict[str, Any]) -> None:
    assert find_faults(SCHEMA, document, answer, operation_name=_first(document)) == []


def _first(document: str) -> str | None:
    return "a" if document.startswith("query a") else None


def _book(**changes: Any) -> dict[str, Any]:
    return {"data": {"books": [{**GOOD, **changes}]}}


@pytest.mark.parametrize(
    ("document", "answer", "fault"),
    [
        (BOOK, {}, "neither data nor errors"),
        (BOOK, {"data": None}, "null without an error"),
        (BOOK, {"data": []}, "data: no object"),
        (BOOK, {"data": {"books": []}, "more": 1}, "a member 'more'"),
        (BOOK, {"data": {"books": []}, "errors": []}, "errors: no list, or an empty one"),
        (BOOK, {"data": {"books": []}, "errors": [{"code": 1}]}, "one without a message"),
        (BOOK, {"data": {"books": []}, "errors": [{**ERROR, "path": ["books"]}]}, "to no null"),
        (BOOK, {"data": {"books": []}, "errors": [{**ERROR, "path": ["no"]}]}, "to no null"),
        (BOOK, {"data": {}}, "data: has the members [] instead of ['books']"),
        (BOOK, {"data": {"books": [], "a": 1}}, "has the members ['books', 'a']"),
        (BOOK, {"data": {"books": {}}}, "data.books: no list"),
        (BOOK, {"data": {"books": [GOOD, None]}}, "data.books[1]: null where there may be none"),
        (BOOK, {"data": {"books": [7]}}, "data.books[0]: no object"),
        (BOOK, {"data": {"books": [dict(reversed(GOOD.items()))]}}, "has the members ['printed'"),
        (BOOK, _book(id=None), "data.books[0].id: null where there may be none"),
        (BOOK, _book(id=1), "1 is no ID"),
        (BOOK, _book(name=["a"]), "is no String"),
        (BOOK, _book(genre="POEM"), "'POEM' is no Genre"),
        (BOOK, _book(genre=1), "1 is no Genre"),
        (BOOK, _book(pages="7"), "'7' is no Int"),
        (BOOK, _book(pages=7.5), "7.5 is no Int"),
        (BOOK, _book(pages=True), "True is no Int"),
        (BOOK, _book(pages=2**31), "is no Int"),
        (BOOK, _book(price="1"), "'1' is no Float"),
        (BOOK, _book(price=True), "True is no Float"),
        (BOOK, _book(lent=1), "1 is no Boolean"),
        (BOOK, _book(printed={}), "{} is no Day"),
        (EITHER, {"data": {"book": {"__typename": "Missing", "name": "a"}}}, "data.book"),
        (EITHER, {"data": {"book": {"__typename": "Found"}}}, "data.book"),
        (EITHER, {"data": {"book": {"__typename": "Missing", "why": None}}}, "data.book"),
        ("{ __typename }", {"data": {"__typename": "Book"}}, "'Book' instead of 'Query'"),
        ("{ shelves }", {"data": {"shelves": [["1"]]}}, "data.shelves[0][0]: '1' is no Int"),
        ("{ books @skip(if: true) { id } __typename }",
         {"data": {"books": [], "__typename": "Query"}}, "has the members"),
        ("{ named { name } }", {"data": {"named": {}}}, "has the members [] instead of ['name']"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_answer_is_found(
    document: str, answer: dict[str, Any], fault: str
) -> None:
    faults = find_faults(SCHEMA, document, answer)

    assert any(fault in each for each in faults), faults


@pytest.mark.parametrize(("full", "members"), [(True, ["id", "name"]), (False, ["id"])])
def test_variables_decide_what_is_included(*, full: bool, members: list[str]) -> None:
    document = "query ($full: Boolean!) { books { id name @include(if: $full) } }"
    book = {name: GOOD[name] for name in members}

    for given in (True, False):
        faults = find_faults(
            SCHEMA, document, {"data": {"books": [book]}}, variables={"full": given}
        )
        assert (faults == []) is (given is full)
