"""One deployment, one upstream, and every plane in front of them, for all tests of a process."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from planes.house import House
from planes.imitations import Apisix, EnvoyGateway, GatewayApi, Imitation, Traefik
from planes.programs import free_port, running_caddy, running_envoy, running_nginx
from planes.upstream import Upstream, running_upstream
from planes.wire import send
from support.processes import running

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from planes.wire import Answer, Call

REAL = {"nginx": running_nginx, "Caddy": running_caddy, "Envoy": running_envoy}
IMITATED: dict[str, Callable[[int, int], Imitation]] = {
    "Traefik": Traefik,
    "APISIX": Apisix,
    "Gateway API": GatewayApi,
    "Envoy Gateway": EnvoyGateway,
}


@dataclass(frozen=True, slots=True)
class Plane:
    """A proxy that asks watchword.

    Attributes:
        send: Sends a call to it.
    """

    name: str
    send: Callable[[Call], Answer]

    @property
    def is_real(self) -> bool:
        return self.name in REAL

    @property
    def tells_refusals(self) -> bool:
        """Whether a refused caller reads watchword's words."""
        return self.name != "Gateway API"

    @property
    def tells_outages(self) -> bool:
        """Whether the caller reads that it may try again, and when."""
        return self.name not in {"Gateway API", "Envoy Gateway"}

    @property
    def tells_limits(self) -> bool:
        """Whether an admitted caller reads what is left of its plan."""
        return self.is_real


@contextmanager
def running_plane(name: str, folder: Path, watchword: int, upstream: int) -> Generator[Plane]:
    """Run a plane, or imitate it."""
    if name in IMITATED:
        yield Plane(name, IMITATED[name](watchword, upstream).send)
        return
    with REAL[name](folder, f"127.0.0.1:{watchword}", upstream) as port:
        yield Plane(name, lambda call: send(port, call))


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Generator[House]:
    """A running watchword that believes the planes."""
    folder = tmp_path_factory.mktemp("house")
    # With a secret, too: then whoever sends another one is not believed.
    made = House(folder / "data", trusted_proxies="127.0.0.1", proxy_secret="s" * 32)
    arguments = ["serve", "--port", "0", "--data-dir", str(made.folder)]
    with running(arguments, folder / "log") as server:
        made.url = server.url
        yield made


@pytest.fixture(scope="session")
def listening_upstream() -> Generator[Upstream]:
    with running_upstream() as running_one:
        yield running_one


@pytest.fixture
def upstream(listening_upstream: Upstream) -> Upstream:
    """The service behind the planes, which has seen nothing yet."""
    listening_upstream.seen.clear()
    return listening_upstream


@pytest.fixture(scope="session", params=[*REAL, *IMITATED])
def plane(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    house: House,
    listening_upstream: Upstream,
) -> Generator[Plane]:
    """Each of the planes."""
    folder = tmp_path_factory.mktemp("plane")
    with running_plane(request.param, folder, house.port, listening_upstream.port) as made:
        yield made


@pytest.fixture(params=[*REAL, *IMITATED])
def forsaken_plane(
    request: pytest.FixtureRequest, tmp_path: Path, upstream: Upstream
) -> Generator[Plane]:
    """Each of the planes, where watchword does not run."""
    with running_plane(request.param, tmp_path, free_port(), upstream.port) as made:
        yield made
