"""Chosen passwords at the token endpoint: slow for whoever is refused, once for the owner."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from support.deployment import OPERATOR, basic
from watchword.access.audit import Source
from watchword.access.console_door import PresentedPerson
from watchword.access.errors import Overloaded, SignInRefused
from watchword.deployment import open_deployment
from watchword.passwords import Argon2Passwords

if TYPE_CHECKING:
    from collections.abc import Sequence

    from support.deployment import Customer, Deployment

CHOSEN = "correct-horse-battery"


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What was compared, by the slow way."""
    seen: list[tuple[str, ...]] = []
    compare = Argon2Passwords._compare

    def note(passwords: Argon2Passwords, password: str, kept: tuple[str, ...]) -> bool:
        seen.append(kept)
        return compare(passwords, password, kept)

    monkeypatch.setattr(Argon2Passwords, "_compare", note)
    return seen


@pytest.fixture
def owner(deployment: Deployment, customer: Customer, monkeypatch: pytest.MonkeyPatch) -> Customer:
    """A service user with a chosen password, beside one with a generated one."""
    # Refusals wait for a tick of a second, which is told apart in another test.
    monkeypatch.setattr("watchword.web.oauth._COMPARED_TICK_SECONDS", 0.001)
    deployment.operate(
        lambda registry: registry.add_service_user_with_password("acme", "svc-chosen", CHOSEN)
    )
    return replace(customer, username="svc-chosen", password=CHOSEN)


def test_a_chosen_password_gets_tokens_and_is_compared_once(
    deployment: Deployment, owner: Customer, compared: list[tuple[str, ...]]
) -> None:
    tokens = {deployment.token(owner) for _ in range(3)}

    assert len(tokens) == 3
    assert len(compared) == 1


def test_a_generated_password_is_never_compared_slowly(
    deployment: Deployment,
    customer: Customer,
    owner: Customer,
    compared: list[tuple[str, ...]],
) -> None:
    assert owner.account == customer.account

    deployment.token(customer)

    assert compared == []


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": basic("svc-chosen", "wrong")},
        {"authorization": basic("svc-acme", "wrong")},
        {"authorization": basic("svc-nobody", "wrong")},
        {"x-api-key": "A" * 40},  # the right password, with a wrong key
        {"x-api-key": None},
    ],
)
def test_whoever_is_refused_waits_for_one_comparison_whatever_is_remembered(
    deployment: Deployment,
    owner: Customer,
    compared: list[tuple[str, ...]],
    headers: dict[str, str | None],
) -> None:
    deployment.token(owner)
    compared.clear()

    for number in (1, 2):
        assert deployment.request_token(owner, headers=headers).status_code == 401
        assert len(compared) == number


def test_a_password_rotated_while_it_is_compared_opens_nothing(
    deployment: Deployment, owner: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def rotate_and_match(
        passwords: Argon2Passwords, username: str, password: str, kept: Sequence[str]
    ) -> bool:
        del passwords, password, kept
        await asyncio.to_thread(_rotate, deployment, username)
        return True

    monkeypatch.setattr(Argon2Passwords, "is_match", rotate_and_match)

    assert deployment.request_token(owner).status_code == 401


def _rotate(deployment: Deployment, username: str) -> None:
    async def rotate() -> None:
        async with open_deployment(deployment.settings, deployment.clock) as opened:
            registry = opened.registry(deployment.clock, deployment.dice, OPERATOR)
            await registry.rotate_password(username, timedelta())

    asyncio.run(rotate())


def test_a_full_queue_at_the_console_keeps_no_service_user_waiting(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, quick_argon2: None
) -> None:
    del quick_argon2
    monkeypatch.setattr("watchword.passwords._MOST_WAITING", 1)

    async def ask() -> list[object]:
        async with open_deployment(deployment.settings, deployment.clock) as opened:
            door = opened.console_door(deployment.clock, deployment.settings.failure_limits)
            strangers = [
                PresentedPerson(f"alice{number}", "a guess", "", Source(f"192.0.2.{number}"))
                for number in range(2)
            ]
            kept = await opened.chosen.keep(CHOSEN)
            return await asyncio.gather(
                *map(door.admit, strangers),
                opened.chosen.is_match("svc-chosen", CHOSEN, [kept]),
                return_exceptions=True,
            )

    refused, too_many, is_match = deployment.run(ask())

    assert (type(refused), type(too_many)) == (SignInRefused, Overloaded)
    assert is_match
