"""The operations of the admin API do what the CLI does."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from support.browsing import Browser
from support.deployment import basic
from support.operators import AdminClient, add_operator, assert_problem
from watchword.web.admin.keys import ApiKeyWithSecret
from watchword.web.admin.users import ServiceUserWithPassword

if TYPE_CHECKING:
    from support.deployment import Customer, Deployment


@pytest.fixture
def admin(deployment: Deployment) -> AdminClient:
    return AdminClient(deployment, add_operator(deployment, "alice"))


def test_an_account_is_made_and_found_where_the_answer_says(
    deployment: Deployment, admin: AdminClient
) -> None:
    made = admin.post("/accounts", account="acme", name="Acme", services=["profile"])

    assert made.status_code == 201
    assert made.headers["location"] == "/admin/v1/accounts/acme"
    assert made.json() == {
        "account": "acme",
        "name": "Acme",
        "services": ["profile"],
        "packages": [],
        "created_at": "2026-11-23T12:00:00Z",
        "disabled_at": None,
    }
    assert admin.get("/accounts/acme").json() == made.json()
    listed = deployment.operate(lambda registry: registry.list_accounts())
    assert [account.id for account in listed.items] == ["acme"]


def test_an_account_is_disabled_for_the_next_request_and_enabled_again(
    deployment: Deployment, admin: AdminClient, customer: Customer
) -> None:
    token = deployment.token(customer)

    disabled = admin.post("/accounts/acme/disable").json()
    refused = deployment.call(token, customer.api_key)
    enabled = admin.post("/accounts/acme/enable").json()
    admitted = deployment.call(token, customer.api_key)

    assert disabled["disabled_at"] == "2026-11-23T12:00:00Z"
    assert enabled["disabled_at"] is None
    assert (refused.status_code, admitted.status_code) == (401, 200)


def test_a_service_is_withdrawn_and_granted_and_twice_is_once(
    admin: AdminClient, customer: Customer
) -> None:
    path = f"/accounts/{customer.account}/services/profile"
    withdrawn = [admin.ask("DELETE", path).json()["services"] for _ in range(2)]
    granted = [admin.ask("PUT", path).json()["services"] for _ in range(2)]

    assert withdrawn == [[], []]
    assert granted == [["profile"], ["profile"]]


def test_a_user_is_made_with_a_password_that_is_shown_once(
    deployment: Deployment, admin: AdminClient, customer: Customer
) -> None:
    made = admin.post("/users", username="svc-new", account="acme")

    assert made.status_code == 201
    assert made.headers["location"] == "/admin/v1/users/svc-new"
    assert made.headers["cache-control"] == "no-store"
    password = made.json()["password"]
    authorization = basic("svc-new", password)
    issued = deployment.request_token(customer, headers={"authorization": authorization})
    assert issued.status_code == 200
    assert "password" not in admin.get("/users/svc-new").json()
    assert password not in admin.get("/users").text + admin.get("/audit?limit=1000").text


def test_a_rotated_password_works_beside_the_old_one_for_a_day_when_nothing_is_said(
    deployment: Deployment, admin: AdminClient, customer: Customer
) -> None:
    made = admin.post(f"/users/{customer.username}/rotate-password").json()

    new = {"authorization": basic(customer.username, made["password"])}
    assert deployment.request_token(customer, headers=new).status_code == 200
    assert deployment.request_token(customer).status_code == 200
    deployment.clock.advance(timedelta(days=1))
    assert deployment.request_token(customer, headers=new).status_code == 200
    assert deployment.request_token(customer).status_code == 401


def test_a_password_rotated_without_overlap_ends_the_old_one_at_once(
    deployment: Deployment, admin: AdminClient, customer: Customer
) -> None:
    admin.post(f"/users/{customer.username}/rotate-password", overlap_seconds=0)

    assert deployment.request_token(customer).status_code == 401


def test_revoked_tokens_are_refused_on_the_next_request(
    deployment: Deployment, admin: AdminClient, customer: Customer
) -> None:
    token = deployment.token(customer)

    revoked = admin.post(f"/users/{customer.username}/revoke-tokens").json()

    assert revoked == {"username": customer.username, "generation": 2}
    assert deployment.call(token, customer.api_key).status_code == 401


def test_a_user_is_disabled_and_enabled(
    deployment: Deployment, admin: AdminClient, customer: Customer
) -> None:
    admin.post(f"/users/{customer.username}/disable")
    refused = deployment.request_token(customer)
    admin.post(f"/users/{customer.username}/enable")
    issued = deployment.request_token(customer)

    assert (refused.status_code, issued.status_code) == (401, 200)


def test_users_are_listed_of_one_account(
    deployment: Deployment, admin: AdminClient, customer: Customer
) -> None:
    deployment.make_customer("other", "svc-other")

    items = admin.get(f"/users?account={customer.account}").json()["items"]

    assert [item["username"] for item in items] == [customer.username]
    assert_problem(admin.get("/users?account=nobody"), 404, "unknown")


def test_a_key_is_made_on_the_default_plan_and_shown_once(
    deployment: Deployment, admin: AdminClient, customer: Customer
) -> None:
    made = admin.post("/keys", account="acme", description="reports", lifetime_seconds=60)

    key = made.json()
    assert made.status_code == 201
    assert made.headers["location"] == f"/admin/v1/keys/{key['key_id']}"
    assert (key["plan"], key["expires_at"]) == ("preview", "2026-11-23T12:01:00Z")
    headers = {"x-api-key": key["api_key"]}
    assert deployment.request_token(customer, headers=headers).status_code == 200
    assert "api_key" not in admin.get(f"/keys/{key['key_id']}").json()
    assert key["api_key"] not in admin.get("/keys").text + admin.get("/audit?limit=1000").text


def test_a_rotated_key_is_another_and_the_old_one_ends_with_the_overlap(
    deployment: Deployment, admin: AdminClient, customer: Customer
) -> None:
    made = admin.post(f"/keys/{customer.key_id}/rotate", overlap_seconds=60)

    key = made.json()
    assert made.status_code == 201
    assert made.headers["location"] == f"/admin/v1/keys/{key['key_id']}"
    assert key["key_id"] != customer.key_id
    deployment.clock.advance(timedelta(seconds=60))
    assert deployment.request_token(customer).status_code == 401
    headers = {"x-api-key": key["api_key"]}
    assert deployment.request_token(customer, headers=headers).status_code == 200


def test_a_key_is_disabled_and_enabled(
    deployment: Deployment, admin: AdminClient, customer: Customer
) -> None:
    admin.post(f"/keys/{customer.key_id}/disable")
    refused = deployment.request_token(customer)
    admin.post(f"/keys/{customer.key_id}/enable")
    issued = deployment.request_token(customer)

    assert (refused.status_code, issued.status_code) == (401, 200)


def test_a_plan_is_made_with_limits_and_one_is_set(admin: AdminClient) -> None:
    limit = {"rate": 5, "burst": 3, "quota": None}

    made = admin.post("/plans", plan="gold", limits={"profile": limit})
    changed = admin.ask("PUT", "/plans/gold/limits/matching", '{"rate": 1, "burst": 1, "quota": 0}')

    assert made.status_code == 201
    assert made.headers["location"] == "/admin/v1/plans/gold"
    assert changed.json() == admin.get("/plans/gold").json()
    assert changed.json()["limits"] == {
        "profile": limit,
        "matching": {"rate": 1, "burst": 1, "quota": 0},
    }


def test_a_service_is_registered_disabled_and_enabled(admin: AdminClient) -> None:
    made = admin.post("/services", service="matching")
    disabled = admin.post("/services/matching/disable").json()
    enabled = admin.post("/services/matching/enable").json()

    assert made.status_code == 201
    assert made.headers["location"] == "/admin/v1/services/matching"
    assert made.json()["title"] == "matching"
    assert disabled["disabled_at"] == "2026-11-23T12:00:00Z"
    assert enabled == admin.get("/services/matching").json() == made.json()


def test_a_service_is_routed_and_what_is_left_out_stays_as_it_is(admin: AdminClient) -> None:
    upstream = "http://127.0.0.1:4000/graphql"
    made = admin.post("/services", service="matching", upstream=upstream, allows_preflight=True)

    def route(**members: Any) -> tuple[Any, ...]:
        answer = admin.ask("PATCH", "/services/matching", json.dumps(members))
        assert answer.status_code == 200, answer.text
        told = answer.json()
        return told["upstream"], told["allows_preflight"], told["signs_identity"]

    assert made.json()["upstream"] == upstream
    assert route() == (upstream, True, False)
    assert route(signs_identity=True) == (upstream, True, True)
    assert route(upstream="https://other/", allows_preflight=False) == (
        "https://other/",
        False,
        True,
    )
    assert route(upstream=None) == (None, False, True)
    assert admin.get("/services/matching").json()["upstream"] is None
    assert admin.get("/services/matching").json()["title"] == "matching"
    admin.ask(
        "PATCH", "/services/matching", '{"title": "Matching", "description": "What happened."}'
    )
    told = admin.get("/services/matching").json()
    assert (told["title"], told["description"]) == ("Matching", "What happened.")
    assert told["signs_identity"] is True


@pytest.mark.parametrize(
    ("service", "upstream", "status", "code"),
    [
        ("profile", "http://h/", 409, "not_allowed"),
        ("nope", "http://h/", 404, "unknown"),
        ("matching", "ftp://h/", 422, "malformed"),
        ("matching", "http://user:password@h/", 422, "malformed"),
    ],
)
def test_a_route_that_cannot_be_is_refused(
    admin: AdminClient, service: str, upstream: str, status: int, code: str
) -> None:
    admin.post("/services", service="matching")

    refused = admin.ask("PATCH", f"/services/{service}", json.dumps({"upstream": upstream}))

    assert_problem(refused, status, code)


def test_the_signing_keys_are_listed_without_their_private_halves(admin: AdminClient) -> None:
    answer = admin.get("/signing-keys").json()

    (key,) = answer["items"]
    assert set(key) == {"kid", "stage", "signs_from", "retires_at"}
    assert (key["stage"], key["retires_at"]) == ("signing", None)


def test_an_answer_that_holds_a_secret_does_not_show_it_when_it_is_printed(
    admin: AdminClient, customer: Customer
) -> None:
    user = admin.post(f"/users/{customer.username}/rotate-password")
    key = admin.post(f"/keys/{customer.key_id}/rotate")

    printed = repr(
        [
            msgspec.json.decode(user.content, type=ServiceUserWithPassword),
            msgspec.json.decode(key.content, type=ApiKeyWithSecret),
        ]
    )

    assert user.json()["password"] not in printed
    assert key.json()["api_key"] not in printed


def test_no_secret_reaches_the_log(
    admin: AdminClient, customer: Customer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")

    password = admin.post(f"/users/{customer.username}/rotate-password").json()["password"]
    key = admin.post(f"/keys/{customer.key_id}/rotate").json()["api_key"]
    refused = admin.post(f"/keys/{key}/rotate")

    assert refused.status_code == 404
    assert password not in caplog.text
    assert admin.token not in caplog.text


def test_a_service_user_is_signed_out_in_every_browser(
    deployment: Deployment, admin: AdminClient, customer: Customer
) -> None:
    browsers = [Browser(deployment) for _ in range(2)]
    for browser in browsers:
        browser.sign_in(customer)

    ended = admin.post(f"/users/{customer.username}/end-sessions").json()

    assert ended == {"username": customer.username, "sessions": 2}
    assert [browser.get("/profile/v1/graphiql/").status_code for browser in browsers] == [303, 303]
    assert admin.post(f"/users/{customer.username}/end-sessions").json()["sessions"] == 0
    assert_problem(admin.post("/users/nobody/end-sessions"), 404, "unknown")


def test_refusals_are_told_by_account_service_and_code(
    deployment: Deployment, admin: AdminClient, customer: Customer
) -> None:
    token = deployment.token(customer)
    for key in (None, None, "no key"):
        deployment.call(token, key)
    # Handed over by a stop.
    deployment.run(deployment.application.shutdown())
    deployment.run(deployment.application.startup())

    told = admin.get("/refusals?account=acme").json()["items"]

    of_all = {"account": "acme", "service": "profile", "last_day": "2026-11-23"}
    assert told == [
        {**of_all, "code": "API_KEY_MISSING", "calls": 2},
        {**of_all, "code": "API_KEY_INVALID", "calls": 1},
    ]
    assert admin.get("/refusals?until=2026-11-22").json()["items"] == []
    assert_problem(admin.get("/refusals?account=nobody"), 404, "unknown")
    assert_problem(admin.get("/refusals?since=2026-11-24&until=2026-11-23"), 422, "malformed")
