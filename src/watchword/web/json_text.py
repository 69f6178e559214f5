"""Reads JSON that callers sent, and says what is wrong with it."""

from __future__ import annotations

import codecs
import json
from typing import Final

import msgspec

from watchword.access.errors import MalformedRequest

_decode: Final = msgspec.json.Decoder().decode

_MALFORMED: Final = "JSON is malformed: "


def read_json(text: str | bytes, what: str, example: str = "a JSON object") -> object:
    """Return what a text holds.

    Of members of one name the last counts.

    Args:
        text: JSON, in UTF-8 if it is bytes.
        what: What the text is, for the refusal: the beginning of a sentence.
        example: What to send instead of what is no JSON.

    Raises:
        MalformedRequest: If it is none, or holds what nothing here could stand for.
    """
    try:
        return _decode(text)
    except UnicodeDecodeError as error:
        raise MalformedRequest(public=f"{what} is not UTF-8.") from error
    except RecursionError as error:
        raise _too_deep(what) from error
    except msgspec.ValidationError as error:
        # Decoded to no type of ours, the one thing that JSON can hold and this cannot.
        raise MalformedRequest(public=f"{what} holds a number that is too large.") from error
    except msgspec.DecodeError as error:
        raise MalformedRequest(
            public=f"{what} {_why_not_json(text, error)}. Send {example}."
        ) from error


def list_members(text: bytes, what: str) -> list[str]:
    """Return the names of an object's members, with those that stand there twice.

    Args:
        text: JSON that was read before, an object.
        what: As for `read_json`.

    Raises:
        MalformedRequest: If it is nested too deeply: this takes less than `read_json`.
    """
    names: list[str] = []

    def note(pairs: list[tuple[str, object]]) -> None:
        # Called for the outermost object last.
        names[:] = [name for name, _ in pairs]

    try:
        json.loads(text, object_pairs_hook=note)
    except RecursionError as error:
        raise _too_deep(what) from error
    return names


def _too_deep(what: str) -> MalformedRequest:
    return MalformedRequest(public=f"{what} is nested too deeply.")


def _why_not_json(text: str | bytes, error: msgspec.DecodeError) -> str:
    if not text:
        return "is missing"
    if isinstance(text, bytes) and text.startswith(codecs.BOM_UTF8):
        return "begins with a byte order mark"
    _, _, where = str(error).partition(_MALFORMED)
    return f"is not JSON: {where}" if where else "is not JSON"
