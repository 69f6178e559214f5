from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from library.apps import Guarded, Recorder

if TYPE_CHECKING:
    from collections.abc import Generator

    from support.deployment import Deployment


@pytest.fixture
def app() -> Recorder:
    return Recorder()


@pytest.fixture
def guarded(deployment: Deployment, app: Recorder) -> Generator[Guarded]:
    made = Guarded(deployment, app)
    yield made
    made.close()
