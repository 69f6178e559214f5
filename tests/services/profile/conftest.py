"""Services over the real data and over invented data."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import apsw
import pytest

from services.profile.asking import Asker
from support.fakes import StoppedClock
from watchword.services.profile import (
    ProfileService,
    import_invented,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


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
