"""A browser and a server for the tests of this folder."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from support.chromium import open_chromium, watch
from support.commands import operate_apart, run_apart
from support.customers import make_deployment
from support.processes import people_folder, running

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from playwright.sync_api import Browser

    from support.chromium import Watched
    from support.customers import RemoteCustomer
    from support.processes import Server


# No longer than the folder: its event loop is taken for a running one by all that follows.
@pytest.fixture(scope="package")
def chromium() -> Generator[Browser]:
    with open_chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of the server."""
    return tmp_path_factory.mktemp("served") / "data"


@pytest.fixture(scope="package")
def served(folder: Path) -> Generator[tuple[Server, RemoteCustomer]]:
    """A server with a customer whose plan is the one for a first look."""
    customer = run_apart(lambda: make_deployment(folder))
    where = ("--data-dir", str(folder))
    operate_apart("profile", "import", "congress-legislators", str(people_folder()), *where)
    operate_apart("plan", "add", "first", *where)
    limit = ("--rate", "50", "--burst", "50", "--quota", "100")
    operate_apart("plan", "set", "first", "profile", *limit, *where)
    key = operate_apart("key", "add", "--account", "acme", "--plan", "first", *where)
    arguments = ["serve", "--port", "0", *where]
    with running(arguments, folder.parent / "log") as server:
        yield server, replace(customer, api_key=key["api_key"])


@pytest.fixture
def watched(chromium: Browser, served: tuple[Server, RemoteCustomer]) -> Generator[Watched]:
    server, _ = served
    with watch(chromium, server.url) as watched:
        yield watched
