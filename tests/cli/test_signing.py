"""`watchword signing`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from support.terminals import at_a_terminal
from watchword.cli.main import run

if TYPE_CHECKING:
    from collections.abc import Callable

    Ask = Callable[..., Any]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_new_deployment_has_one_key_that_signs(ask: Ask) -> None:
    (key,) = ask("signing", "list")

    assert set(key) == {"kid", "stage", "signs_from", "retires_at"}
    assert (key["stage"], key["retires_at"]) == ("signing", None)


def test_a_rotation_publishes_a_key_that_signs_after_the_wait(ask: Ask) -> None:
    (old,) = ask("signing", "list")

    made = ask("signing", "rotate", "--wait", "1h")

    listed = ask("signing", "list")
    assert [(key["kid"], key["stage"]) for key in listed] == [
        (old["kid"], "signing"), (made["kid"], "published"),
    ]  # fmt: skip
    assert made["previous"] == old["kid"]
    assert made["signs_from"] == listed[1]["signs_from"]
    lives_on = moment(made["previous_verifies_until"]) - moment(made["signs_from"])
    assert lives_on >= timedelta(hours=8, seconds=60)
    assert timedelta(minutes=59) < moment(made["signs_from"]) - moment(old["signs_from"])


def test_a_rotation_waits_ten_minutes_when_nothing_is_said(ask: Ask) -> None:
    (old,) = ask("signing", "list")

    made = ask("signing", "rotate")

    wait = moment(made["signs_from"]) - moment(old["signs_from"])
    assert timedelta(minutes=10) <= wait < timedelta(minutes=15)


def test_a_person_is_told_what_happens_when(ask: Ask, tell: Callable[..., Any]) -> None:
    del ask

    out, remarks = tell("signing", "rotate")

    signs_from = next(line for line in out.splitlines() if line.startswith("signs_from"))
    assert "no token ends" in remarks
    assert f"{signs_from.partition(chr(9))[2]}  it begins to sign" in remarks


def test_a_rotation_at_once_drops_all_other_keys(ask: Ask) -> None:
    (old,) = ask("signing", "list")
    waiting = ask("signing", "rotate")

    made = ask("signing", "rotate", "--at-once", "--yes")

    assert made["dropped"] == [old["kid"], waiting["kid"]]
    assert moment(made["tokens_end_by"]) - moment(made["signs_from"]) <= timedelta(seconds=10)
    assert [key["kid"] for key in ask("signing", "list")] == [made["kid"]]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--at-once"], "Every token that was issued until now will be refused"),
        (["--at-once"], "Add --yes"),
        (["--at-once", "--yes", "--wait", "10m"], "leave --wait out"),
        (["--wait", "0s"], "wait at least 5m10s"),
        (["--wait", "1m"], "wait at least 5m10s"),
        (["--wait=-1h"], "wait at least 5m10s"),
        (["--wait", "9999999d"], "90 days at most"),
    ],
)
def test_a_rotation_that_would_do_harm_is_refused(
    ask: Ask, refused: Callable[..., str], options: list[str], said: str
) -> None:
    before = ask("signing", "list")

    assert said in refused("signing", "rotate", *options)

    assert ask("signing", "list") == before


def test_a_second_rotation_has_to_wait(ask: Ask, refused: Callable[..., str]) -> None:
    made = ask("signing", "rotate")

    assert f"key {made['kid']} is published already" in refused("signing", "rotate")


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("Yes", 0), ("", 1), ("n", 1), ("\x04", 1)])
def test_on_a_terminal_a_person_is_asked(ask: Ask, folder: str, answer: str, code: int) -> None:
    (old,) = ask("signing", "list")

    done = at_a_terminal(
        "signing", "rotate", "--at-once", "--data-dir", folder, answers=[("Go on?", answer)]
    )

    assert "Every token that was issued until now will be refused" in done.shown
    assert done.code == code
    (key,) = ask("signing", "list")
    assert (key["kid"] != old["kid"]) == (code == 0)


def test_doctor_tells_of_the_keys(
    ask: Ask, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (old,) = ask("signing", "list")
    ask("signing", "rotate")

    run(["doctor", "--data-dir", folder])

    line = next(
        line for line in capsys.readouterr().out.splitlines() if line.startswith("signing keys")
    )
    assert line.startswith(f"signing keys\tok\t{old['kid']} signs since ")
    assert line.endswith("; 1 published")
