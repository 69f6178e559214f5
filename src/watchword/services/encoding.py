"""Encodes answers as JSON, up to a size; long ones in pieces, so that others run in between.

An encoder at work lets no other thread run, and neither does the freeing of a large answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from watchword.access.errors import AnswerTooLarge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PIECES: Final = 1_000
"""A list is taken apart as long as there are not about so many pieces."""

_encode: Final = msgspec.json.Encoder().encode


def encode(members: dict[str, Any], limit: int) -> bytes:
    """Return an answer as JSON.

    Raises:
        AnswerTooLarge: If it is longer than `limit` bytes.
    """
    encoded = _encode(members)
    if len(encoded) > limit:
        raise _too_large(limit)
    return encoded


def encode_in_pieces(members: dict[str, Any], limit: int) -> bytes:
    """Return an answer as JSON, and leave its `data` empty: that is freed as it goes.

    Nothing else of it is: what stands in errors may be everybody's.

    Raises:
        AnswerTooLarge: If it is longer than `limit` bytes.
    """
    size, pieces = 0, list[bytes]()
    for piece in _take_object_apart(members, lambda key: _PIECES if key == "data" else 0):
        size += len(piece)
        if size > limit:
            raise _too_large(limit)
        pieces.append(piece)
    return b"".join(pieces)


def _take_apart(value: object, room: int) -> Iterator[bytes]:
    if not (room and value and isinstance(value, dict | list)):
        yield _encode(value)
    elif isinstance(value, dict):
        yield from _take_object_apart(cast("dict[str, object]", value), lambda _: room)
    else:
        yield from _take_list_apart(cast("list[object]", value), room)


def _take_object_apart(members: dict[str, Any], find_room: Callable[[str], int]) -> Iterator[bytes]:
    opening = b"{"
    for key in list(members):
        yield opening + _encode(key) + b":"
        yield from _take_apart(members.pop(key), find_room(key))
        opening = b","
    yield b"}"


def _take_list_apart(items: list[object], room: int) -> Iterator[bytes]:
    room //= len(items)
    items.reverse()
    opening = b"["
    while items:
        yield opening
        yield from _take_apart(items.pop(), room)
        opening = b","
    yield b"]"


def _too_large(limit: int) -> AnswerTooLarge:
    return AnswerTooLarge(reason=f"the answer is larger than answer_limit, {limit} bytes")
