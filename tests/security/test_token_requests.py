"""Token requests: what is refused leaves no token behind, and no trace of a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from security.asking import FORM, assert_live, assert_refused
from security.forging import claims_of
from support.deployment import GRANT

if TYPE_CHECKING:
    from support.deployment import Customer, Deployment


@pytest.mark.behaviour(1, "A refused method issues nothing: the live token is the same as before")
def test_a_token_request_by_another_method_issues_nothing(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)

    for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"):
        response = deployment.request_token(customer, method=method)
        assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert_live(deployment, customer, token)


@pytest.mark.behaviour(
    3, "No order of two grants in one place gets a token: neither the first nor the last counts"
)
@pytest.mark.parametrize("place", ["query", "body"])
@pytest.mark.parametrize(
    "grants",
    [f"{GRANT}&{GRANT}", f"{GRANT}&grant_type=password", f"grant_type=password&{GRANT}",
     f"{GRANT}&grant_type=", f"{GRANT}&grant%5Ftype=client_credentials"],
)  # fmt: skip
def test_a_grant_smuggled_beside_another_gets_no_token(
    deployment: Deployment, customer: Customer, place: str, grants: str
) -> None:
    in_query, in_body = (grants, "") if place == "query" else ("", grants)

    response = deployment.request_token(customer, query=in_query, content=in_body, headers=FORM)

    assert_refused(response, 400, "invalid_request")


@pytest.mark.behaviour(
    6, "User name and password in the URL authenticate nobody, nor does a key in the URL"
)
@pytest.mark.parametrize(
    ("query", "dropped"),
    [
        ("client_id={user}&client_secret={password}", "authorization"),
        ("client_id={user}&client%5Fsecret={password}", "authorization"),
        ("username={user}&PASSWORD={password}", "authorization"),
        ("x-api-key={key}", "x-api-key"),
        ("X%2DAPI%2DKey={key}", "x-api-key"),
    ],
)
def test_right_credentials_in_the_url_get_no_token(
    deployment: Deployment, customer: Customer, query: str, dropped: str
) -> None:
    secrets = query.format(user=customer.username, password=customer.password, key=customer.api_key)

    response = deployment.request_token(
        customer, query=f"{GRANT}&{secrets}", headers={dropped: None}
    )

    assert_refused(response, 400, "invalid_request")
    assert customer.password not in response.text
    assert customer.api_key not in response.text


@pytest.mark.behaviour(8, "No spelling of a scope gets a service that the account has not")
def test_a_scope_is_never_silently_dropped_or_widened(
    deployment: Deployment, customer: Customer
) -> None:
    deployment.operate(lambda registry: registry.add_service("matching", "Matching", ""))
    scopes = [
        "matching", "profile+matching", "matching+profile", "profile%20matching",
        "profile,matching", "*", "openid+profile", "profil%C3%A9",
    ]  # fmt: skip
    no_texts = ["profile%09matching", "profile%0Amatching", "profile%00"]

    for scope in scopes:
        refused = deployment.request_token(customer, query=f"{GRANT}&scope={scope}")
        assert_refused(refused, 400, "invalid_scope")
    for scope in no_texts:
        refused = deployment.request_token(customer, query=f"{GRANT}&scope={scope}")
        assert_refused(refused, 400, "invalid_request")
    assert claims_of(deployment.token(customer))["aud"] == ["profile"]
