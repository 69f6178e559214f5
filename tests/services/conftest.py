"""The real data and invented data, each imported once a process, and services over them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import apsw
import pytest

from services.asking import Asker, Statements
from support.fakes import StoppedClock
from support.processes import people_folder
from watchword.services.imports import ImportReport, import_congress, import_invented
from watchword.services.profile import ProfileService

if TYPE_CHECKING:
    from collections.abc import Iterator


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


@pytest.fixture
def own_congress_database(congress_database: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(congress_database, tmp_path / "own.db"))


@pytest.fixture
def congress(congress_database: Path) -> Iterator[Asker]:
    service = ProfileService(congress_database, clock=StoppedClock(), version="1.2.3")
    yield Asker(service)
    service.close()


@pytest.fixture(scope="session")
def invented_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    database = tmp_path_factory.mktemp("invented") / "profile.db"
    import_invented(database, seed=1, people=60, clock=StoppedClock())
    return database


@pytest.fixture
def invented(invented_database: Path) -> Iterator[Asker]:
    service = ProfileService(invented_database, clock=StoppedClock(), version="1.2.3")
    yield Asker(service)
    service.close()


@pytest.fixture
def connections() -> Iterator[list[apsw.Connection]]:
    """Every connection that is opened from here on."""
    opened: list[apsw.Connection] = []
    apsw.connection_hooks.append(opened.append)
    yield opened
    apsw.connection_hooks.remove(opened.append)
