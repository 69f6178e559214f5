"""A deployment and a server that the tests of a module share."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from support.customers import RemoteCustomer, make_deployment
from support.processes import running

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from support.processes import Server


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RemoteCustomer]:
    """A deployment to be copied: to make one takes longer than most of these tests."""
    folder = tmp_path_factory.mktemp("transport") / "data"
    return folder, make_deployment(folder)


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, made: tuple[Path, RemoteCustomer]
) -> Generator[tuple[Server, RemoteCustomer]]:
    folder = tmp_path_factory.mktemp("served")
    data, customer = made
    shutil.copytree(data, folder / "data")
    arguments = ["serve", "--port", "0", "--data-dir", str(folder / "data")]
    with running(arguments, folder / "log") as server:
        yield server, customer
