"""Every code that a caller can meet has a page, and refusals lead to it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from support.browsing import Browser
from watchword.access.errors import OperationRefused, OperatorRefused
from watchword.web.error_advice import WHAT_TO_DO
from watchword.web.error_catalogue import list_catalogue
from watchword.web.responses import CODES

if TYPE_CHECKING:
    from support.deployment import Customer, Deployment

_LINK = re.compile(r'<http://127\.0\.0\.1:8080(/errors/\w+)>; rel="help"')


def test_every_code_has_a_page_but_those_of_operators() -> None:
    assert CODES - list_catalogue().keys() == {OperatorRefused.code, OperationRefused.code}


def test_every_code_says_what_to_do() -> None:
    assert WHAT_TO_DO.keys() == list_catalogue().keys()


def test_every_page_of_a_code_says_what_it_means_and_what_to_do(deployment: Deployment) -> None:
    browser = Browser(deployment)

    for entry in list_catalogue().values():
        text = browser.get(f"/errors/{entry.code}.md").text
        assert text.startswith(f"# `{entry.code}`\n")
        assert entry.meaning[0] in text
        assert f"## What to do\n\n{entry.advice}" in text
        assert f'"{entry.code}"' in text
        assert "HTTP/1.1 " in text


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("POST", "/oauth2/token", "invalid_request"),
        ("POST", "/profile/v1/graphql", "TOKEN_MISSING"),
        ("DELETE", "/profile/v1/graphql", "METHOD_NOT_ALLOWED"),
        ("GET", "/nothing/is/here", "NOT_FOUND"),
        ("GET", "/authorize", "BAD_REQUEST"),
    ],
)
def test_a_refusal_leads_to_the_page_of_its_code(
    deployment: Deployment, method: str, path: str, code: str
) -> None:
    refused = deployment.request(method, path)

    found = _LINK.fullmatch(refused.headers["link"])
    assert found is not None, refused.headers
    assert found[1] == f"/errors/{code}"
    assert deployment.request("GET", found[1]).status_code == 200


def test_an_answer_leads_to_no_page(deployment: Deployment, customer: Customer) -> None:
    issued = deployment.request_token(customer)
    answered = deployment.call(issued.json()["access_token"], customer.api_key)

    assert "link" not in issued.headers
    assert "link" not in answered.headers


def test_what_operators_are_refused_leads_to_no_page(deployment: Deployment) -> None:
    assert "link" not in deployment.request("GET", "/admin/v1/accounts").headers
