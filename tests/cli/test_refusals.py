"""`watchword refusals`, and what ends a service user's sessions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from support.browsing import Browser
from watchword.cli.main import run

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from support.deployment import Customer, Deployment


def tell_of(capsys: pytest.CaptureFixture[str], deployment: Deployment, *arguments: str) -> Any:
    where = ("--data-dir", str(deployment.settings.data_dir), "--json")
    assert run([*arguments, *where]) == 0
    return json.loads(capsys.readouterr().out)


def test_refusals_are_told_the_most_frequent_first(
    deployment: Deployment, customer: Customer, capsys: pytest.CaptureFixture[str]
) -> None:
    token = deployment.token(customer)
    for key in ("no key", None, None):
        deployment.call(token, key)
    deployment.run(deployment.application.shutdown())  # hands over what was counted
    deployment.run(deployment.application.startup())

    # The command has the machine's clock.
    days = ("--since", "2026-11-23", "--until", "2026-11-23")
    told = tell_of(capsys, deployment, "refusals", "--account", "acme", *days)

    assert [(row["code"], row["calls"]) for row in told] == [
        ("API_KEY_MISSING", 2),
        ("API_KEY_INVALID", 1),
    ]


def test_nothing_refused_is_said(ask: Callable[..., Any], tell: Callable[..., Any]) -> None:
    del ask

    assert "Nothing was refused" in tell("refusals")[1]


def test_a_service_user_is_signed_out_by_a_command(
    deployment: Deployment, customer: Customer, capsys: pytest.CaptureFixture[str]
) -> None:
    browser = Browser(deployment)
    browser.sign_in(customer)

    told = tell_of(capsys, deployment, "user", "sign-out", customer.username)

    assert told["username"] == customer.username
    assert browser.get("/profile/v1/graphiql/").status_code == 303
