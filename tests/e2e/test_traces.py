"""A real server of two workers sends its traces to a real collector, and stops without one."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from support.collector import Collector
from support.customers import connect, make_deployment
from support.processes import running
from watchword.settings import FILE_NAME

if TYPE_CHECKING:
    from pathlib import Path


def serve(folder: Path) -> list[str]:
    return ["serve", "--port", "0", "--workers", "2", "--data-dir", str(folder)]


@pytest.mark.slow
def test_what_was_not_sent_yet_is_sent_when_the_server_stops(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    customer = make_deployment(folder)

    with Collector() as collector:
        (folder / FILE_NAME).write_text(f'otlp_endpoint = "{collector.url}"\n', "utf-8")
        with running(serve(folder), tmp_path / "log") as server:
            with connect(server.url) as client:
                token = customer.token(client)
                assert customer.call(client, token).status_code == 200
            assert server.stop() == 0

    names = sorted(span.name for span in collector.spans)
    assert names == ["POST graphql profile", "POST token", "guard"]
    assert token not in (tmp_path / "log").read_text("utf-8")


@pytest.mark.slow
def test_a_collector_that_hangs_is_no_reason_not_to_stop(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    customer = make_deployment(folder)

    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        (folder / FILE_NAME).write_text(f'otlp_endpoint = "{endpoint}"\n', "utf-8")
        with running(serve(folder), tmp_path / "log") as server:
            with connect(server.url) as client:
                assert customer.ask(client).status_code == 200
            # By themselves: a worker that had to be ended would be killed, and say nothing.
            assert server.stop() == 0

    assert (tmp_path / "log").read_text("utf-8").count("Application shutdown complete") == 2
