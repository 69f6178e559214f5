"""What may be registered: what parses, and fits the schema of a service that runs here."""

from __future__ import annotations

import pytest

from services.test_documents import Service
from watchword.access.errors import Malformed
from watchword.services.trusted_documents import DocumentJudge


@pytest.fixture
def judge() -> DocumentJudge:
    return DocumentJudge([Service()])


@pytest.mark.parametrize(
    "text",
    [
        "{ number }",
        "query A { number } query B($t: String!) { echo(text: $t) }",
        "mutation { change }",
        "query { ...a } fragment a on Query { number }",
        "\ufeff{ number } # a remark\r\n",
    ],
)
def test_a_document_that_the_service_can_run_passes(judge: DocumentJudge, text: str) -> None:
    judge.require_valid("small", text)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("{ number", "line 1 of the document: Syntax Error"),
        ("{\n  number\n  numbr\n}", "line 3 of the document: Cannot query field 'numbr'"),
        ("query A { number }\nquery A { number }", "There can be only one operation named 'A'"),
        ("{ ...a }\nfragment a on Query { ...a }", "Cannot spread fragment 'a' within itself"),
        ("fragment a on Query { number }", "the document holds no operation"),
        ("type A { a: Int }", "the document defines types"),
        ("{ number } extend type Query { a: Int }", "the document defines types"),
        ("", "Syntax Error"),
        ("{ a " * 5_000 + "}" * 5_000, "too deep|nested too deeply"),
        ("{ number " + "number " * 30_000 + "}", "too many|more than|exceeded|token"),
    ],
)
def test_what_it_cannot_run_is_refused_and_where_that_stands_is_named(
    judge: DocumentJudge, text: str, wrong: str
) -> None:
    with pytest.raises(Malformed, match=wrong):
        judge.require_valid("small", text)


def test_of_a_service_elsewhere_a_document_has_to_parse_and_no_more(judge: DocumentJudge) -> None:
    judge.require_valid("elsewhere", "{ whatever { it { has } } }")

    for text in ("{ whatever", "type A { a: Int }", "fragment a on B { c }"):
        with pytest.raises(Malformed):
            judge.require_valid("elsewhere", text)
