"""Where an event stream may be ended, and how."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.access.errors import StoreUnavailable, TokenSuperseded
from watchword.web.event_stream import EventStream

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


async def in_pieces(pieces: list[bytes]) -> AsyncGenerator[bytes]:
    for piece in pieces:
        yield piece


def end_after(pieces: list[bytes], error: Exception | None = None) -> bytes | None:
    """Pass all pieces on, and end the stream."""

    async def pass_on() -> bytes | None:
        stream = EventStream(in_pieces(pieces))
        assert [piece async for piece in stream.pass_on()] == pieces
        return stream.end(error or TokenSuperseded(), "id-1")

    return asyncio.run(pass_on())


def test_the_last_event_is_a_graphql_error_and_then_it_is_complete() -> None:
    last = end_after([b"event: next\ndata: {}\n\n"])

    assert last is not None
    first, second, rest = last.decode().split("\n\n")
    name, told = first.split("\n")
    assert (name, second, rest) == ("event: next", "event: complete\ndata:", "")
    (error,) = json.loads(told.removeprefix("data: "))["errors"]
    assert error["extensions"] == {"code": "TOKEN_SUPERSEDED", "correlationId": "id-1"}


def test_a_store_without_an_answer_is_told_too() -> None:
    assert b'"STORE_UNAVAILABLE"' in (end_after([], StoreUnavailable("x")) or b"")


@pytest.mark.parametrize(
    "blank", ["\n\n", "\r\r", "\r\n\r\n", "\n\r", "\n\r\n", "\r\r\n", "\r\n\n"]
)
def test_a_blank_line_ends_an_event_however_lines_end(blank: str) -> None:
    assert end_after([f"data: x{blank}".encode()]) is not None


@given(st.lists(st.text(alphabet="a:\n\r").map(str.encode), max_size=6))
def test_it_is_ended_behind_a_blank_line_alone_however_it_comes_in_pieces(
    pieces: list[bytes],
) -> None:
    text = b"".join(pieces).decode()
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    is_blank = not text or lines.endswith("\n\n") or lines == "\n"

    assert (end_after(pieces) is not None) == is_blank


def test_what_was_not_sent_does_not_count() -> None:
    async def stop_early() -> bytes | None:
        stream = EventStream(in_pieces([b"data: x\n\n", b"data: "]))
        passed = stream.pass_on()
        await anext(passed)
        await anext(passed)  # taken, and not sent: nobody asked for more
        await passed.aclose()
        return stream.end(TokenSuperseded(), "id-1")

    assert asyncio.run(stop_early()) is not None
