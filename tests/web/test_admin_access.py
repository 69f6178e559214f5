"""The admin API lets operators in and nobody else."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from support.operators import AdminClient, add_operator, assert_problem, operate_operators
from watchword.access.model import OperatorScope
from watchword.web.admin.table import OPERATIONS

if TYPE_CHECKING:
    from support.deployment import Customer, Deployment


CHALLENGE = 'Bearer realm="watchword"'
INVALID = f'{CHALLENGE}, error="invalid_token"'


@pytest.fixture
def admin(deployment: Deployment) -> AdminClient:
    return AdminClient(deployment, add_operator(deployment, "alice"))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_is_answered_without_a_token_not_even_which_paths_there_are(
    deployment: Deployment, method: str
) -> None:
    paths = {operation.path for operation in OPERATIONS} | {"", "/", "/nope"}

    for path in sorted(paths):
        response = deployment.request(method, f"/admin/v1{path}")

        assert_problem(response, 401, "unauthorized")
        assert response.headers["www-authenticate"] == CHALLENGE


@pytest.mark.parametrize("authorization", ["Basic YTpi", "Bearer", "Bearer ", "wo1234", ""])
def test_another_scheme_is_no_token(deployment: Deployment, authorization: str) -> None:
    headers = [("authorization", authorization)]

    response = deployment.request("GET", "/admin/v1/accounts", headers)

    assert_problem(response, 401, "unauthorized")
    assert response.headers["www-authenticate"] == CHALLENGE


def test_no_token_is_no_failure_and_leaves_no_record(
    deployment: Deployment, admin: AdminClient
) -> None:
    before = admin.get("/audit?limit=1000").json()["items"]
    for _ in range(deployment.settings.failures_by_address + 1):
        response = deployment.request("GET", "/admin/v1/accounts")
        assert response.status_code == 401

    assert admin.get("/audit?limit=1000").json()["items"] == before


def test_a_wrong_token_is_refused_and_recorded(deployment: Deployment, admin: AdminClient) -> None:
    response = AdminClient(deployment, "guessed").get("/accounts")

    assert_problem(response, 401, "unauthorized")
    assert response.headers["www-authenticate"] == INVALID
    record = admin.get("/audit").json()["items"][-1]
    assert record["event"] == "operator.refused"
    assert record["actor"] == "operator:unknown"
    assert record["correlation_id"] == response.headers["x-correlation-id"]
    assert "guessed" not in json.dumps(record)


def test_an_expired_token_is_refused(deployment: Deployment, admin: AdminClient) -> None:
    deployment.clock.advance(timedelta(days=90))

    response = admin.get("/accounts")

    assert_problem(response, 401, "unauthorized")
    assert response.headers["www-authenticate"] == INVALID


def test_a_revoked_token_is_refused_on_the_next_request(
    deployment: Deployment, admin: AdminClient
) -> None:
    assert admin.get("/accounts").status_code == 200

    operate_operators(deployment, lambda operators: operators.revoke_operator("alice"))

    assert_problem(admin.get("/accounts"), 401, "unauthorized")


def test_a_token_for_introspection_opens_nothing_here(deployment: Deployment) -> None:
    token = add_operator(deployment, "gateway", OperatorScope.INTROSPECT)

    response = AdminClient(deployment, token).get("/accounts")

    assert_problem(response, 401, "unauthorized")
    assert response.headers["www-authenticate"] == INVALID


def test_an_access_token_and_an_api_key_open_nothing_here(
    deployment: Deployment, customer: Customer
) -> None:
    for secret in (deployment.token(customer), customer.api_key):
        response = AdminClient(deployment, secret).get("/accounts")
        assert_problem(response, 401, "unauthorized")


def test_after_too_many_wrong_tokens_the_address_waits_and_the_right_one_does_not(
    deployment: Deployment, admin: AdminClient
) -> None:
    guessing = AdminClient(deployment, "guessed")
    for _ in range(deployment.settings.failures_by_name):
        assert guessing.get("/accounts").status_code == 401

    response = guessing.get("/accounts")

    assert_problem(response, 429, "too_many_requests")
    assert int(response.headers["retry-after"]) >= 1
    assert admin.get("/accounts").status_code == 200


def test_two_authorization_headers_are_refused(deployment: Deployment, admin: AdminClient) -> None:
    headers = [("authorization", f"Bearer {admin.token}")] * 2

    response = deployment.request("GET", "/admin/v1/accounts", headers)

    assert_problem(response, 400, "bad_request")


def test_a_token_in_the_url_opens_nothing(deployment: Deployment, admin: AdminClient) -> None:
    url = f"/admin/v1/accounts?access_token={admin.token}"

    assert_problem(deployment.request("GET", url), 401, "unauthorized")
