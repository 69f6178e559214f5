"""What a caller is told when the upstream does not do its part, and what is sent twice."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest

from support.certificates import make_certificate, serve_tls
from support.deployment import Deployment, code_of
from support.proxied import BODY, URL, Proxied
from support.upstreams import (
    ANSWER,
    Upstream,
    answer,
    chunk,
    head,
    reset,
    then_hang_up,
    then_stay,
    wait_until,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator
    from pathlib import Path

    import httpx2

    from support.deployment import Headers
    from support.upstreams import Line, Seen

SMALL_ANSWERS = 200_000


@pytest.fixture
def deployment(tmp_path: Path) -> Generator[Deployment]:
    """A deployment that waits less long and takes less than usual."""
    made = Deployment(
        tmp_path / "hasty",
        upstream_timeout=1,
        upstream_connect_timeout=0.2,
        upstream_connections=1,
        answer_limit=SMALL_ANSWERS,
    )
    yield made
    made.close()


def assert_failed(proxied: Proxied, response: httpx2.Response, status: int, code: str) -> None:
    assert (response.status_code, code_of(response)) == (status, code), response.text
    body = response.json()
    assert body["message"] == {502: "Bad Gateway", 504: "Gateway Timeout"}[status]
    correlation_id = body["errors"][0]["extensions"]["correlationId"]
    assert correlation_id == response.headers["x-correlation-id"]
    assert response.headers["cache-control"] == "no-store"
    assert "ratelimit" in response.headers
    told = response.text + str(response.headers)
    assert str(proxied.upstream.port) not in told
    assert "inner" not in told


PREFLIGHT = [(b"origin", b"https://app.example"), (b"access-control-request-method", b"POST")]


def credentials(proxied: Proxied) -> list[tuple[bytes, bytes]]:
    return [
        (b"authorization", f"Bearer {proxied.token}".encode()),
        (b"x-api-key", proxied.customer.api_key.encode()),
    ]


UNUSABLE: dict[str, Callable[[Seen, Line], Awaitable[None]]] = {
    "a redirect": answer(whole(b"", "location: http://inner/", status="302 Found")),
    "a permanent redirect": answer(
        whole(b"", "location: http://inner/", status="308 Permanent Redirect")
    ),
    "wants credentials": answer(whole(b"inner", status="401 Unauthorized")),
    "a proxy wants credentials": answer(whole(b"", status="407 Proxy Authentication Required")),
    "a switch of protocols": answer(
        head("upgrade: inner", "connection: upgrade", status="101 Switching Protocols")
    ),
    "a status beyond HTTP": answer(whole(b"", status="999 Inner")),
    "no HTTP": then_hang_up(b"220 inner ESMTP\r\n"),
    "nothing": then_hang_up(),
    "a reset": reset,
    "half a head": then_hang_up(b"HTTP/1.1 200 OK\r\ncontent-ty"),
    "half a body": then_hang_up(head("content-length: 10") + b"inner"),
    "two lengths": then_hang_up(head("content-length: 1", "content-length: 20") + b"inner"),
    "a length and chunks": then_hang_up(
        head("content-length: 3", "transfer-encoding: chunked") + chunk(b"inner") + chunk(b"")
    ),
    "a length that is none": then_hang_up(head("content-length: inner") + b"x"),
    "a control character in a header": then_hang_up(whole(ANSWER, "x-broken: a\x01b")),
    "a line break in a header": then_hang_up(whole(ANSWER, "x-broken: a\rb: c")),
    "an endless head": then_hang_up(b"HTTP/1.1 200 OK\r\n" + b"x-more: inner\r\n" * 5_000),
    "an endless header": then_hang_up(b"HTTP/1.1 200 OK\r\nx-more: " + b"x" * 70_000),
    "more than the limit": then_hang_up(head(f"content-length: {SMALL_ANSWERS + 1}")),
}


@pytest.mark.parametrize("what", UNUSABLE)
def test_an_answer_that_cannot_be_passed_on_is_a_bad_gateway(proxied: Proxied, what: str) -> None:
    proxied.upstream.script = UNUSABLE[what]

    response = proxied.call()

    assert_failed(proxied, response, 502, "UPSTREAM_UNREACHABLE")
    assert len(proxied.upstream.seen) == 1, "a POST was sent twice"


def test_the_upstream_is_asked_again_after_a_failure(proxied: Proxied) -> None:
    for script in UNUSABLE.values():
        proxied.upstream.script = script
        proxied.call()
        proxied.upstream.answers(whole())

        # An upstream may hang up just as it is asked: a POST is not sent twice, so ask again.
        wait_until(lambda: proxied.call().content == ANSWER)


def test_an_upstream_that_is_not_there_is_a_bad_gateway(proxied: Proxied) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        proxied.route(upstream=f"http://127.0.0.1:{taken.getsockname()[1]}/inner")

        assert_failed(proxied, proxied.call(), 502, "UPSTREAM_UNREACHABLE")


@pytest.mark.parametrize("url", ["http://inner.invalid/", "http://[::1%25x]:1/", 'http://a"b/'])
def test_an_upstream_without_an_address_is_a_bad_gateway(proxied: Proxied, url: str) -> None:
    proxied.route(upstream=url)

    response = proxied.call()

    assert (response.status_code, code_of(response)) in {
        (502, "UPSTREAM_UNREACHABLE"),
        (504, "UPSTREAM_TIMEOUT"),  # a resolver may take its time over a name that is none
    }


@pytest.mark.parametrize(
    "script",
    [then_stay(), then_stay(b"HTTP/1.1 200 OK\r\n"), then_stay(head("content-length: 9") + b"x")],
    ids=["nothing", "half a head", "half a short body"],
)
def test_an_upstream_that_is_too_slow_is_a_gateway_timeout(
    proxied: Proxied, script: Callable[[Seen, Line], Awaitable[None]]
) -> None:
    proxied.upstream.script = script

    assert_failed(proxied, proxied.call(), 504, "UPSTREAM_TIMEOUT")


def test_a_connection_that_does_not_come_to_be_is_a_gateway_timeout(proxied: Proxied) -> None:
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)  # has room for one that nobody accepts
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        proxied.route(upstream=f"http://127.0.0.1:{listener.getsockname()[1]}/")

        assert_failed(proxied, proxied.call(), 504, "UPSTREAM_TIMEOUT")


def test_a_call_that_finds_no_free_connection_is_a_gateway_timeout(proxied: Proxied) -> None:
    proxied.upstream.script = then_stay()
    proxied.route(upstream=proxied.upstream.url, allows_preflight=True)
    client = proxied.deployment._client

    async def ask_both() -> tuple[httpx2.Response, httpx2.Response]:
        return await asyncio.gather(
            client.post(URL, headers=credentials(proxied), content=BODY),
            client.request("OPTIONS", URL, headers=PREFLIGHT),
        )

    responses = proxied.deployment.run(ask_both())

    for response in responses:
        assert (response.status_code, code_of(response)) == (504, "UPSTREAM_TIMEOUT")
    assert len(proxied.upstream.seen) == 1


def test_an_account_leaves_connections_to_the_others_and_preflights_do(proxied: Proxied) -> None:
    proxied.upstream.script = then_stay()
    proxied.route(upstream=proxied.upstream.url, allows_preflight=True)
    client = proxied.deployment._client

    async def ask(count: int, *more: Awaitable[httpx2.Response]) -> list[httpx2.Response]:
        calls = (client.post(URL, headers=credentials(proxied), content=BODY) for _ in range(count))
        return await asyncio.gather(*calls, *more)

    calls = proxied.deployment.run(ask(3))
    preflights = proxied.deployment.run(
        ask(0, *(client.request("OPTIONS", URL, headers=PREFLIGHT) for _ in range(3)))
    )

    for responses in (calls, preflights):
        told = sorted((response.status_code, code_of(response)) for response in responses)
        assert told == [(503, "UPSTREAM_BUSY")] * 2 + [(504, "UPSTREAM_TIMEOUT")]
    busy = [response for response in (*calls, *preflights) if response.status_code == 503]
    assert {response.headers["retry-after"] for response in busy} == {"1"}
    assert len(proxied.upstream.seen) == 2
    proxied.upstream.answers(whole())
    assert [proxied.call().content for _ in range(5)] == [ANSWER] * 5


def test_an_upstream_whose_certificate_is_not_good_is_a_bad_gateway(
    proxied: Proxied, tmp_path: Path
) -> None:
    upstream = Upstream(serve_tls(make_certificate(tmp_path)))
    proxied.route(upstream=upstream.url)

    response = proxied.call()
    upstream.close()

    assert_failed(proxied, response, 502, "UPSTREAM_UNREACHABLE")
    assert upstream.seen == []


def test_an_upstream_without_tls_where_tls_is_asked_for_is_a_bad_gateway(proxied: Proxied) -> None:
    proxied.route(upstream=proxied.upstream.url.replace("http:", "https:"))

    assert_failed(proxied, proxied.call(), 502, "UPSTREAM_UNREACHABLE")


def close_the_second(count: int) -> Callable[[Seen, Line], Awaitable[None]]:
    """Answer each first request of a connection, and break the next off unanswered."""
    asked: dict[int, int] = {}

    async def serve(_: Seen, line: Line) -> None:
        asked[line.number] = asked.get(line.number, 0) + 1
        if asked[line.number] < count:
            await line.send(whole())
        else:
            line.hang_up()

    return serve


def test_a_post_whose_connection_breaks_is_not_sent_again(proxied: Proxied) -> None:
    proxied.upstream.script = close_the_second(2)

    first, second = proxied.call(), proxied.call()

    assert first.status_code == 200
    assert_failed(proxied, second, 502, "UPSTREAM_UNREACHABLE")
    assert len(proxied.upstream.seen) == 2


def test_a_get_on_a_kept_connection_that_breaks_is_sent_once_more(proxied: Proxied) -> None:
    proxied.upstream.script = close_the_second(2)

    answers = [proxied.call(method="GET", url=f"{URL}?query=x", content=b"") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(proxied.upstream.seen) == 3
    assert proxied.upstream.accepted == 2


def test_a_get_that_never_gets_an_answer_is_not_sent_for_ever(proxied: Proxied) -> None:
    proxied.upstream.script = then_hang_up()

    response = proxied.call(method="GET", url=f"{URL}?query=x", content=b"")

    assert_failed(proxied, response, 502, "UPSTREAM_UNREACHABLE")
    assert len(proxied.upstream.seen) <= 2


def test_environment_proxies_are_not_asked(
    proxied: Proxied, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert proxied.call().content == ANSWER


def test_cookies_of_an_upstream_are_neither_passed_nor_kept(proxied: Proxied) -> None:
    proxied.upstream.answers(whole(ANSWER, "set-cookie: a=b; path=/"))

    answers: list[Headers] = [list(proxied.call().headers.items()) for _ in range(2)]

    assert "set-cookie" not in dict(answers[0])
    assert proxied.upstream.seen[1].all("cookie") == []


def test_the_log_says_why_and_where(proxied: Proxied, caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as taken, caplog.at_level("INFO", "watchword"):
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        proxied.route(upstream=f"http://127.0.0.1:{port}/")
        response = proxied.call()

    (record,) = [item for item in caplog.records if item.message == "refused"]
    told = vars(record)
    assert (told["code"], record.levelname) == ("UPSTREAM_UNREACHABLE", "WARNING")
    assert told["correlation_id"] == response.headers["x-correlation-id"]
    assert f"127.0.0.1:{port}" in told["reason"]
    assert told["cause"] is None  # the reason says it already


def test_a_timeout_is_a_warning_that_says_nothing_twice(
    proxied: Proxied, caplog: pytest.LogCaptureFixture
) -> None:
    proxied.upstream.script = then_stay()
    with caplog.at_level("WARNING", "watchword"):
        proxied.call()

    (record,) = [item for item in caplog.records if item.message == "refused"]
    told = vars(record)
    assert (told["code"], record.levelname) == ("UPSTREAM_TIMEOUT", "WARNING")
    assert told["reason"] == "the upstream is too slow"
    assert told["cause"] != ""


def test_what_a_caller_is_refused_for_is_no_warning(
    proxied: Proxied, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("WARNING", "watchword"):
        proxied.deployment.call(None, None)

    assert caplog.records == []
