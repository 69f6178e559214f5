"""Makes the data directory and the service users that the proof works with, by the CLI."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any, Final

from proof.load import Customer
from watchword.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path

_PLENTY: Final = "1000000000"


def make_customers(folder: Path, usernames: tuple[str, ...]) -> list[Customer]:
    """Make a data directory with one account, whose plan never runs out."""
    _command(folder, "init")
    _command(folder, "plan", "add", "plenty")
    limits = ("--rate", _PLENTY, "--burst", _PLENTY)
    _command(folder, "plan", "set", "plenty", "profile", *limits)
    _command(folder, "account", "add", "acme", "--service", "profile")
    key = _command(folder, "key", "add", "--account", "acme", "--plan", "plenty")["api_key"]
    return [
        Customer(
            username,
            _command(folder, "user", "add", username, "--account", "acme")["password"],
            key,
        )
        for username in usernames
    ]


def set_limit(folder: Path, *, rate: int, burst: int, quota: int | None = None) -> None:
    """Set what the plan of the customers grants."""
    limits = ["--rate", str(rate), "--burst", str(burst)]
    limits += ["--no-quota"] if quota is None else ["--quota", str(quota)]
    _command(folder, "plan", "set", "plenty", "profile", *limits)


def _command(folder: Path, *arguments: str) -> Any:
    # In this process: ten commands in processes of their own would take as long as the load.
    printed, complaints = io.StringIO(), io.StringIO()
    with redirect_stdout(printed), redirect_stderr(complaints):
        code = run([*arguments, "--data-dir", str(folder), "--json"])
    assert code == 0, complaints.getvalue()
    return json.loads(printed.getvalue())
