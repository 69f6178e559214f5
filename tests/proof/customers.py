"""Makes the data directory and the service users that the proof works with, by the CLI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proof.load import Customer
from support.commands import operate

if TYPE_CHECKING:
    from pathlib import Path

_PLENTY: Final = "1000000000"


def make_customers(folder: Path, usernames: tuple[str, ...]) -> list[Customer]:
    """Make a data directory with one account, whose plan never runs out."""
    where = ("--data-dir", str(folder))
    operate("init", *where)
    operate("plan", "add", "plenty", *where)
    limits = ("--rate", _PLENTY, "--burst", _PLENTY)
    operate("plan", "set", "plenty", "profile", *limits, *where)
    operate("account", "add", "acme", "--service", "profile", *where)
    key = operate("key", "add", "--account", "acme", "--plan", "plenty", *where)["api_key"]
    return [
        Customer(
            username,
            operate("user", "add", username, "--account", "acme", *where)["password"],
            key,
        )
        for username in usernames
    ]


def set_limit(folder: Path, *, rate: int, burst: int, quota: int | None = None) -> None:
    """Set what the plan of the customers grants."""
    limits = ["--rate", str(rate), "--burst", str(burst)]
    limits += ["--no-quota"] if quota is None else ["--quota", str(quota)]
    operate("plan", "set", "plenty", "profile", *limits, "--data-dir", str(folder))
