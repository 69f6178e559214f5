"""The page of GraphQL over HTTP says what a server answers, row by row."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from docs.pages import DOCS, REPOSITORY
from e2e.hostile import HOSTILE
from watchword.web import http

if TYPE_CHECKING:
    import httpx2

    from support.deployment import Customer, Deployment

PAGE = (DOCS / "explanation" / "graphql-over-http.md").read_text("utf-8")
PATH = "/profile/v1/graphql"
QUERY = b'{"query": "{ info { name } }"}'
TYPED = "application/graphql-response+json"
_CELL = re.compile(r"`([^`]*)`")


def rows_of(heading: str) -> list[list[str]]:
    """Return the rows of the table under a heading, by its first cell, without the heads."""
    table = PAGE.partition(f"\n| {heading} |")[2].partition("\n\n")[0]
    rows = [line[2:-2].split(" | ") for line in table.splitlines()[2:]]
    assert rows
    return [[_CELL.sub(r"\1", cell).strip() for cell in row] for row in rows]


def ask(
    deployment: Deployment, customer: Customer, content: bytes = QUERY, **options: str | None
) -> httpx2.Response:
    accept = options.pop("accept", None)
    return deployment.call(
        deployment.token(customer),
        customer.api_key,
        content=content,
        url=options.get("url") or PATH,
        method=options.get("method") or "POST",
        content_type=options.get("content_type", "application/json"),
        extra=[] if accept is None else [("accept", accept)],
    )


@pytest.mark.parametrize(("accept", "answered"), rows_of("`Accept`"))
def test_the_media_type_is_chosen_as_told(
    deployment: Deployment, customer: Customer, accept: str, answered: str
) -> None:
    response = ask(deployment, customer, accept=None if accept == "none" else accept)

    if answered == "406":
        assert response.status_code == 406
    else:
        assert response.headers["content-type"] == f"{answered}; charset=utf-8"
        assert response.headers["vary"] == "accept"
        assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("document", "plain", "typed", "data"), rows_of("document"))
def test_the_status_says_as_told_what_became_of_a_document(
    deployment: Deployment, customer: Customer, document: str, plain: str, typed: str, data: str
) -> None:
    body = json.dumps({"query": document}).encode()

    responses = [
        ask(deployment, customer, body, accept=accept) for accept in ("application/json", TYPED)
    ]

    assert [str(response.status_code) for response in responses] == [plain, typed]
    for response in responses:
        assert ("data" in response.json()) is (data == "there")


@pytest.mark.parametrize(("content_type", "what"), rows_of("`Content-Type`"))
def test_a_body_is_read_by_its_type_as_told(
    deployment: Deployment, customer: Customer, content_type: str, what: str
) -> None:
    sent = None if content_type == "none" else content_type

    response = ask(deployment, customer, content_type=sent)

    assert response.status_code == (200 if what == "read" else int(what))


@pytest.mark.parametrize(("body", "status", "text"), rows_of("body"))
def test_a_body_is_refused_as_told(
    deployment: Deployment, customer: Customer, body: str, status: str, text: str
) -> None:
    response = ask(deployment, customer, body.encode())

    assert str(response.status_code) == status
    if status != "200":
        assert response.json()["errors"][0]["message"] == text


@pytest.mark.parametrize(("url", "status"), rows_of("URL"))
def test_a_url_is_read_as_told(
    deployment: Deployment, customer: Customer, url: str, status: str
) -> None:
    response = ask(deployment, customer, b"", method="GET", url=PATH + url)

    assert str(response.status_code) == status


def test_the_page_names_the_audits_that_are_run() -> None:
    packages = json.loads((REPOSITORY / "tests" / "clients" / "package.json").read_text("utf-8"))

    assert "1.23.1 against a server" in PAGE
    assert packages["devDependencies"]["graphql-http"] == "1.23.1"


def test_figures_of_the_page_are_those_of_the_code() -> None:
    assert "takes longer than ten seconds\nis 408" in PAGE
    assert http._BODY_SECONDS == 10
    assert len(HOSTILE) > 40
