"""What the operator's functions record: whom it was done to, and which token ended."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from watchword.access.model import TOKEN_LIFETIME
from watchword.access.registration.changes import Route
from watchword.deployment import open_deployment

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from support.deployment import Customer, Deployment
    from watchword.access.registration import Registry

    Operate = Callable[[Registry, Customer], Awaitable[object]]

BY_USER: dict[str, Operate] = {
    "user.disabled": lambda registry, customer: registry.set_service_user_enabled(
        customer.username, is_enabled=False
    ),
    "user.enabled": lambda registry, customer: registry.set_service_user_enabled(
        customer.username, is_enabled=True
    ),
    "password.rotated": lambda registry, customer: registry.rotate_password(
        customer.username, timedelta()
    ),
    "token.revoked": lambda registry, customer: registry.revoke_tokens(customer.username),
}
BY_KEY: dict[str, Operate] = {
    "key.disabled": lambda registry, customer: registry.set_api_key_enabled(
        customer.key_id, is_enabled=False
    ),
    "key.enabled": lambda registry, customer: registry.set_api_key_enabled(
        customer.key_id, is_enabled=True
    ),
    "key.moved": lambda registry, customer: registry.move_api_key(customer.key_id, "preview"),
    "key.rotated": lambda registry, customer: registry.rotate_api_key(customer.key_id, timedelta()),
}


def last_record(deployment: Deployment) -> dict[str, Any]:
    async def read() -> dict[str, Any]:
        async with open_deployment(deployment.settings, deployment.clock) as opened:
            trail = opened.trail(deployment.clock)
            (newest,) = await trail.read_page(await trail.find_last(1), 1)
            found: dict[str, Any] = json.loads(newest.text)
            return found

    return deployment.run(read())


@pytest.mark.parametrize("event", BY_USER)
def test_a_record_of_a_user_names_user_and_account(
    deployment: Deployment, customer: Customer, event: str
) -> None:
    deployment.operate(lambda registry: BY_USER[event](registry, customer))

    record = last_record(deployment)
    assert record["event"] == event
    assert (record["username"], record["account"]) == ("svc-acme", "acme")


@pytest.mark.parametrize("event", BY_KEY)
def test_a_record_of_a_key_names_its_account(
    deployment: Deployment, customer: Customer, event: str
) -> None:
    deployment.operate(lambda registry: BY_KEY[event](registry, customer))

    record = last_record(deployment)
    assert (record["event"], record["account"]) == (event, "acme")


def test_both_records_of_a_service_say_where_it_is_passed_on_to_and_how(
    deployment: Deployment,
) -> None:
    route = Route("http://h/", allows_preflight=True, signs_identity=True)
    facts = {"upstream": "http://h/", "allows_preflight": 1, "signs_identity": 1}

    deployment.operate(lambda registry: registry.add_service("matching", "", "", route))
    added = last_record(deployment)
    deployment.operate(lambda registry: registry.change_service("matching", title="Matching"))
    changed = last_record(deployment)

    assert (added["event"], changed["event"]) == ("service.added", "service.set")
    assert facts.items() <= added.items()
    assert {**facts, "title": "Matching"}.items() <= changed.items()


def test_both_ways_to_revoke_are_recorded_in_the_same_words(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)
    basic = [("x-api-key", customer.api_key)]
    form = f"token={token}&client_id={customer.username}&client_secret={customer.password}"
    urlencoded = [("content-type", "application/x-www-form-urlencoded")]
    deployment.request("POST", "/oauth2/revoke", basic + urlencoded, form)
    by_holder = last_record(deployment)

    deployment.token(customer)
    deployment.operate(lambda registry: registry.revoke_tokens(customer.username))

    by_operator = last_record(deployment)
    facts = ("event", "account", "username", "jti", "generation")
    assert by_holder["event"] == by_operator["event"] == "token.revoked"
    assert all(fact in by_holder and fact in by_operator for fact in facts)


def revoke_again(deployment: Deployment, customer: Customer) -> None:
    deployment.token(customer)
    deployment.operate(lambda registry: registry.revoke_tokens(customer.username))


def let_expire(deployment: Deployment, customer: Customer) -> None:
    deployment.token(customer)
    deployment.clock.advance(TOKEN_LIFETIME)


BEFORE: dict[str, tuple[Callable[[Deployment, Customer], None], int]] = {
    "no token yet": (lambda _, __: None, 1),
    "a revocation": (revoke_again, 3),
    "an expired token": (let_expire, 2),
}


@pytest.mark.parametrize("before", BEFORE)
def test_a_revocation_that_ends_nothing_raises_the_generation_and_names_no_token(
    deployment: Deployment, customer: Customer, before: str
) -> None:
    prepare, expected = BEFORE[before]
    prepare(deployment, customer)

    generation = deployment.operate(lambda registry: registry.revoke_tokens(customer.username))

    record = last_record(deployment)
    assert generation == record["generation"] == expected
    assert record["event"] == "token.revoked"
    assert "jti" not in record
