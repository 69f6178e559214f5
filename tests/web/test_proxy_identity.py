"""The signed statement of who calls: an upstream can verify it, and it opens nothing."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from support.deployment import OPERATOR, code_of
from support.proxied import URL
from watchword.access.keyring import REFRESH
from watchword.deployment import open_deployment

if TYPE_CHECKING:
    from support.proxied import Proxied

HEADER = "x-watchword-identity"


@pytest.fixture
def signed(proxied: Proxied) -> Proxied:
    proxied.route(signs_identity=True)
    return proxied


def statement(proxied: Proxied) -> str:
    assert proxied.call().status_code == 200
    return proxied.upstream.seen[-1].one(HEADER)


def read(token: str, part: int = 1) -> dict[str, Any]:
    members: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[part] + "=="))
    return members


def test_an_upstream_verifies_it_with_the_published_keys(signed: Proxied) -> None:
    keys = KeySet.import_key_set(signed.deployment.request("GET", "/.well-known/jwks.json").json())
    token_claims = read(signed.token)
    now = int(signed.deployment.clock.now().timestamp())

    verified = jwt.decode(statement(signed), keys, algorithms=["ES256"])

    assert verified.header["typ"] == "watchword-identity+jwt"
    assert verified.claims == {
        "iss": "http://127.0.0.1:8080",
        "sub": signed.customer.username,
        "aud": "matching",
        "iat": now,
        "exp": now + 60,
        "account": signed.customer.account,
        "plan": "roomy",
        "key_id": signed.customer.key_id,
        "token_id": token_claims["jti"],
    }


def test_it_is_no_access_token_anywhere(signed: Proxied) -> None:
    identity = statement(signed)
    customer, deployment = signed.customer, signed.deployment

    refused = [
        deployment.call(identity, customer.api_key, url=url)
        for url in (URL, "/profile/v1/graphql", "/matching/authorize")
    ]

    assert [(item.status_code, code_of(item)) for item in refused] == [(401, "TOKEN_INVALID")] * 3
    assert len(signed.upstream.seen) == 1


def test_with_the_header_of_an_access_token_its_signature_fails(signed: Proxied) -> None:
    _, payload, signature = statement(signed).split(".")
    forged = ".".join([signed.token.split(".")[0], payload, signature])

    response = signed.deployment.call(forged, signed.customer.api_key, url=URL)

    assert (response.status_code, code_of(response)) == (401, "TOKEN_INVALID")


def test_one_statement_serves_for_half_its_life(signed: Proxied) -> None:
    first, second = statement(signed), statement(signed)
    signed.deployment.clock.advance(timedelta(seconds=29))
    third = statement(signed)
    signed.deployment.clock.advance(timedelta(seconds=1))
    fourth = statement(signed)

    assert first == second == third
    assert read(fourth)["exp"] == read(first)["exp"] + 30


def test_each_token_and_each_key_has_a_statement_of_its_own(signed: Proxied) -> None:
    deployment, customer = signed.deployment, signed.customer
    first = statement(signed)
    other = deployment.operate(
        lambda registry: registry.add_api_key(customer.account, "roomy", "", None)
    )
    deployment.call(signed.token, other.key, url=URL)
    by_other_key = signed.upstream.seen[-1].one(HEADER)
    deployment.call(deployment.token(customer), customer.api_key, url=URL)
    by_other_token = signed.upstream.seen[-1].one(HEADER)

    assert read(by_other_key)["key_id"] == other.record.id
    assert read(by_other_key)["token_id"] == read(first)["token_id"]
    assert read(by_other_token)["token_id"] != read(first)["token_id"]


def test_a_key_that_was_rotated_away_at_once_signs_no_more(signed: Proxied) -> None:
    deployment = signed.deployment
    first = statement(signed)

    async def rotate() -> str:
        async with open_deployment(deployment.settings, deployment.clock) as opened:
            keys = opened.rotation(deployment.clock, deployment.dice, OPERATOR)
            return (await keys.rotate_at_once()).kid

    kid = deployment.run(rotate())
    deployment.clock.advance(REFRESH)
    token = deployment.token(signed.customer)
    deployment.call(token, signed.customer.api_key, url=URL)

    assert read(first, 0)["kid"] != kid
    assert read(signed.upstream.seen[-1].one(HEADER), 0)["kid"] == kid


def test_a_service_that_does_not_ask_for_it_gets_none(proxied: Proxied) -> None:
    proxied.call()

    assert proxied.upstream.seen[0].all(HEADER) == []
