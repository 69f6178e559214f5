"""Soft errors: the data is there as far as it may be, and one entry a field says what is amiss."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from services.engine.library import Library
from watchword.access.model import DocumentLimits
from watchword.services.documents import Documents, Question, Terms


def ask(query: str, packages: frozenset[str] = frozenset()) -> dict[str, Any]:
    documents = Documents(Library(), remembered=10)
    question = Question(query, None, None, is_query_only=False)
    answer = asyncio.run(documents.answer(question, Terms(DocumentLimits(), packages), "x"))
    assert answer.is_executed
    return answer.members


def test_a_field_of_a_package_that_the_account_lacks_is_null_and_says_so_once() -> None:
    members = ask("{ books { items { id value } } }")

    items = [item for item in members["data"]["books"]["items"] if item]
    assert [item["value"] for item in items] == [None] * 4
    (error,) = members["errors"]
    assert error["errorType"] == "unauthorized"
    assert error["path"] == ["books", "items", 0, "value"]
    assert "vault" in error["message"]


def test_a_root_field_of_a_package_is_not_even_resolved() -> None:
    members = ask("{ secret number }")

    assert members["data"] == {"secret": None, "number": 42}
    assert [error["errorType"] for error in members["errors"]] == ["unauthorized"]


def test_whoever_has_the_package_reads_the_field() -> None:
    members = ask("{ secret books { items { value } } }", frozenset({"vault"}))

    assert members["data"]["secret"] == 42
    assert "errors" not in members


def test_a_deprecated_field_answers_and_says_so_once() -> None:
    members = ask("{ old books { items { shelf } } }")

    assert members["data"]["old"] == "still here"
    assert members["data"]["books"]["items"][0]["shelf"] == "A1"
    assert [(error["errorType"], error["path"]) for error in members["errors"]] == [
        ("deprecated", ["old"]),
        ("deprecated", ["books", "items", 0, "shelf"]),
    ]
    assert "use number" in members["errors"][0]["message"]


def test_a_resolver_may_refuse_one_field_softly() -> None:
    members = ask("{ forbidden number }")

    assert members["data"] == {"forbidden": None, "number": 42}
    assert members["errors"][0]["errorType"] == "unauthorized"
    assert members["errors"][0]["message"] == "Not for you."


@pytest.mark.parametrize("query", ['{ book(id: "x") { ... on Book { value } } }'])
def test_a_field_that_nothing_is_asked_of_says_nothing(query: str) -> None:
    assert "errors" not in ask(query)
