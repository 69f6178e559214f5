"""`watchword console`."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Ask = Callable[..., Any]


def test_who_is_invited_gets_a_password_and_a_second_factor_once(ask: Ask) -> None:
    made = ask("console", "invite", "alice", "--role", "admin")
    secrets = {name: made.pop(name) for name in ("password", "factor", "uri")}

    assert (made["name"], made["role"], made["disabled_at"]) == ("alice", "admin", None)
    assert len(secrets["password"]) == 43
    assert parse_qs(urlsplit(secrets["uri"]).query)["secret"] == [secrets["factor"]]
    assert ask("console", "list") == [made]


def test_who_is_not_named_an_admin_is_a_viewer(ask: Ask) -> None:
    assert ask("console", "invite", "vera")["role"] == "viewer"


def test_a_chosen_password_is_not_shown(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = io.TextIOWrapper(io.BytesIO(b"correct horse battery\n"))
    monkeypatch.setattr("sys.stdin", chosen)

    made = ask("console", "invite", "alice", "--password-stdin")

    assert "password" not in made
    assert "correct horse" not in str(made)


def test_a_reset_makes_both_anew(ask: Ask) -> None:
    before = ask("console", "invite", "alice", "--role", "admin")

    after = ask("console", "reset", "alice")

    assert after["role"] == "admin"
    assert after["password"] != before["password"]
    assert after["factor"] != before["factor"]


def test_a_person_is_disabled_and_enabled(ask: Ask) -> None:
    ask("console", "invite", "alice")

    assert ask("console", "disable", "alice")["disabled_at"] is not None
    assert ask("console", "enable", "alice")["disabled_at"] is None


def test_a_person_is_told_what_to_do_with_the_secrets(ask: Ask, tell: Callable[..., Any]) -> None:
    del ask

    _, remarks = tell("console", "invite", "alice")

    assert "shown this once" in remarks
    assert "http://127.0.0.1:8080/console" in remarks


def test_nobody_yet_says_how_to_let_somebody(ask: Ask, tell: Callable[..., Any]) -> None:
    del ask

    assert "watchword console invite NAME" in tell("console", "list")[1]


@pytest.mark.parametrize("command", ["reset", "disable", "enable"])
def test_nobody_is_nobody(ask: Ask, refused: Callable[..., str], command: str) -> None:
    del ask

    assert "nobody called 'nobody'" in refused("console", command, "nobody")
