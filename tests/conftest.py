from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from support.deployment import Customer, Deployment

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that take long, as many at each tester, so that none has them last."""
    testers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    slow = [item for item in items if item.get_closest_marker("slow") is not None]
    quick = [item for item in items if item.get_closest_marker("slow") is None]
    if testers > 1:
        items[:] = [
            item
            for tester in range(testers)
            for item in (*slow[tester::testers], *quick[tester::testers])
        ]


@pytest.fixture
def deployment(tmp_path: Path) -> Generator[Deployment]:
    made = Deployment(tmp_path / "deployment")
    yield made
    made.close()


@pytest.fixture
def customer(deployment: Deployment) -> Customer:
    return deployment.make_customer()
