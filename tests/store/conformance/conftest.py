"""The stores that must pass. A new backend is a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.stores import Harness
from watchword.access.audit import Chain
from watchword.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path


@pytest.fixture(params=["sqlite"])
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Harness]:
    factories = {
        "sqlite": lambda: SqliteStore(
            tmp_path / "watchword.db", tmp_path / "usage.db", Chain(b"s" * 32)
        )
    }
    made = Harness(factories[request.param])
    yield made
    made.close()
