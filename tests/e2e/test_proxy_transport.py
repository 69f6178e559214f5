"""Calls to an upstream that only a real socket can carry: by hand, by curl, and many at once."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from e2e.proxied import QUERY, URL, Proxied, make_proxied, read_answer, serving
from support.customers import connect
from support.upstreams import ANSWER, PATH, Upstream, chunk, then_hang_up, wait_until, whole

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from support.upstreams import Line, Seen

pytestmark = pytest.mark.measured

BODY = json.dumps(QUERY).encode()


@pytest.fixture(scope="module")
def upstream() -> Generator[Upstream]:
    made = Upstream()
    yield made
    made.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream) -> Generator[Proxied]:
    folder = tmp_path_factory.mktemp("transport")
    customer = make_proxied(folder / "made", upstream)
    with serving(folder, (folder / "made", customer), upstream) as proxied:
        yield proxied


@pytest.fixture
def proxied(served: Proxied, upstream: Upstream) -> Proxied:
    """The server, and an upstream that has seen nothing."""
    upstream.answers(whole())
    upstream.reads_bodies = True
    upstream.seen.clear()
    upstream.pieces.clear()
    upstream.broken.clear()
    return served


def test_connections_to_the_upstream_are_kept(proxied: Proxied) -> None:
    proxied.call()
    before = proxied.upstream.accepted

    answers = [proxied.call() for _ in range(50)]

    assert {answer.content for answer in answers} == {ANSWER}
    assert proxied.upstream.accepted == before


def test_many_calls_at_once_get_their_own_answers(proxied: Proxied) -> None:
    async def echo(seen: Seen, line: Line) -> None:
        await line.send(whole(seen.body))

    proxied.upstream.script = echo

    def ask(number: int) -> list[bool]:
        with connect(proxied.server.url) as client:
            bodies = [b'{"query": "%d %d"}' % (number, turn) for turn in range(20)]
            return [
                client.post(URL, headers=proxied.headers, content=body).content == body
                for body in bodies
            ]

    with ThreadPoolExecutor(16) as pool:
        results = [is_own for turns in pool.map(ask, range(16)) for is_own in turns]

    assert len(results) == 320
    assert all(results)


def test_a_body_streams_to_the_upstream_before_it_has_ended(proxied: Proxied) -> None:
    with proxied.dial() as connection:
        connection.sendall(proxied.raw_head("transfer-encoding: chunked") + chunk(b"first "))
        wait_until(lambda: b"".join(proxied.upstream.pieces) == b"first ")
        connection.sendall(chunk(b"second") + b"0\r\nx-trailer: 1\r\n\r\n")
        answer = read_answer(connection)

    (seen,) = proxied.upstream.seen
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert seen.body == b"first second"
    assert seen.all("transfer-encoding") == ["chunked"]
    assert seen.all("x-trailer") == seen.all("content-length") == []


def test_a_body_that_grows_too_large_is_refused_and_its_connection_dropped(
    proxied: Proxied,
) -> None:
    with proxied.dial() as connection:
        connection.sendall(proxied.raw_head("transfer-encoding: chunked"))
        with suppress(ConnectionError):  # it may be refused before all is sent
            for _ in range(12):
                connection.sendall(chunk(b"x" * 100_000))
        answer = read_answer(connection)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"CONTENT_TOO_LARGE" in answer
    assert sum(map(len, proxied.upstream.pieces)) <= 1_048_576
    assert proxied.upstream.seen == [], "the upstream must not take it for whole"
    wait_until(lambda: not proxied.upstream.busy)
    assert proxied.call().content == ANSWER


def test_a_caller_that_goes_away_within_its_body_leaves_no_half_call(proxied: Proxied) -> None:
    for head, begun in (
        ("transfer-encoding: chunked", chunk(b"first")),
        ("content-length: 100000", b"first"),
    ):
        with proxied.dial() as connection:
            connection.sendall(proxied.raw_head(head) + begun)
            wait_until(lambda: b"first" in proxied.upstream.pieces)
        wait_until(lambda: not proxied.upstream.busy)
        proxied.upstream.pieces.clear()

    assert proxied.upstream.seen == []
    assert proxied.call().content == ANSWER


def test_an_upstream_that_answers_before_it_has_read_all_is_heard(proxied: Proxied) -> None:
    proxied.upstream.reads_bodies = False
    proxied.upstream.script = then_hang_up(whole(b"{}", "connection: close", status="400 No"))

    with proxied.dial() as connection:
        connection.sendall(proxied.raw_head("content-length: 1000000") + b"x" * 1_000)
        answer = read_answer(connection)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.endswith(b"\r\n\r\n{}")


def test_curl_that_expects_to_be_told_to_go_on_is_told(proxied: Proxied, tmp_path: Path) -> None:
    for size in (1_000, 500_000):
        proxied.upstream.seen.clear()
        (tmp_path / "body").write_bytes(b"x" * size)
        sent = [f"-H{name}: {value}" for name, value in proxied.headers.items()]
        done = subprocess.run(
            ["curl", "-sSv", "--expect100-timeout", "20", "-H", "Expect: 100-continue", *sent,
             "--data-binary", f"@{tmp_path / 'body'}", proxied.server.url + URL],
            capture_output=True, check=True, timeout=60,
        )  # fmt: skip

        (seen,) = proxied.upstream.seen
        assert b"< HTTP/1.1 100 Continue" in done.stderr
        assert done.stdout == ANSWER
        assert (len(seen.body), seen.all("expect")) == (size, [])


def test_curl_that_is_refused_is_not_told_to_go_on(proxied: Proxied, tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(b"x" * 100_000)
    done = subprocess.run(
        ["curl", "-sSv", "--expect100-timeout", "20", "-H", "Expect: 100-continue",
         "--data-binary", f"@{tmp_path / 'body'}", proxied.server.url + URL],
        capture_output=True, check=True, timeout=60,
    )  # fmt: skip

    assert b"< HTTP/1.1 401 " in done.stderr
    assert b"100 Continue" not in done.stderr
    assert proxied.upstream.seen == []


SMUGGLED = b"GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n"
TRICKS: dict[str, tuple[list[str], bytes]] = {
    "length and chunks": (
        [f"content-length: {5 + len(SMUGGLED)}", "transfer-encoding: chunked"],
        b"0\r\n\r\n" + SMUGGLED,
    ),
    "chunks and length": (
        ["transfer-encoding: chunked", "content-length: 3"],
        b"0\r\n\r\n" + SMUGGLED,
    ),
    "two lengths": (["content-length: 0", f"content-length: {len(SMUGGLED)}"], SMUGGLED),
    "two lengths in one": ([f"content-length: 0, {len(SMUGGLED)}"], SMUGGLED),
    "a signed length": (["content-length: +0"], SMUGGLED),
    "a length in hex": (["content-length: 0x2"], b"{}" + SMUGGLED),
    "a length with a gap": (["content-length : 0"], SMUGGLED),
    "chunked by another name": (["transfer-encoding: xchunked"], b"0\r\n\r\n" + SMUGGLED),
    "chunked twice": (["transfer-encoding: chunked, chunked"], b"0\r\n\r\n" + SMUGGLED),
    "chunked and then not": (["transfer-encoding: chunked, identity"], b"0\r\n\r\n" + SMUGGLED),
    "chunked in two lines": (
        ["transfer-encoding: gzip", "transfer-encoding: chunked"],
        b"0\r\n\r\n" + SMUGGLED,
    ),
    "chunked with a tab": (["transfer-encoding:\tchunked"], b"0\r\n\r\n" + SMUGGLED),
    "chunked with a control character": (
        ["transfer-encoding: \x0bchunked", f"content-length: {5 + len(SMUGGLED)}"],
        b"0\r\n\r\n" + SMUGGLED,
    ),
    "an underscore": (
        [f"content_length: {len(SMUGGLED)}", "transfer_encoding: chunked", "content-length: 0"],
        SMUGGLED,
    ),
    "lengths named in Connection": (
        ["connection: content-length", f"content-length: {len(SMUGGLED)}"],
        SMUGGLED,
    ),
    "a folded line": (["x-a: b\r\n transfer-encoding: chunked", "content-length: 0"], SMUGGLED),
    "a bare carriage return": (
        ["x-a: b\rtransfer-encoding: chunked", "content-length: 0"],
        SMUGGLED,
    ),
    "a bare line feed": (["x-a: b\ntransfer-encoding: chunked", "content-length: 0"], SMUGGLED),
    "a zero byte": (["x-a: b\x00c", "content-length: 0"], SMUGGLED),
    "a broken chunk": (["transfer-encoding: chunked"], b"2\r\n{}XX0\r\n\r\n" + SMUGGLED),
    "a chunk size that overflows": (
        ["transfer-encoding: chunked"],
        b"10000000000000002\r\n{}\r\n0\r\n\r\n" + SMUGGLED,
    ),
    "chunk extensions": (
        ["transfer-encoding: chunked"],
        b"2;a=b\r\n{}\r\n0\r\n\r\n" + SMUGGLED,
    ),
}


# Nothing is wrong with these; every other trick is a bad request that nobody passes on.
READ_AS_ONE_CALL = {
    "chunked with a tab",
    "an underscore",
    "lengths named in Connection",
    "chunk extensions",
}


@pytest.mark.parametrize("trick", TRICKS)
def test_a_smuggled_request_never_reaches_the_upstream(proxied: Proxied, trick: str) -> None:
    lines, body = TRICKS[trick]

    with proxied.dial() as connection:
        connection.sendall(proxied.raw_head(*lines) + body)
        answer = read_answer(connection)
    followed = [proxied.call() for _ in range(3)]

    is_taken = trick in READ_AS_ONE_CALL
    assert answer[9:12] == (b"200" if is_taken else b"400"), answer
    assert [response.content for response in followed] == [ANSWER] * 3
    # Whatever came through came as one call with a body, on a connection that is in step.
    assert proxied.upstream.broken == []
    assert {seen.target for seen in proxied.upstream.seen} == {PATH}
    assert len(proxied.upstream.seen) == (4 if is_taken else 3)


def test_a_query_is_escaped_where_it_could_not_stand_in_a_first_line(proxied: Proxied) -> None:
    head = proxied.raw_head("content-length: 2").replace(
        URL.encode(), URL.encode() + b"?q=\xc3\xa4"
    )

    with proxied.dial() as connection:
        connection.sendall(head + b"{}")
        answer = read_answer(connection)

    assert answer[9:12] in {b"200", b"400"}
    assert [seen.target for seen in proxied.upstream.seen] in ([], [f"{PATH}?q=%C3%A4"])
