"""The log says whose call was refused, and takes nobody's word for it."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from security.forging import claims_of, header_of, sign, stolen_key
from support.deployment import Deployment, code_of
from watchword.access.model import Limit
from watchword.access.signing import SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.deployment import Customer
    from watchword.access.registration import Registry

WHOSE = ("service", "username", "account", "key_id")
SECOND = timedelta(seconds=1)


@pytest.fixture
def read(caplog: pytest.LogCaptureFixture) -> Callable[[], dict[str, Any]]:
    """Return the only refusal that was logged since the last time."""
    caplog.set_level(logging.INFO, "watchword.web")

    def read_one() -> dict[str, Any]:
        (record,) = [item for item in caplog.records if item.message == "refused"]
        caplog.clear()
        return vars(record)

    return read_one


def whose(told: dict[str, Any]) -> tuple[object, ...]:
    return tuple(told.get(name) for name in WHOSE)


def test_a_call_over_the_plan_is_told_with_its_caller(
    deployment: Deployment, read: Callable[[], dict[str, Any]]
) -> None:
    async def narrow(registry: Registry) -> None:
        await registry.add_plan("narrow", {"profile": Limit(rate=1, burst=1, quota=2)})

    deployment.operate(narrow)
    customer = deployment.make_customer(plan="narrow")
    token = deployment.token(customer)
    deployment.call(token, customer.api_key)
    expected = ("profile", customer.username, customer.account, customer.key_id)

    limited = deployment.call(token, customer.api_key)
    told = read()
    assert (told["code"], whose(told)) == ("RATE_LIMITED", expected)
    assert not [name for name in expected[1:] if name in limited.text + str(limited.headers)]

    deployment.clock.advance(SECOND)
    deployment.call(token, customer.api_key)
    deployment.clock.advance(SECOND)
    deployment.call(token, customer.api_key)
    told = read()
    assert (told["code"], whose(told)) == ("QUOTA_EXCEEDED", expected)


async def disable(registry: Registry) -> None:
    await registry.set_account_enabled("acme", is_enabled=False)


async def revoke(registry: Registry) -> None:
    await registry.revoke_tokens("svc-acme")


@pytest.mark.parametrize(
    ("change", "code"), [(disable, "ACCOUNT_DISABLED"), (revoke, "TOKEN_REVOKED")]
)
def test_a_call_with_a_token_that_was_ended_is_told_with_its_caller(
    deployment: Deployment,
    customer: Customer,
    read: Callable[[], dict[str, Any]],
    change: Callable[[Registry], Any],
    code: str,
) -> None:
    token = deployment.token(customer)
    deployment.operate(change)

    response = deployment.call(token, customer.api_key)

    told = read()
    assert told["code"] == code_of(response) == code
    assert whose(told) == ("profile", customer.username, customer.account, customer.key_id)
    assert customer.username not in response.text + str(response.headers)


def test_a_superseded_token_and_a_service_that_is_not_granted_are_told_with_their_caller(
    deployment: Deployment, customer: Customer, read: Callable[[], dict[str, Any]]
) -> None:
    old, token = deployment.token(customer), deployment.token(customer)

    deployment.call(old, customer.api_key)
    superseded = read()
    headers = [("authorization", f"Bearer {token}"), ("x-api-key", customer.api_key)]
    deployment.request("GET", "/orders/authorize", headers)
    elsewhere = read()

    expected = (customer.username, customer.account, customer.key_id)
    assert (superseded["code"], whose(superseded)) == ("TOKEN_SUPERSEDED", ("profile", *expected))
    assert (elsewhere["code"], whose(elsewhere)) == ("SERVICE_NOT_ALLOWED", ("orders", *expected))


def test_a_wrong_key_is_told_with_whose_token_it_came_and_which_it_is(
    deployment: Deployment, customer: Customer, read: Callable[[], dict[str, Any]]
) -> None:
    other = deployment.make_customer("other", "svc-other")
    token = deployment.token(customer)

    for key, key_id in ((other.api_key, other.key_id), (customer.api_key[:-1] + "?", None)):
        response = deployment.call(token, key)
        told = read()
        assert told["code"] == code_of(response) == "API_KEY_INVALID"
        assert whose(told) == ("profile", customer.username, customer.account, key_id)
        assert other.key_id not in response.text
        assert key not in json.dumps(told, default=str)


def test_a_forged_or_foreign_token_leaves_nobodys_name_in_the_log(
    deployment: Deployment,
    customer: Customer,
    read: Callable[[], dict[str, Any]],
    tmp_path: Path,
) -> None:
    token = deployment.token(customer)
    header, claims = header_of(token), claims_of(token)
    foreign = Deployment(tmp_path / "foreign")
    namesake = foreign.make_customer()
    forged = {
        "cut short": token[:-8] + "AAAAAAAA",
        "signed by an attacker": sign(SigningKey.generate(), header, claims),
        "of another deployment": foreign.token(namesake),
        "under another's name": sign(
            stolen_key(deployment), header, {**claims, "iss": "https://evil.example"}
        ),
        "unsigned": token.rpartition(".")[0] + ".",
    }
    foreign.close()

    for name, sent in forged.items():
        response = deployment.call(sent, customer.api_key)
        told = read()
        assert told["code"] == code_of(response) == "TOKEN_INVALID", name
        assert whose(told) == (None,) * 4, name
        assert not [word for word in (customer.username, customer.key_id) if word in str(told)]


def test_no_token_tells_nobodys_name_whatever_key_came_with_it(
    deployment: Deployment, customer: Customer, read: Callable[[], dict[str, Any]]
) -> None:
    deployment.call(None, customer.api_key)

    assert whose(read()) == (None,) * 4
