"""The real data, imported once a process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw
import pytest

from services.profile.asking import Statements
from support.fakes import StoppedClock
from support.processes import people_folder
from watchword.services.profile import ImportReport, import_congress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def congress_report(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ImportReport]:
    database = tmp_path_factory.mktemp("congress") / "profile.db"
    return database, import_congress(database, people_folder(), clock=StoppedClock())


@pytest.fixture(scope="session")
def congress_database(congress_report: tuple[Path, ImportReport]) -> Path:
    """The real people. Shared by all tests: copy it before you change it."""
    return congress_report[0]


@pytest.fixture
def statements() -> Iterator[Statements]:
    counted = Statements()
    apsw.connection_hooks.append(counted.watch)
    yield counted
    apsw.connection_hooks.remove(counted.watch)
