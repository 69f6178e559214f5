"""The admin API reads strictly, and says what is wrong with a request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from support.operators import AdminClient, add_operator, assert_problem
from watchword.access.errors import StoreUnavailable
from watchword.web.admin.endpoint import BODY_LIMIT

if TYPE_CHECKING:
    from support.deployment import Customer, Deployment


@pytest.fixture
def admin(deployment: Deployment) -> AdminClient:
    return AdminClient(deployment, add_operator(deployment, "alice"))


@pytest.mark.parametrize(
    "path", ["", "/", "/nope", "/accounts/acme/nope", "/users//disable", "//accounts"]
)
def test_an_unknown_path_is_not_found(admin: AdminClient, path: str) -> None:
    assert_problem(admin.get(path), 404, "not_found")


def test_a_path_that_only_begins_like_the_prefix_is_not_the_admin_api(
    deployment: Deployment, admin: AdminClient
) -> None:
    headers = [("authorization", f"Bearer {admin.token}")]

    response = deployment.request("GET", "/admin/v1x/accounts", headers)

    assert response.status_code == 404
    assert response.headers["content-type"] == "application/json"


def test_another_method_is_told_which_there_are(admin: AdminClient) -> None:
    response = admin.ask("DELETE", "/accounts")

    assert_problem(response, 405, "method_not_allowed")
    assert response.headers["allow"] == "POST, GET, HEAD"


def test_a_slash_at_the_end_changes_nothing(admin: AdminClient) -> None:
    assert admin.get("/plans/preview/").json() == admin.get("/plans/preview").json()


def test_head_is_get_without_the_body(admin: AdminClient) -> None:
    response = admin.ask("HEAD", "/plans/preview")

    assert response.status_code == 200
    assert response.content == b""
    assert int(response.headers["content-length"]) == len(admin.get("/plans/preview").content)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("{", "The request body is not JSON. Send a JSON object."),
        ("[]", "Expected `object`, got `array`."),
        ("{}", "Object missing required field `username`."),
        ('{"username": 1, "account": "acme"}', "Expected `str`, got `int` - at `$.username`."),
        ('{"username": "a", "account": "b", "x": 1}', "Object contains unknown field `x`."),
        ("[" * 20_000, None),
    ],
)
def test_a_body_that_cannot_be_read_is_told_what_is_wrong(
    admin: AdminClient, body: str, detail: str | None
) -> None:
    problem = assert_problem(admin.ask("POST", "/users", body), 400, "bad_request")

    assert detail is None or problem["detail"] == detail


def test_an_operation_that_asks_nothing_refuses_members(
    admin: AdminClient, customer: Customer
) -> None:
    response = admin.ask("POST", f"/accounts/{customer.account}/disable", '{"enabled": true}')

    assert_problem(response, 400, "bad_request")
    assert admin.get(f"/accounts/{customer.account}").json()["disabled_at"] is None


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_body_of_another_type_is_refused(admin: AdminClient, content_type: str) -> None:
    response = admin.ask("POST", "/accounts", '{"account": "acme"}', content_type)

    assert_problem(response, 415, "unsupported_media_type")


def test_a_body_that_is_too_large_is_refused(admin: AdminClient) -> None:
    body = json.dumps({"account": "acme", "name": "x" * BODY_LIMIT})

    assert_problem(admin.ask("POST", "/accounts", body), 413, "content_too_large")


@pytest.mark.parametrize("number", ["5.0", "5e0", "5"])
def test_a_whole_number_may_be_written_with_a_fraction_of_nothing(
    admin: AdminClient, number: str
) -> None:
    body = f'{{"rate": {number}, "burst": 1, "quota": null}}'

    changed = admin.ask("PUT", "/plans/preview/limits/profile", body)

    assert changed.json()["limits"]["profile"]["rate"] == 5


@pytest.mark.parametrize("number", ["5.5", "0", "-1", "1e999", "9e30", '"5"', "true", "null"])
def test_another_number_is_refused(admin: AdminClient, number: str) -> None:
    body = f'{{"rate": {number}, "burst": 1, "quota": null}}'

    changed = admin.ask("PUT", "/plans/preview/limits/profile", body)

    assert_problem(changed, 400, "bad_request")


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=1001", "limit=x", "limit=1&limit=2", "nope=1", "after=%ff", "after=%zz"],
)
def test_a_query_that_cannot_be_read_is_refused(admin: AdminClient, query: str) -> None:
    assert_problem(admin.get(f"/accounts?{query}"), 400, "bad_request")


def test_a_query_where_none_is_read_is_refused(admin: AdminClient) -> None:
    response = admin.ask("POST", "/accounts?account=acme", '{"account": "acme"}')

    assert_problem(response, 400, "bad_request")


def test_what_is_not_there_is_unknown(admin: AdminClient) -> None:
    problem = assert_problem(admin.get("/accounts/nobody"), 404, "unknown")

    assert problem["detail"] == "there is no account 'nobody'"


def test_what_exists_is_not_made_again(admin: AdminClient, customer: Customer) -> None:
    response = admin.post("/accounts", account=customer.account)

    assert_problem(response, 409, "already_exists")


def test_a_name_that_cannot_be_one_is_malformed(admin: AdminClient) -> None:
    problem = assert_problem(admin.post("/accounts", account="Acme Inc"), 422, "malformed")

    assert problem["title"] == "Unprocessable Content"
    assert "lower-case letters" in problem["detail"]


def test_a_rule_that_would_be_broken_is_a_conflict(admin: AdminClient, customer: Customer) -> None:
    admin.post(f"/keys/{customer.key_id}/disable")

    response = admin.post(f"/keys/{customer.key_id}/rotate")

    assert_problem(response, 409, "not_allowed")


def test_a_store_that_gives_no_answer_is_unavailable(
    admin: AdminClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreUnavailable("gone")

    monkeypatch.setattr("watchword.store.sqlite.database.Database.read", fail)

    response = admin.get("/accounts")

    assert_problem(response, 503, "service_unavailable")
    assert response.headers["retry-after"] == "1"


def test_a_failure_of_ours_shows_a_correlation_id_and_nothing_else(
    admin: AdminClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("disk 7 burns")

    monkeypatch.setattr("watchword.access.registration.Registry.list_accounts", fail)

    problem = assert_problem(admin.get("/accounts"), 500, "internal_server_error")

    assert "disk 7" not in json.dumps(problem)
