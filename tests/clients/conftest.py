"""A server, and service users of two kinds of name, for the tests with real clients."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import pytest

from support.commands import operate
from support.customers import RemoteCustomer, make_deployment
from support.processes import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class Served:
    """A running server and its deployment."""

    url: str
    folder: Path
    api_key: str

    def add_user(self, username: str) -> RemoteCustomer:
        arguments = ("--account", "acme", "--data-dir", str(self.folder))
        password = operate("user", "add", username, *arguments)["password"]
        return RemoteCustomer(username, password, self.api_key)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("clients")
    customer = make_deployment(folder / "deployment")
    arguments = ["serve", "--port", "0", "--data-dir", str(folder / "deployment")]
    with running(arguments, folder / "server.log") as server:
        yield Served(server.url, folder / "deployment", customer.api_key)


@pytest.fixture(scope="module")
def users(served: Served) -> dict[str, RemoteCustomer]:
    """Two service users: every client encodes the name of one alike, and of the other not."""
    number = next(_NUMBERS)  # users of each module's own: failures are counted by name
    return {
        "plain": served.add_user(f"svc{number}"),
        "odd": served.add_user(f"svc-odd.name~{number}@x"),
    }
