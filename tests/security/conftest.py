"""A deployment in this process that many addresses ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from security.asking import Neighbours

if TYPE_CHECKING:
    from collections.abc import Generator

    from support.deployment import Deployment


@pytest.fixture
def neighbours(deployment: Deployment) -> Generator[Neighbours]:
    made = Neighbours(deployment)
    yield made
    made.close()
