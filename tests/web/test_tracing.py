"""Traces: from the request through the guard to the upstream, and to a real collector."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from support.collector import Collector
from support.deployment import Deployment
from support.processes import REPOSITORY
from support.proxied import Proxied
from watchword.access.errors import NotAllowed
from watchword.access.model import ServiceName
from watchword.bootstrap.server import require_startable
from watchword.web.tracing import trace_upstream

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from support.collector import KeptSpan
    from support.upstreams import Upstream
    from watchword.web.tracing import Tracer

SERVER, CLIENT = 2, 3
FAILED = 2
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
PROFILE = ServiceName("profile")


@pytest.fixture
def collector() -> Generator[Collector]:
    with Collector() as made:
        yield made


@pytest.fixture
def traced(tmp_path: Path, collector: Collector) -> Generator[Deployment]:
    made = Deployment(tmp_path / "traced", otlp_endpoint=collector.url)
    yield made
    made.close()


def finish(deployment: Deployment, collector: Collector) -> dict[str, list[KeptSpan]]:
    """Stop the server, which sends what it still has, and return the spans by name."""
    deployment.run(deployment.application.shutdown())
    spans: dict[str, list[KeptSpan]] = {}
    for span in collector.spans:
        spans.setdefault(span.name, []).append(span)
    return spans


def tracer_of(deployment: Deployment) -> Tracer | None:
    running = deployment.application._running
    assert running is not None
    return running.tracer


def test_a_call_is_a_span_with_the_guard_as_a_step_of_it(
    traced: Deployment, collector: Collector
) -> None:
    customer = traced.make_customer()
    token = traced.token(customer)
    response = traced.call(token, customer.api_key, url="/profile/v1/graphql?x=1")

    spans = finish(traced, collector)

    (call,), (guard,) = spans["POST graphql profile"], spans["guard"]
    assert (call.kind, call.parent, call.status, call.events) == (SERVER, "", 0, 0)
    assert call.attributes == {
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "url.path": "/profile/v1/graphql",
        "client.address": "127.0.0.1",
        "watchword.endpoint": "graphql",
        "watchword.service": "profile",
        "watchword.correlation_id": response.headers["x-correlation-id"],
    }
    assert (guard.trace, guard.parent) == (call.trace, call.id)
    assert call.resource["service.name"] == "watchword"
    (issued,) = spans["POST token"]
    assert issued.trace != call.trace


def test_the_callers_trace_goes_on_and_nothing_else_of_it_is_taken(
    traced: Deployment, collector: Collector
) -> None:
    sent = [
        ("traceparent", f"00-{TRACE}-{PARENT}-01"),
        ("tracestate", "vendor=watch-this"),
        ("baggage", "secret=watch-this"),
    ]
    traced.call(None, None, extra=sent)
    traced.call(None, None, extra=[("traceparent", f"00-{TRACE}-{PARENT}-00")])

    (call,) = finish(traced, collector)["POST graphql"]

    assert (call.trace, call.parent) == (TRACE, PARENT)
    assert call.attributes["watchword.code"] == "TOKEN_MISSING"
    assert b"watch-this" not in b"".join(collector.bodies)


@pytest.mark.parametrize(
    "sent",
    [
        ["nonsense"],
        [""],
        [f"00-{TRACE}-{PARENT}-01", f"00-{TRACE}-{PARENT}-01"],
        [f"00-{'0' * 32}-{PARENT}-01"],
        ["ÿ" * 55],
    ],
)
def test_a_trace_that_cannot_be_read_harms_nobody(
    traced: Deployment, collector: Collector, sent: list[str]
) -> None:
    response = traced.request("GET", "/healthz", [("traceparent", value) for value in sent])

    (span,) = finish(traced, collector)["GET health"]

    assert response.status_code == 200
    assert span.parent == ""


def test_no_name_is_a_callers_and_no_secret_or_query_is_sent(
    traced: Deployment, collector: Collector
) -> None:
    customer = traced.make_customer()
    token = traced.token(customer)
    word = "hunter2"
    headers = [("authorization", f"Bearer {token}"), ("x-api-key", customer.api_key)]
    traced.call(token, customer.api_key, url=f"/profile/v1/graphql?{word}={word}",
                query=f"query {word} {{ info {{ name }} }}")  # fmt: skip
    traced.call(f"{token}{word}", customer.api_key)
    traced.request("GET", f"/{word}", headers)
    traced.request("GET", f"/{word}/authorize", headers)
    traced.request("HUNTER2", "/healthz", headers)

    spans = finish(traced, collector)

    assert set(spans) == {
        "POST token", "POST graphql profile", "POST graphql", "GET nowhere", "GET authorize",
        "_OTHER health", "guard",
    }  # fmt: skip
    sent = b"".join(collector.bodies)
    for secret in (token, token.split(".")[2], customer.api_key, customer.password):
        assert secret.encode() not in sent
    (asked,) = spans["GET authorize"]
    assert asked.attributes["url.path"] == f"/{word}/authorize"
    assert sent.replace(f"/{word}/authorize".encode(), b"").count(word.encode()) == 0


def test_a_store_that_is_down_is_a_failed_span(traced: Deployment, collector: Collector) -> None:
    traced.settings.usage_database.rename(traced.settings.data_dir / "elsewhere.db")
    assert traced.request("GET", "/readyz").status_code == 503

    (span,) = finish(traced, collector)["GET health"]

    assert span.status == FAILED
    assert span.attributes["watchword.code"] == "STORE_UNAVAILABLE"


def test_a_call_to_an_upstream_carries_the_trace_on(
    traced: Deployment, collector: Collector
) -> None:
    tracer = tracer_of(traced)
    with trace_upstream(tracer, "POST", PROFILE) as call:
        sent = dict(call.headers)
        call.answered(502)
    with (
        pytest.raises(ConnectionError),
        trace_upstream(tracer, "GET", PROFILE),
    ):
        raise ConnectionError("no text of it is sent")

    spans = finish(traced, collector)

    (called,), (broken,) = spans["POST profile"], spans["GET profile"]
    assert called.kind == CLIENT
    assert list(sent) == [b"traceparent"]
    assert sent[b"traceparent"].startswith(f"00-{called.trace}-{called.id}-".encode())
    assert int(sent[b"traceparent"][-2:], 16) & 1  # it is recorded
    assert (called.attributes["http.response.status_code"], called.status) == (502, FAILED)
    assert (broken.attributes["error.type"], broken.status, broken.events) == (
        "ConnectionError", FAILED, 0,
    )  # fmt: skip


def test_without_a_collector_a_call_to_an_upstream_adds_nothing(deployment: Deployment) -> None:
    tracer = tracer_of(deployment)

    with trace_upstream(tracer, "POST", PROFILE) as call:
        call.answered(200)

    assert tracer is None
    assert call.headers == []


def test_spans_are_sent_while_the_server_runs(
    tmp_path: Path, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")  # of the SDK, in milliseconds
    deployment = Deployment(tmp_path / "data", otlp_endpoint=f"{collector.url}/v1/traces")

    deployment.request("GET", "/healthz")
    spans = collector.await_spans(bool)
    deployment.close()

    assert [span.name for span in spans] == ["GET health"]


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def left_behind() -> Generator[None]:
    """Waits for threads that a stop did not: they throw dice, and property tests notice it."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        if thread.daemon:
            thread.join(30)


@pytest.mark.slow
@pytest.mark.usefixtures("left_behind")
def test_a_collector_that_is_down_harms_no_request_and_holds_up_no_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
    # Far fewer than there are requests.
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "100")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "100")
    url = f"http://127.0.0.1:{closed_port()}"
    deployment = Deployment(tmp_path / "data", otlp_endpoint=url)

    statuses = {deployment.request("GET", "/healthz").status_code for _ in range(300)}
    began = time.monotonic()
    deployment.close()

    assert statuses == {200}
    assert time.monotonic() - began < 4


@pytest.mark.slow
@pytest.mark.usefixtures("left_behind")
def test_a_collector_that_never_answers_holds_up_no_stop(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        deployment = Deployment(tmp_path / "data", otlp_endpoint=url)
        assert deployment.request("GET", "/healthz").status_code == 200
        began = time.monotonic()
        deployment.close()

    assert time.monotonic() - began < 4


def test_without_a_collector_no_module_of_opentelemetry_is_loaded(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys\n"
        "from watchword.bootstrap.server import build_application\n"
        "from watchword.bootstrap.services import build_services\n"
        "from watchword.deployment import initialise\n"
        "from watchword.access.audit import By\n"
        "from watchword.settings import load_settings\n"
        "from watchword.system import SystemClock, SystemRandomness\n"
        "settings, clock = load_settings(), SystemClock()\n"
        "async def serve():\n"
        "    services = build_services(settings, clock)\n"
        "    await initialise(settings, services, clock, SystemRandomness(), By('cli:tester'))\n"
        "    application = build_application(settings)\n"
        "    await application.startup()\n"
        "    await application.shutdown()\n"
        "asyncio.run(serve())\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"WATCHWORD_DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert done.stdout.strip() == "[]"


def test_a_missing_extra_is_named_with_the_way_to_install_it(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "watchword.web.otlp", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.context", None)
    settings = replace(deployment.settings, otlp_endpoint="http://127.0.0.1:4318")

    with pytest.raises(NotAllowed, match=r"python -m pip install 'watchword\[otel\]'"):
        deployment.run(require_startable(settings))
    page = (REPOSITORY / "docs" / "how-to" / "observe.md").read_text("utf-8")
    assert "python -m pip install 'watchword[otel]'" in page


def test_an_upstream_behind_the_proxy_goes_on_with_the_trace(
    traced: Deployment, collector: Collector, upstream: Upstream
) -> None:
    proxied = Proxied.make(traced, upstream)

    proxied.call(extra=[("traceparent", f"00-{TRACE}-{PARENT}-01")])

    spans = finish(traced, collector)
    (call,), (passed,) = spans["POST proxy matching"], spans["POST matching"]
    assert (call.trace, call.parent) == (TRACE, PARENT)
    assert (passed.kind, passed.trace, passed.parent) == (CLIENT, TRACE, call.id)
    assert passed.attributes["http.response.status_code"] == 200
    assert upstream.seen[0].one("traceparent") == f"00-{TRACE}-{passed.id}-01"
