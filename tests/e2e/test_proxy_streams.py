"""Answers that last: they pass as they come, end when they must, and take no memory."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from e2e.proxied import Proxied, events_of, make_proxied, read_answer, serving
from support.certificates import make_certificate, serve_tls
from support.customers import connect
from support.upstreams import (
    ANSWER,
    EVENTS_HEAD,
    Upstream,
    chunk,
    event,
    head,
    then_stay,
    wait_until,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from support.customers import RemoteCustomer
    from support.upstreams import Line, Seen

MEGABYTE = 1_000_000
A_SECOND = 1.0


@pytest.fixture(scope="module")
def upstream() -> Generator[Upstream]:
    made = Upstream()
    yield made
    made.close()


@pytest.fixture(scope="module")
def made(
    tmp_path_factory: pytest.TempPathFactory, upstream: Upstream
) -> tuple[Path, RemoteCustomer]:
    """A deployment to be copied: to make one takes longer than most of these tests."""
    folder = tmp_path_factory.mktemp("streams") / "data"
    return folder, make_proxied(folder, upstream)


@pytest.fixture
def proxied(
    tmp_path: Path, made: tuple[Path, RemoteCustomer], upstream: Upstream
) -> Generator[Proxied]:
    upstream.script = then_stay(EVENTS_HEAD, chunk(event("first")))
    with serving(tmp_path, made, upstream) as running:
        yield running
    wait_until(lambda: not upstream.opened)


def last_words(events: list[tuple[str, Any]]) -> str:
    """Return the code of the error that ended a stream."""
    (name, told), end = events
    assert name == "next"
    assert end == ("complete", None)
    assert set(told) == {"errors"}
    assert told["errors"][0]["extensions"]["correlationId"]
    return str(told["errors"][0]["extensions"]["code"])


@pytest.mark.slow
def test_events_arrive_one_by_one_while_the_stream_is_open(proxied: Proxied) -> None:
    with proxied.stream() as response:
        events = events_of(response.iter_raw())
        received = [next(events)]
        for text in ("second", "third"):
            # The next one is sent when this one has arrived, so nothing waits for more to come.
            proxied.upstream.push(chunk(event(text)))
            received.append(next(events))
        proxied.upstream.push(chunk(b"event: complete\ndata:\n\n") + chunk(b""))
        received.extend(events)

    assert response.headers["content-type"] == "text/event-stream"
    assert response.headers["cache-control"] == "no-store"
    assert "ratelimit" in response.headers
    ticks = [("next", {"data": {"tick": text}}) for text in ("first", "second", "third")]
    assert received == [*ticks, ("complete", None)]


@pytest.mark.slow
def test_an_event_stream_may_pause_for_longer_than_an_answer_may(
    tmp_path: Path, made: tuple[Path, RemoteCustomer], upstream: Upstream
) -> None:
    settings = "upstream_timeout = 0.2\nanswer_limit = 100\n"
    upstream.script = then_stay(EVENTS_HEAD, chunk(event("first")))
    with (
        serving(tmp_path, made, upstream, settings=settings) as proxied,
        proxied.stream() as response,
    ):
        events = events_of(response.iter_raw())
        next(events)
        started = time.monotonic()
        wait_until(lambda: time.monotonic() > started + 1)
        proxied.upstream.push(chunk(event("x" * 1_000)))

        assert next(events)[1]["data"]["tick"] == "x" * 1_000


@pytest.mark.behaviour(
    38, "An event stream that the built-in proxy passes on ends within a second of the 200 for the "
    "next token, with 1 and 2 workers"
)  # fmt: skip
@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_superseded_token_ends_its_streams_within_a_second_on_every_worker(
    tmp_path: Path, made: tuple[Path, RemoteCustomer], upstream: Upstream, workers: int
) -> None:
    upstream.script = then_stay(EVENTS_HEAD, chunk(event("first")))
    with (
        serving(tmp_path, made, upstream, workers=workers) as proxied,
        ExitStack() as opened,
        ThreadPoolExecutor(64) as pool,
    ):
        streams: list[Any] = []
        asked: set[str] = set()
        while len(asked) < workers or len(streams) < 4:
            assert len(streams) < 60, "one worker gets all connections"
            response = opened.enter_context(proxied.stream())
            asked.add(response.headers["x-correlation-id"][:8])
            streams.append(events_of(response.iter_raw()))
            next(streams[-1])

        def read_to_end(events: Any) -> tuple[list[Any], float]:
            return list(events), time.monotonic()

        ends = [pool.submit(read_to_end, events) for events in streams]
        proxied.customer.token(proxied.client)
        superseded = time.monotonic()
        results = [end.result() for end in ends]

    assert {last_words(events) for events, _ in results} == {"TOKEN_SUPERSEDED"}
    assert max(ended for _, ended in results) - superseded < A_SECOND
    wait_until(lambda: not upstream.opened)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("user", "disable", "svc-acme"), "ACCOUNT_DISABLED"),
        (("account", "disable", "acme"), "ACCOUNT_DISABLED"),
        (("account", "withdraw", "acme", "matching"), "SERVICE_NOT_ALLOWED"),
        (("service", "disable", "matching"), "SERVICE_NOT_ALLOWED"),
        (("user", "revoke", "svc-acme"), "TOKEN_REVOKED"),
    ],
)
def test_whoever_may_not_call_any_more_may_not_listen_either(
    proxied: Proxied, command: tuple[str, ...], code: str
) -> None:
    with proxied.stream() as response:
        events = events_of(response.iter_raw())
        next(events)
        proxied.operate(*command)

        assert last_words(list(events)) == code
    wait_until(lambda: not proxied.upstream.opened)


@pytest.mark.slow
def test_a_stream_in_the_middle_of_an_event_is_broken_off(proxied: Proxied) -> None:
    proxied.upstream.script = then_stay(
        EVENTS_HEAD, chunk(event("first") + b"event: next\ndata: {")
    )
    with proxied.stream() as response:
        pieces = response.iter_raw()
        received = next(pieces)
        while not received.endswith(b"{"):
            received += next(pieces)
        proxied.customer.token(proxied.client)

        with pytest.raises(httpx2.RemoteProtocolError):
            list(pieces)


@pytest.mark.slow
def test_a_server_that_stops_says_so_to_whoever_listens(proxied: Proxied) -> None:
    with proxied.stream() as response:
        events = events_of(response.iter_raw())
        next(events)

        assert proxied.server.stop() == 0
        assert last_words(list(events)) == "STORE_UNAVAILABLE"
    log = proxied.server.log.read_text("utf-8")
    assert "Cancel 1 running task(s)" in log
    assert "Traceback" not in log


@pytest.mark.slow
def test_a_call_that_the_server_does_not_wait_for_is_told_in_one_line(proxied: Proxied) -> None:
    proxied.upstream.script = then_stay()
    asked = len(proxied.upstream.seen)
    with proxied.dial() as connection:
        connection.sendall(proxied.raw_head("content-length: 2") + b"{}")
        wait_until(lambda: len(proxied.upstream.seen) > asked)
        assert proxied.server.stop() == 0
        answer = read_answer(connection)

    assert answer.startswith(b"HTTP/1.1 503 ")
    log = proxied.server.log.read_text("utf-8")
    assert log.count('"the server stops"') == 1
    assert "Traceback" not in log


@pytest.mark.slow
def test_a_stream_whose_upstream_breaks_off_is_ended_with_words(proxied: Proxied) -> None:
    with proxied.stream() as response:
        events = events_of(response.iter_raw())
        next(events)
        proxied.upstream.cut()

        assert last_words(list(events)) == "UPSTREAM_UNREACHABLE"


@pytest.mark.slow
def test_a_caller_that_goes_away_ends_what_was_asked_for_it(proxied: Proxied) -> None:
    with proxied.stream() as response:
        next(events_of(response.iter_raw()))
        assert proxied.upstream.opened
    wait_until(lambda: not proxied.upstream.opened)

    proxied.upstream.script = then_stay()  # a head that does not come
    asked = len(proxied.upstream.seen)
    with proxied.dial() as connection:
        connection.sendall(proxied.raw_head("content-length: 2") + b"{}")
        wait_until(lambda: len(proxied.upstream.seen) > asked)
        assert proxied.upstream.opened
    wait_until(lambda: not proxied.upstream.opened)


@pytest.mark.slow
def test_a_download_ends_when_its_token_is_superseded(proxied: Proxied) -> None:
    proxied.upstream.script = then_stay(head("content-length: 1000000") + b"x" * 100_000)
    with proxied.stream() as response:
        pieces = response.iter_raw()
        next(pieces)
        proxied.customer.token(proxied.client)

        with pytest.raises(httpx2.RemoteProtocolError):
            list(pieces)
    wait_until(lambda: not proxied.upstream.opened)
    log = proxied.server.log.read_text("utf-8")
    assert log.count('"TOKEN_SUPERSEDED"') == 1
    assert "Traceback" not in log
    assert "ASGI" not in log


@pytest.mark.slow
@pytest.mark.parametrize(
    ("framing", "more"),
    [
        ("content-length: 200000", b""),
        ("transfer-encoding: chunked", b""),
        ("transfer-encoding: chunked", b"nonsense\r\n"),
    ],
    ids=["too short", "without an end", "broken framing"],
)
def test_a_body_that_breaks_off_is_never_taken_for_whole(
    proxied: Proxied, framing: str, more: bytes
) -> None:
    proxied.upstream.script = then_stay(head(framing) + chunk(b"x" * 100_000))

    with proxied.stream() as response:
        pieces = response.iter_raw()
        next(pieces)
        proxied.upstream.push(more)
        proxied.upstream.cut()
        with pytest.raises(httpx2.RemoteProtocolError):
            list(pieces)

    log = proxied.server.log.read_text("utf-8")
    assert log.count('"UPSTREAM_UNREACHABLE"') == 1
    assert "Traceback" not in log
    assert "ASGI" not in log


@pytest.mark.slow
def test_a_body_that_stops_coming_or_has_no_end_is_broken_off(
    tmp_path: Path, made: tuple[Path, RemoteCustomer], upstream: Upstream
) -> None:
    settings = "upstream_timeout = 0.3\nanswer_limit = 300000\n"
    stops = then_stay(head("transfer-encoding: chunked") + chunk(b"x" * 1_000))
    too_large = then_stay(head("transfer-encoding: chunked") + chunk(b"x" * 300_001))
    with serving(tmp_path, made, upstream, settings=settings) as proxied:
        for script in (stops, too_large):
            upstream.script = script
            with proxied.stream() as response, pytest.raises(httpx2.RemoteProtocolError):
                list(response.iter_raw())
        log = proxied.server.log.read_text("utf-8")

    assert "UPSTREAM_TIMEOUT" in log
    assert "larger than answer_limit" in log


def memory_of(proxied: Proxied, name: str) -> int:
    """Return a figure of the server's memory, in bytes."""
    status = f"/proc/{proxied.server.process.pid}/status"
    with open(status, encoding="ascii") as lines:  # noqa: PTH123 - a file of the kernel
        (line,) = [line for line in lines if line.startswith(f"{name}:")]
    return int(line.split()[1]) * 1_024


@pytest.mark.slow
def test_a_large_answer_to_a_slow_reader_takes_no_memory(
    tmp_path: Path, made: tuple[Path, RemoteCustomer], upstream: Upstream
) -> None:
    size, piece = 100 * MEGABYTE, b"0123456789" * 10_000
    sent = [0]

    async def send_much(_: Seen, line: Line) -> None:
        await line.send(head("transfer-encoding: chunked"))
        for _number in range(size // len(piece)):
            await line.send(chunk(piece))
            sent[0] += len(piece)
        await line.send(chunk(b""))

    with serving(tmp_path, made, upstream, settings="answer_limit = 200000000") as proxied:
        upstream.answers(whole())
        assert proxied.call().status_code == 200
        before = memory_of(proxied, "VmRSS")
        upstream.script = send_much
        with proxied.stream() as response:
            # Nothing is read, so after a while nothing is sent either.
            stalled = Stalled(sent)
            wait_until(stalled.is_so)
            waiting = sent[0]
            received = sum(len(part) for part in response.iter_raw())
        grown = memory_of(proxied, "VmHWM") - before

    assert received == size
    assert waiting < size / 2
    assert grown < 20 * MEGABYTE


class Stalled:
    """Tells when a figure has not changed for a while."""

    def __init__(self, figure: list[int]) -> None:
        self._figure = figure
        self._last = -1
        self._since = time.monotonic()

    def is_so(self) -> bool:
        if self._figure[0] != self._last:
            self._last, self._since = self._figure[0], time.monotonic()
        return self._last > 0 and time.monotonic() - self._since > 0.5


@pytest.mark.slow
def test_a_service_added_while_the_server_runs_is_served_by_every_worker(
    tmp_path: Path, made: tuple[Path, RemoteCustomer], upstream: Upstream
) -> None:
    upstream.answers(whole())
    with serving(tmp_path, made, upstream, workers=2) as proxied:
        proxied.operate("service", "add", "later", "--upstream", upstream.url)
        proxied.operate("account", "grant", "acme", "later")
        proxied.operate("plan", "set", "roomy", "later", "--rate", "1000", "--burst", "1000")
        token = proxied.customer.token(proxied.client)
        headers = {**proxied.headers, "authorization": f"Bearer {token}"}
        asked: set[str] = set()
        for _ in range(60):
            with connect(proxied.server.url) as client:
                response = client.post("/later/v1/graphql", headers=headers, json={})
            assert response.status_code == 200, response.text
            asked.add(response.headers["x-correlation-id"][:8])
            if len(asked) == 2:
                break

    assert len(asked) == 2


@pytest.mark.slow
def test_a_certificate_authority_of_ones_own_is_trusted_where_it_is_named(
    tmp_path: Path,
    made: tuple[Path, RemoteCustomer],
    upstream: Upstream,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    secured = Upstream(serve_tls(certificate))
    with serving(tmp_path, made, upstream) as proxied:
        proxied.operate("service", "set", "matching", "--upstream", secured.url)
        response = proxied.call()
    secured.close()

    assert response.content == ANSWER
