"""Document limits, packages and registered documents over the admin API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from support.documents import add_document
from support.operators import AdminClient, add_operator, assert_problem
from watchword.access.model import MOST_OF_A_DOCUMENT
from watchword.access.trusted_documents import LONGEST_DOCUMENT, to_document_id

if TYPE_CHECKING:
    from support.deployment import Customer, Deployment

TEXT = 'query A {\n  info { name }\n}\n# "é"'
ID = to_document_id(TEXT)
USUAL = {
    "tokens": 2_000,
    "depth": 15,
    "aliases": 30,
    "root_fields": 20,
    "list_size": 100,
    "cost": 25_000,
    "introspection": False,
    "trusted_only": False,
}


@pytest.fixture
def admin(deployment: Deployment) -> AdminClient:
    return AdminClient(deployment, add_operator(deployment, "alice"))


def change(admin: AdminClient, plan: str, **members: Any) -> Any:
    return admin.ask("PATCH", f"/plans/{plan}/documents", json.dumps(members))


def test_a_plan_is_made_with_the_usual_document_limits_or_with_what_is_said(
    admin: AdminClient,
) -> None:
    usual = admin.post("/plans", plan="usual").json()
    own = admin.post("/plans", plan="own", documents={"depth": 5, "introspection": True}).json()

    assert usual["documents"] == USUAL
    assert own["documents"] == {**USUAL, "depth": 5, "introspection": True}
    assert admin.get("/plans/own").json() == own


def test_document_limits_are_changed_and_what_is_left_out_stays_as_it_is(
    admin: AdminClient,
) -> None:
    admin.post("/plans", plan="gold")

    first = change(admin, "gold", tokens=9, trusted_only=True).json()
    second = change(admin, "gold", trusted_only=False, cost=7).json()
    third = change(admin, "gold").json()

    assert first["documents"] == {**USUAL, "tokens": 9, "trusted_only": True}
    assert second["documents"] == {**USUAL, "tokens": 9, "cost": 7}
    assert third == second == admin.get("/plans/gold").json()


@pytest.mark.parametrize("name", MOST_OF_A_DOCUMENT)
def test_a_document_limit_out_of_bounds_is_refused(admin: AdminClient, name: str) -> None:
    for wrong in (0, -1, MOST_OF_A_DOCUMENT[name] + 1, None, "1", 1.5):
        assert_problem(change(admin, "preview", **{name: wrong}), 400, "bad_request")
    assert admin.get("/plans/preview").json()["documents"] == USUAL


def test_document_limits_of_no_plan_are_unknown(admin: AdminClient) -> None:
    assert_problem(change(admin, "nope", depth=1), 404, "unknown")


def test_a_package_is_granted_and_withdrawn_and_twice_is_once(
    admin: AdminClient, customer: Customer
) -> None:
    path = f"/accounts/{customer.account}/packages/wealth"

    granted = [admin.ask("PUT", path).json()["packages"] for _ in range(2)]
    shown = admin.get(f"/accounts/{customer.account}").json()["packages"]
    withdrawn = [admin.ask("DELETE", path).json()["packages"] for _ in range(2)]

    assert granted == [["wealth"], ["wealth"]]
    assert shown == ["wealth"]
    assert withdrawn == [[], []]


def test_a_package_that_there_is_not_is_refused_with_those_that_there_are(
    admin: AdminClient, customer: Customer
) -> None:
    for method in ("PUT", "DELETE"):
        refused = admin.ask(method, f"/accounts/{customer.account}/packages/welth")
        problem = assert_problem(refused, 404, "unknown")
        assert (
            problem["detail"] == "there is no package 'welth'; there are giving, personal, wealth"
        )
    assert_problem(admin.post("/accounts", account="new", packages=["welth"]), 404, "unknown")
    made = admin.post("/accounts", account="new", packages=["wealth", "giving"]).json()
    assert made["packages"] == ["giving", "wealth"]


@pytest.mark.parametrize("owner", [None, "acme"])
def test_a_document_is_registered_found_where_the_answer_says_and_removed(
    admin: AdminClient, customer: Customer, owner: str | None
) -> None:
    prefix = "" if owner is None else f"/accounts/{customer.account}"
    path = f"{prefix}/services/profile/documents"

    made = admin.post(path, text=TEXT)
    again = admin.post(path, text=TEXT)
    shown = admin.get(f"{path}/{ID}")
    removed = admin.ask("DELETE", f"{path}/{ID}")

    assert made.status_code == again.status_code == 201
    assert made.headers["location"] == f"/admin/v1{path}/{ID}"
    assert made.json() == {
        "document_id": ID,
        "service": "profile",
        "account": owner,
        "added_at": "2026-11-23T12:00:00Z",
        "text": TEXT,
    }
    assert made.json() == again.json() == shown.json() == removed.json()
    assert_problem(admin.get(f"{path}/{ID}"), 404, "unknown")
    assert_problem(admin.ask("DELETE", f"{path}/{ID}"), 404, "unknown")


def test_a_document_of_an_account_is_another_than_everybody_s(
    admin: AdminClient, customer: Customer
) -> None:
    own = f"/accounts/{customer.account}/services/profile/documents"
    admin.post(own, text=TEXT)

    assert admin.get(f"{own}/{ID}").status_code == 200
    assert_problem(admin.get(f"/services/profile/documents/{ID}"), 404, "unknown")


def test_documents_are_listed_page_by_page_and_of_one_service_or_account(
    deployment: Deployment, admin: AdminClient, customer: Customer
) -> None:
    for text in ("{ info { name } }", "{ info { version } }", TEXT):
        for owner in (None, customer.account):
            add_document(deployment, text, owner)

    whole = admin.get("/documents").json()
    pages = admin.read_pages("/documents", limit=4)
    own = admin.get("/documents?account=acme&service=profile").json()["items"]

    assert [len(page) for page in pages] == [4, 2]
    assert [item for page in pages for item in page] == whole["items"]
    assert [item["account"] for item in whole["items"]] == [None] * 3 + ["acme"] * 3
    assert own == whole["items"][3:]
    (listed,) = [item for item in own if item["document_id"] == ID]
    assert (listed["size"], listed["beginning"]) == (len(TEXT.encode()), TEXT)
    assert "text" not in listed
    for asked in ("service=nope", "account=nope"):
        assert_problem(admin.get(f"/documents?{asked}"), 404, "unknown")


@pytest.mark.parametrize(
    ("path", "text", "status", "code", "said"),
    [
        ("/services/profile", "{ nonsense }", 422, "malformed", "line 1 of the document"),
        ("/services/profile", "{ info {", 422, "malformed", "Syntax Error"),
        ("/services/profile", "", 400, "bad_request", "text"),
        ("/services/nope", TEXT, 404, "unknown", "no service 'nope'"),
        ("/accounts/nope/services/profile", TEXT, 404, "unknown", "no account 'nope'"),
        ("/services/profile", "{" + "x" * LONGEST_DOCUMENT, 400, "bad_request", "text"),
        ("/services/profile", "#" + "é" * 33_000, 422, "malformed", "65,536 bytes"),
        ("/services/profile", "\x00" * 50_000, 413, "content_too_large", ""),
    ],
)
def test_a_document_that_cannot_be_registered_is_refused_with_the_reason(
    admin: AdminClient, path: str, text: str, status: int, code: str, said: str
) -> None:
    refused = admin.post(f"{path}/documents", text=text)

    assert said in assert_problem(refused, status, code)["detail"]
    assert admin.get("/documents").json()["items"] == []


def test_the_longest_document_is_taken_however_it_is_escaped(admin: AdminClient) -> None:
    text = "{ info { name } } #".ljust(LONGEST_DOCUMENT, "\t")

    made = admin.post("/services/profile/documents", text=text)

    assert made.json()["document_id"] == to_document_id(text)
