from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.proxied import Proxied
from support.upstreams import Upstream

if TYPE_CHECKING:
    from collections.abc import Generator

    from support.deployment import Deployment


@pytest.fixture
def upstream() -> Generator[Upstream]:
    made = Upstream()
    yield made
    made.close()


@pytest.fixture
def proxied(deployment: Deployment, upstream: Upstream) -> Proxied:
    return Proxied.make(deployment, upstream)
