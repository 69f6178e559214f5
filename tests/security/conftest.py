"""A deployment in this process that many addresses ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from security.asking import Neighbours
from support.deployment import Customer, Deployment

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path


@pytest.fixture
def deployment(tmp_path: Path) -> Generator[Deployment]:
    made = Deployment(tmp_path / "deployment")
    yield made
    made.close()


@pytest.fixture
def customer(deployment: Deployment) -> Customer:
    return deployment.make_customer()


@pytest.fixture
def neighbours(deployment: Deployment) -> Generator[Neighbours]:
    made = Neighbours(deployment)
    yield made
    made.close()
