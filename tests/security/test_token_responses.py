"""Answers of the token endpoint: none is kept by a cache, all are what clients can read."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from security.asking import FORM
from support.deployment import GRANT, basic
from watchword.access.errors import (
    InvalidClient,
    MethodNotAllowed,
    OAuthRefusal,
    SlowDown,
    StoreUnavailable,
)
from watchword.web.responses import oauth_refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2

    from support.deployment import Customer, Deployment

ALLOWED = re.compile(rb"[\x20-\x21\x23-\x5b\x5d-\x7e]+")


@pytest.mark.behaviour(
    21,
    "`expires_in` is a JSON integer, the token is three parts of base64url, and nothing else is in "
    "the answer",
)
def test_the_bytes_of_a_token_answer(deployment: Deployment, customer: Customer) -> None:
    response = deployment.request_token(customer)

    assert response.status_code == 200
    assert re.fullmatch(
        rb'\{"access_token":"eyJ[\w-]+\.[\w-]+\.[\w-]{86}","expires_in":28800,'
        rb'"token_type":"Bearer"\}',
        response.content,
    )


def _answers(deployment: Deployment, customer: Customer) -> Iterator[tuple[int, httpx2.Response]]:
    """Yield an answer of every status that the token endpoint has, and the status."""
    yield 200, deployment.request_token(customer)
    yield 400, deployment.request_token(customer, query="")
    yield 405, deployment.request_token(customer, method="GET")
    yield 413, deployment.request_token(customer, content="x" * 20_000, headers=FORM)
    wrong = {"authorization": basic(customer.username, "w" * 43)}
    yield 401, deployment.request_token(customer, headers=wrong)
    for _ in range(9):
        deployment.request_token(customer, headers=wrong)
    yield 429, deployment.request_token(customer, headers=wrong)
    deployment.run(deployment.application.shutdown())
    yield 503, deployment.request_token(customer)


@pytest.mark.behaviour(
    22,
    "`Cache-Control: no-store` and `Pragma: no-cache` are on every answer, of every status "
    "(RFC 6749 section 5.1)",
)
def test_no_answer_of_the_token_endpoint_may_be_kept(
    deployment: Deployment, customer: Customer
) -> None:
    for status, answer in _answers(deployment, customer):
        assert answer.status_code == status, answer.text
        assert answer.headers.get_list("cache-control") == ["no-store"]
        assert answer.headers.get_list("pragma") == ["no-cache"]
        assert answer.headers["content-type"] == "application/json"


@pytest.mark.behaviour(22, "An unforeseen failure of the server may not be kept either")
def test_a_failure_of_the_server_may_not_be_kept(
    deployment: Deployment, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watchword.access.signing.SigningKey.sign", lambda *_: 1 / 0)

    response = deployment.request_token(customer)

    assert response.status_code == 500
    assert response.json()["error"] == "server_error"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["pragma"] == "no-cache"


@pytest.mark.behaviour(
    23,
    "Every `error_description` is of the characters that RFC 6749 section 5.2 allows, whatever "
    "the refusal's own text has in it",
)
def test_no_description_holds_a_forbidden_character() -> None:
    hostile = "".join(map(chr, range(0x180))) + '"\\\N{SNOWMAN}'
    own_words = {SlowDown, InvalidClient}  # their texts are fixed
    kinds = [kind for kind in OAuthRefusal.__subclasses__() if kind not in own_words]
    errors = [
        InvalidClient(reason=hostile),
        *(kind(public=hostile) for kind in kinds),
        SlowDown(retry_after=timedelta(seconds=1)),
        MethodNotAllowed(hostile),
        StoreUnavailable(hostile),
        RuntimeError(hostile),
    ]

    described = [
        re.search(rb'"error_description":"(.*)"\}', oauth_refusal(error, "").body)
        for error in errors
    ]

    assert len(described) > 8
    for found in described:
        assert found is not None
        assert ALLOWED.fullmatch(found[1])


@pytest.mark.behaviour(23, "A description never repeats what the request said")
@pytest.mark.parametrize(
    ("query", "content"),
    [
        (f"{GRANT}&scope=zebra%22%5C", ""),
        ("grant_type=zebra", ""),
        (f"{GRANT}&resource=zebra", ""),
        (f"{GRANT}&zebra=1&zebra=2", ""),
        (GRANT, "client_id=zebra"),
    ],
)
def test_a_refusal_echoes_nothing(
    deployment: Deployment, customer: Customer, query: str, content: str
) -> None:
    response = deployment.request_token(customer, query=query, content=content, headers=FORM)

    assert response.status_code == 400
    assert "zebra" not in response.text
    assert "zebra" not in str(response.headers)
