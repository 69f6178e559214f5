"""What is answered to an admitted call, by the GraphQL-over-HTTP specification."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from support.deployment import Deployment

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from support.deployment import Customer

NEW = "application/graphql-response+json"
TYPED = f"{NEW}; charset=utf-8"
PLAIN = "application/json; charset=utf-8"
PATH = "/profile/v1/graphql"


@pytest.fixture
def lenient(tmp_path: Path) -> Generator[Deployment]:
    made = Deployment(tmp_path / "lenient", accept_bare_token=True)
    yield made
    made.close()


def test_variables_and_operation_name_are_used(deployment: Deployment, customer: Customer) -> None:
    body = json.dumps(
        {
            "query": "query A { info { name } } query B($id: String!) "
            "{ personIdSearch(id: $id) { __typename } }",
            "operationName": "B",
            "variables": {"id": "1-per-1"},
        }
    )

    response = deployment.call(deployment.token(customer), customer.api_key, content=body)

    assert response.json()["data"] == {"personIdSearch": {"__typename": "EntityNotFoundError"}}


@pytest.mark.parametrize(
    "query",
    ["{ info { name }", "{ unknown }", "query A { info { name } } query B { info { name } }",
     "", "subscription { x }", "{ ...a } fragment a on Query { ...a }", "{ " * 5000],
)  # fmt: skip
def test_a_document_error_is_a_graphql_answer_by_the_asked_media_type(
    deployment: Deployment, customer: Customer, query: str
) -> None:
    token = deployment.token(customer)
    body = json.dumps({"query": query})

    old = deployment.call(token, customer.api_key, content=body)
    new = deployment.call(token, customer.api_key, content=body, extra=[("accept", NEW)])

    assert (old.status_code, old.headers["content-type"]) == (200, PLAIN)
    assert (new.status_code, new.headers["content-type"]) == (400, TYPED)
    (old_id, new_id) = (answer.headers["x-correlation-id"] for answer in (old, new))
    assert old_id != new_id
    assert old.text.replace(old_id, new_id) == new.text
    assert "data" not in old.json()
    assert all(error["message"] for error in old.json()["errors"])


def test_get_answers_a_query(deployment: Deployment, customer: Customer) -> None:
    token = deployment.token(customer)
    parameters = urlencode(
        {
            "query": "query A($id: String!)\n{ personIdSearch(id: $id)\r\n{ __typename } }",
            "variables": '{"id":\n"nonsense"}',
            "extensions": "{}",
            "operationName": "A",
        }
    )

    response = deployment.call(
        token, customer.api_key, url=f"{PATH}?{parameters}", method="GET", content=b""
    )

    assert response.json()["data"] == {"personIdSearch": {"__typename": "ValidationError"}}


@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        ("", 400),
        ("query=%zz", 400),
        ("query={info{name}}&query={info{name}}", 400),
        ("query={info{name}}&variables=[", 400),
        ("query={info{name}}&variables=[]", 400),
        ("query={info{name}}&extensions=[]", 400),
        ("query={info{name}}%00", 400),
        ("query=mutation{x}", 200),
    ],
)
def test_a_malformed_get_is_a_bad_request(
    deployment: Deployment, customer: Customer, parameters: str, status: int
) -> None:
    token = deployment.token(customer)

    response = deployment.call(
        token, customer.api_key, url=f"{PATH}?{parameters}", method="GET", content=b""
    )

    assert response.status_code == status
    assert response.json()["errors"]


def test_answers_are_never_stored_and_carry_the_correlation_id(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)

    first = deployment.call(token, customer.api_key)
    second = deployment.call(token, customer.api_key)

    assert first.headers["cache-control"] == "no-store"
    assert first.headers["x-correlation-id"] != second.headers["x-correlation-id"]


def test_accept_may_come_in_parts(deployment: Deployment, customer: Customer) -> None:
    response = deployment.call(
        deployment.token(customer),
        customer.api_key,
        extra=[("accept", "text/html"), ("accept", NEW)],
    )

    assert (response.status_code, response.headers["content-type"]) == (200, TYPED)


def test_the_switch_accepts_a_bare_token(lenient: Deployment) -> None:
    customer = lenient.make_customer()
    token = lenient.token(customer)

    bare = lenient.call(None, customer.api_key, extra=[("authorization", token)])
    usual = lenient.call(token, customer.api_key)

    assert bare.status_code == usual.status_code == 200


def test_an_unforeseen_failure_tells_a_correlation_id_and_nothing_else(
    deployment: Deployment, customer: Customer, caplog: pytest.LogCaptureFixture
) -> None:
    token = deployment.token(customer)
    deployment.settings.profile_database.write_bytes(b"this is no database" * 1000)

    response = deployment.call(
        token,
        customer.api_key,
        query='{ personKeywordSearch(filter: {searchKeyword: \\"a\\"}) { items { id } } }',
    )

    assert response.status_code == 200
    assert response.json()["errors"]
    for secret in ("SQLite", "database", str(deployment.settings.data_dir), "Traceback"):
        assert secret not in response.text
    assert caplog.records
