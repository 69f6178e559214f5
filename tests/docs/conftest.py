"""A demo server for the tests that only ask, and a reader's shell for those that follow pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from docs.servers import Server, clean_environment, data_set, running
from docs.sessions import Session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A demo server of this process of pytest's. Every test asks for tokens of its own."""
    folder = tmp_path_factory.mktemp("demo")
    environment = clean_environment(TMPDIR=str(folder))
    with running(["demo"], folder, environment) as server:
        yield server


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A reader at a shell, in a new clone."""
    if not (data_set() / "legislators-current.yaml").is_file():
        pytest.fail(
            f"The real data set is not in {data_set()}. Put a copy of congress-legislators there, "
            "or name its folder in WATCHWORD_TEST_DATA."
        )
    reader = Session(tmp_path)
    yield reader
    reader.close()
