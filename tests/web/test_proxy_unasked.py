"""What an upstream says unasked on a kept connection is read by nobody."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from support.upstreams import ANSWER, head, whole

if TYPE_CHECKING:
    from support.proxied import Proxied
    from support.upstreams import Line, Seen

OTHERS = b'{"data":{"secret":"of another"}}'
UNASKED = {
    "an answer": whole(OTHERS),
    "two answers": whole(OTHERS) * 2,
    "an answer in chunks": head("transfer-encoding: chunked")
    + b"20\r\n"
    + OTHERS
    + b"\r\n0\r\n\r\n",
    "an answer without a body": head(status="204 No Content"),
    "an answer that goes on": head("content-length: 1000") + OTHERS,
    "an interim answer": head(status="103 Early Hints"),
    "no HTTP": OTHERS,
}
FIRST = {
    "a full answer": whole(),
    "no content": head(status="204 No Content"),
    "not modified": head("etag: 1", status="304 Not Modified"),
    "no content, with a length": head("content-length: 32", status="204 No Content"),
    "not modified, with a length": head("content-length: 32", status="304 Not Modified"),
}


@pytest.mark.parametrize("is_read", [False, True], ids=["still in the socket", "in the buffer"])
@pytest.mark.parametrize("what", UNASKED)
def test_nobody_reads_what_came_on_an_idle_connection(
    proxied: Proxied, what: str, *, is_read: bool
) -> None:
    for _ in range(10):
        assert proxied.call().content == ANSWER
        proxied.upstream.push(UNASKED[what])
        if is_read:
            proxied.deployment.run(asyncio.sleep(0.02))

    assert proxied.call().content == ANSWER
    assert proxied.upstream.accepted == 11


@pytest.mark.parametrize("first", FIRST)
def test_nobody_reads_what_follows_an_answer_a_little_later(proxied: Proxied, first: str) -> None:
    async def speak_twice(_: Seen, line: Line) -> None:
        await line.send(FIRST[first])
        await asyncio.sleep(0.02)
        await line.send(whole(OTHERS))

    for _ in range(4):
        proxied.upstream.script = speak_twice
        assert proxied.call().content in {ANSWER, b""}
        proxied.deployment.run(asyncio.sleep(0.05))
        proxied.upstream.answers(whole())
        assert [proxied.call().content for _ in range(4)] == [ANSWER] * 4


@pytest.mark.parametrize("first", FIRST)
def test_nobody_reads_what_came_together_with_an_answer(proxied: Proxied, first: str) -> None:
    for _ in range(4):
        proxied.upstream.answers(FIRST[first] + whole(OTHERS))
        assert OTHERS not in proxied.call().content
        proxied.upstream.answers(whole())
        assert [proxied.call().content for _ in range(4)] == [ANSWER] * 4


def test_a_connection_that_was_closed_while_it_was_idle_is_not_taken(proxied: Proxied) -> None:
    for _ in range(5):
        assert proxied.call().content == ANSWER  # a POST, which is not sent twice
        proxied.upstream.cut()
        # The end of the connection has to arrive, also on a machine with much to do.
        proxied.deployment.run(asyncio.sleep(0.2))

    assert proxied.upstream.accepted == len(proxied.upstream.seen) == 5
