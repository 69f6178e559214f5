"""watchword behind a Unix socket, which only who may open it reaches."""

from __future__ import annotations

import socket
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx2
import pytest

from docs.pages import DOCS, blocks_of
from planes.house import House
from planes.programs import running_nginx
from planes.wire import Call, send
from support.commands import operate
from support.processes import Server, run_watchword, running

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from planes.upstream import Upstream

pytestmark = pytest.mark.measured


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ww.sock"


@pytest.fixture
def house(tmp_path: Path, path: Path) -> House:
    """A deployment that believes no address."""
    return House(tmp_path / "data", unix_socket=str(path), base_url="https://api.example.com")


@pytest.fixture
def server(tmp_path: Path, house: House) -> Generator[Server]:
    with running(["serve", "--data-dir", str(house.folder)], tmp_path / "log") as started:
        yield started


def test_it_is_for_the_owner_and_the_group_alone(server: Server, path: Path) -> None:
    mode = path.stat().st_mode

    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o660
    assert server.ready["address"] == f"unix:{path}"


def test_nginx_asks_over_it_and_is_believed(
    server: Server, house: House, path: Path, tmp_path: Path, upstream: Upstream
) -> None:
    assert server.process.poll() is None
    tenant = house.make_tenant()
    transport = httpx2.HTTPTransport(uds=str(path))
    with httpx2.Client(transport=transport, base_url="http://api.example.com") as client:
        call = tenant.call(tenant.credentials.token(client))

    with running_nginx(tmp_path, f"unix:{path}", upstream.port) as port:
        admitted = send(port, call)
        # Only X-Forwarded-Uri says so, and nginx sets it.
        with_secret = send(port, replace(call, target=f"{call.target}?access_token=a"))
        refused = send(port, Call())

    assert (admitted.status, with_secret.status, refused.status) == (200, 400, 401)
    assert len(upstream.seen) == 1


def test_prometheus_gets_to_the_metrics_through_nginx_with_its_token_alone(
    server: Server, path: Path, house: House, tmp_path: Path, upstream: Upstream
) -> None:
    assert server.process.poll() is None
    (location,) = [
        block.text
        for block in blocks_of(DOCS / "how-to" / "observe.md")
        if block.language == "nginx"
    ]
    made = operate(
        *("operator", "add", "prometheus", "--scope", "metrics", "--expires-in", "1d"),
        *("--data-dir", str(house.folder)),
    )
    authorization = ("Authorization", f"Bearer {made['token']}")

    with running_nginx(tmp_path, f"unix:{path}", upstream.port, location) as port:
        told = send(port, Call("GET", "/metrics", [authorization], b""))
        refused = send(port, Call("GET", "/metrics", [], b""))

    assert (told.status, refused.status) == (200, 401)
    assert b"watchword_store_up 1.0" in told.body


def test_one_that_a_killed_server_left_behind_is_replaced(
    house: House, path: Path, tmp_path: Path
) -> None:
    arguments = ["serve", "--data-dir", str(house.folder)]
    Server(arguments, tmp_path / "log").kill()
    assert path.is_socket()

    with running(arguments, tmp_path / "log"):
        answers_to(path)


def test_that_of_a_running_server_is_left_to_it(server: Server, house: House, path: Path) -> None:
    second = run_watchword("serve", "--data-dir", str(house.folder), check=False)

    assert second.returncode == 1
    assert f"cannot listen on {path}: another server does" in second.stderr
    assert server.process.poll() is None
    answers_to(path)


def test_another_file_at_its_path_is_left_alone(house: House, path: Path) -> None:
    path.write_text("a letter")

    refused = run_watchword("serve", "--data-dir", str(house.folder), check=False)

    assert refused.returncode == 1
    assert f"cannot listen on {path}: it is no socket" in refused.stderr
    assert path.read_text() == "a letter"


def answers_to(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(path))
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(15) == b"HTTP/1.1 200 OK"
