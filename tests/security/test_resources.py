"""Calls to services: one token, one place for it, and an answer that tells no more than it must."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from security.asking import FORM, assert_call_refused, assert_live
from support.deployment import GRANT, Deployment

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from support.deployment import Customer

PATH = "/profile/v1/graphql"


@pytest.mark.behaviour(
    29, "Another scheme than Bearer is no credential here: challenged, with no error code"
)
@pytest.mark.parametrize("value", ["Basic c3ZjLWFjbWU6eA==", "Digest username=x", "Bearer ", ""])
def test_another_scheme_is_challenged_like_no_token(
    deployment: Deployment, customer: Customer, value: str
) -> None:
    response = deployment.call(None, customer.api_key, extra=[("authorization", value)])

    assert_call_refused(response, 401, "TOKEN_MISSING")
    assert "error" not in response.headers["www-authenticate"]


@pytest.mark.behaviour(
    30, "A guess at a token reads the same whether the user named in it exists or not"
)
def test_an_unsigned_token_tells_nothing_of_the_user_it_names(
    deployment: Deployment, customer: Customer
) -> None:
    deployment.token(customer)
    deployment.operate(lambda registry: registry.revoke_tokens(customer.username))
    live = deployment.token(customer)
    head, payload, signature = live.split(".")
    tampered = [f"{head}.{payload}.{signature[::-1]}", f"{head}.e30.{signature}", "x.y.z"]

    texts = set()
    for token in tampered:
        response = deployment.call(token, customer.api_key)
        assert_call_refused(response, 401, "TOKEN_INVALID")
        texts.add(response.json()["errors"][0]["message"])
        texts.add(response.headers["www-authenticate"].partition("resource_metadata")[0])

    assert len(texts) == 2


@pytest.mark.behaviour(31, "A token in two places is 400: header and URL, two headers, two schemes")
@pytest.mark.parametrize(
    ("url", "extra"),
    [
        (PATH + "?access_token={token}", []),
        (PATH + "?a=1&access%5Ftoken={token}", []),
        (PATH, [("authorization", "Bearer {token}")]),
        (PATH, [("Authorization", "Basic c3ZjLWFjbWU6eA==")]),
        (PATH, [("x-api-key", "{key}")]),
    ],
)
def test_two_ways_to_present_a_token_at_once_are_refused(
    deployment: Deployment, customer: Customer, url: str, extra: list[tuple[str, str]]
) -> None:
    token = deployment.token(customer)
    known = {"token": token, "key": customer.api_key}

    response = deployment.call(
        token,
        customer.api_key,
        url=url.format(**known),
        extra=[(name, value.format(**known)) for name, value in extra],
    )

    assert_call_refused(response, 400, "BAD_REQUEST")
    assert token not in response.text


@pytest.mark.behaviour(31, "A token that is nowhere but in the URL or in a form opens nothing")
def test_a_token_outside_the_header_opens_nothing(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)

    in_url = deployment.call(None, customer.api_key, url=f"{PATH}?access_token={token}")
    in_get = deployment.call(
        None,
        customer.api_key,
        url=f"{PATH}?query=%7Binfo%7Bname%7D%7D&access_token={token}",
        method="GET",
        content="",
    )
    in_form = deployment.call(
        None,
        customer.api_key,
        content=f"access_token={token}&query=%7Binfo%7Bname%7D%7D",
        content_type=FORM["content-type"],
    )

    assert_call_refused(in_url, 400, "BAD_REQUEST")
    assert_call_refused(in_get, 400, "BAD_REQUEST")
    assert_call_refused(in_form, 401, "TOKEN_MISSING")


@pytest.mark.behaviour(
    31, "A token narrowed to another service is 403 `insufficient_scope`, and the challenge names "
    "the scope that is missing (RFC 6750 section 3.1)"
)  # fmt: skip
def test_a_token_for_another_service_lacks_the_scope(
    deployment: Deployment, customer: Customer
) -> None:
    deployment.operate(lambda registry: registry.add_service("matching", "Matching", ""))
    deployment.operate(
        lambda registry: registry.set_entitlement("acme", "matching", is_granted=True)
    )
    token = deployment.token(customer, query=f"{GRANT}&scope=matching")

    response = deployment.call(token, customer.api_key)

    assert_call_refused(response, 403, "SERVICE_NOT_ALLOWED")
    assert response.headers["www-authenticate"] == (
        'Bearer realm="watchword", error="insufficient_scope", scope="profile"'
    )


@pytest.fixture
def lenient(tmp_path: Path) -> Generator[Deployment]:
    made = Deployment(tmp_path / "lenient", accept_bare_token=True)
    yield made
    made.close()


@pytest.mark.behaviour(
    32, "With the setting `accept_bare_token` a token without `Bearer` opens the service; every "
    "other rule holds as before"
)  # fmt: skip
def test_a_bare_token_is_accepted_under_the_switch_alone(lenient: Deployment) -> None:
    customer = lenient.make_customer()
    old, token = lenient.token(customer), lenient.token(customer)

    bare = lenient.call(None, customer.api_key, extra=[("authorization", token)])
    superseded = lenient.call(None, customer.api_key, extra=[("authorization", old)])
    twice = lenient.call(token, customer.api_key, extra=[("authorization", token)])
    without_key = lenient.call(None, None, extra=[("authorization", token)])

    assert bare.status_code == 200
    assert_call_refused(superseded, 401, "TOKEN_SUPERSEDED")
    assert_call_refused(twice, 400, "BAD_REQUEST")
    assert_call_refused(without_key, 403, "API_KEY_MISSING")


@pytest.mark.behaviour(32, "The switch is off unless an operator turns it on")
def test_a_bare_token_is_refused_by_default(deployment: Deployment, customer: Customer) -> None:
    token = deployment.token(customer)

    response = deployment.call(None, customer.api_key, extra=[("authorization", token)])

    assert not deployment.settings.accept_bare_token
    assert_call_refused(response, 401, "TOKEN_INVALID")
    assert_live(deployment, customer, token)
