"""`watchword operator`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from watchword.access.credentials import is_operator_token

if TYPE_CHECKING:
    from collections.abc import Callable

    Ask = Callable[..., Any]


def test_a_token_is_shown_by_the_command_that_made_it_alone(ask: Ask) -> None:
    made = ask("operator", "add", "alice", "--expires-in", "90d")
    token = made.pop("token")

    assert is_operator_token(token)
    assert (made["operator"], made["scope"], made["revoked_at"]) == ("alice", "admin", None)
    lifetime = datetime.fromisoformat(made["expires_at"]) - datetime.fromisoformat(
        made["created_at"]
    )
    assert lifetime == timedelta(days=90)
    assert ask("operator", "list") == [made]


@pytest.mark.parametrize("scope", ["introspect", "metrics"])
def test_a_token_for_one_thing_alone(ask: Ask, scope: str) -> None:
    made = ask("operator", "add", "gateway", "--scope", scope, "--expires-in", "1d")

    assert made["scope"] == scope


def test_a_revoked_token_stays_in_the_list(ask: Ask) -> None:
    ask("operator", "add", "alice", "--expires-in", "90d")
    ask("operator", "add", "bob", "--expires-in", "90d")

    revoked = ask("operator", "revoke", "alice")

    assert revoked["revoked_at"] is not None
    assert [(item["operator"], item["revoked_at"] is None) for item in ask("operator", "list")] == [
        ("alice", False), ("bob", True),
    ]  # fmt: skip
    assert ask("operator", "revoke", "alice") == revoked


def test_a_person_is_told_to_keep_it(ask: Ask, tell: Callable[..., Any]) -> None:
    del ask

    _, remarks = tell("operator", "add", "alice", "--expires-in", "90d")

    assert "shown this once" in remarks


def test_nobody_yet_says_how_to_make_one(ask: Ask, tell: Callable[..., Any]) -> None:
    del ask

    out, remarks = tell("operator", "list")

    assert out == ""
    assert "watchword operator add" in remarks


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "alice", "--expires-in", "0s"], "expires at once"),
        (["add", "alice", "--expires-in=-1d"], "cannot be negative"),
        (["add", "alice", "--expires-in", "9999999d"], "longer than the calendar"),
        (["add", "Alice", "--expires-in", "90d"], "lower-case letters"),
        (["add", "bob", "--expires-in", "90d"], "choose another name"),
        (["revoke", "alice"], "there is no operator 'alice'"),
    ],
)
def test_what_cannot_be_done_is_said(
    ask: Ask, refused: Callable[..., str], arguments: list[str], said: str
) -> None:
    ask("operator", "add", "bob", "--expires-in", "90d")

    assert said in refused("operator", *arguments)

    assert len(ask("operator", "list")) == 1
