"""Lists and the audit log are read page by page over the admin API."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from support.operators import AdminClient, add_operator, assert_problem

if TYPE_CHECKING:
    from support.deployment import Customer, Deployment


@pytest.fixture
def admin(deployment: Deployment) -> AdminClient:
    return AdminClient(deployment, add_operator(deployment, "alice"))


@pytest.mark.parametrize(
    ("path", "name"), [("/accounts", "account"), ("/plans", "plan"), ("/services", "service")]
)
def test_pages_hold_everything_once_and_in_order(admin: AdminClient, path: str, name: str) -> None:
    for made in ("zeta", "alpha", "mu", "null"):
        assert admin.post(path, **{name: made}).status_code == 201

    whole = [item[name] for item in admin.get(path).json()["items"]]
    pages = admin.read_pages(path, limit=2)

    assert whole == sorted(whole)
    assert {"alpha", "mu", "null", "zeta"} <= set(whole)
    assert all(len(page) == 2 for page in pages[:-1])
    assert [item[name] for page in pages for item in page] == whole


def test_a_page_has_a_hundred_when_nothing_is_said(
    deployment: Deployment, admin: AdminClient
) -> None:
    async def make(registry: Any) -> None:
        for number in range(101):
            await registry.add_plan(f"plan-{number:03}", {})

    deployment.operate(make)

    first = admin.get("/plans").json()

    assert len(first["items"]) == 100
    assert first["next"] == "plan-099"


def test_keys_and_users_are_paged_too(
    deployment: Deployment, admin: AdminClient, customer: Customer
) -> None:
    for number in range(3):
        admin.post("/keys", account=customer.account)
        admin.post("/users", account=customer.account, username=f"svc-{number}")
        deployment.clock.advance(timedelta(seconds=1))

    for path, name in (("/keys", "key_id"), ("/users", "username")):
        whole = [item[name] for item in admin.get(path).json()["items"]]
        pages = admin.read_pages(path, limit=3)
        assert [len(page) for page in pages] == [3, 1]
        assert [item[name] for page in pages for item in page] == whole


def test_a_page_behind_no_key_is_refused_and_not_empty(admin: AdminClient) -> None:
    assert_problem(admin.get("/keys?after=key_nobody"), 404, "unknown")


def test_what_an_operator_does_is_recorded_under_the_name_and_the_address(
    admin: AdminClient,
) -> None:
    made = admin.post("/accounts", account="acme")

    record = admin.get("/audit?limit=1000").json()["items"][-1]

    assert record["event"] == "account.added"
    assert record["actor"] == "operator:alice"
    assert record["address"] == "127.0.0.1"
    assert record["correlation_id"] == made.headers["x-correlation-id"]
    assert record["facts"]["account"] == "acme"
    assert record["time"] == "2026-11-23T12:00:00Z"


def test_the_log_is_read_page_by_page_behind_a_sequence_number(admin: AdminClient) -> None:
    for number in range(5):
        admin.post("/accounts", account=f"acme-{number}")

    whole = admin.get("/audit?limit=1000").json()
    pages = admin.read_pages("/audit", limit=2)

    sequences = [item["sequence"] for item in whole["items"]]
    assert whole["next"] is None
    assert sequences == list(range(1, len(sequences) + 1))
    assert [item for page in pages for item in page] == whole["items"]


def test_nothing_lies_behind_the_last_record(admin: AdminClient) -> None:
    last = admin.get("/audit?limit=1000").json()["items"][-1]["sequence"]

    assert admin.get(f"/audit?after={last}").json() == {"items": [], "next": None}
    assert admin.get(f"/audit?after={2**63 - 1}").json() == {"items": [], "next": None}
    assert_problem(admin.get(f"/audit?after={2**63}"), 400, "bad_request")


def test_the_audit_log_is_searched_newest_first_and_page_by_page(
    deployment: Deployment, admin: AdminClient, customer: Customer
) -> None:
    other = deployment.make_customer("beta", "svc-beta")
    for who in (customer, other, customer):
        deployment.token(who)

    found = admin.get(f"/audit/search?username={customer.username}&event=token.").json()
    first = admin.get("/audit/search?event=token.issued&limit=2").json()
    rest = admin.get(f"/audit/search?event=token.issued&limit=2&before={first['next']}").json()

    events = [item["event"] for item in found["items"]]
    assert events == ["token.superseded", "token.issued", "token.issued"]
    assert [len(page["items"]) for page in (first, rest)] == [2, 1]
    assert rest["next"] is None


def test_what_happened_to_tokens_is_told_with_who_took_them(
    deployment: Deployment, admin: AdminClient, customer: Customer
) -> None:
    for program in ("blue", "green", "blue", "green"):
        deployment.token(customer, headers={"user-agent": program})

    story = admin.get(f"/users/{customer.username}/tokens").json()

    assert story["live"] == story["issued"][0]["jti"]
    assert story["issued"][1]["ended_by"] == "token.superseded"
    assert story["issued"][1]["ended_from"] == {"address": "127.0.0.1", "user_agent": "green"}
    places = [item["place"]["user_agent"] for item in story["contention"]["contenders"]]
    assert sorted(places) == ["blue", "green"]


def test_the_tokens_of_nobody_are_unknown(admin: AdminClient) -> None:
    assert_problem(admin.get("/users/nobody/tokens"), 404, "unknown")
