"""Reads form-encoded parameters strictly: each once, each well encoded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

from watchword.access.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

_BROKEN_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LINE_BREAK: Final = re.compile(r"[\t\n\r]")
_MOST_PARAMETERS: Final = 64


def parse_form(encoded: bytes, *, may_break_lines: bool = False) -> dict[str, str]:
    """Read `application/x-www-form-urlencoded` (RFC 6749 appendix B).

    Empty values are kept: whoever asks for a secret in the URL wants to see them too.

    Args:
        encoded: The form, or the query string.
        may_break_lines: Accept tabs and line breaks in values, as GraphQL documents have.

    Raises:
        InvalidRequest: If a parameter stands twice (section 3.2), or the encoding is broken.
    """
    parameters: dict[str, str] = {}
    pairs = [pair for pair in encoded.split(b"&") if pair]
    if len(pairs) > _MOST_PARAMETERS:
        raise InvalidRequest(public="There are too many parameters.")
    for pair in pairs:
        name, _, value = pair.partition(b"=")
        key = decode_form(name)
        if key in parameters:
            raise InvalidRequest(public="A parameter stands twice in one place.")
        parameters[key] = decode_form(value, may_break_lines=may_break_lines)
    return parameters


def decode_form(encoded: bytes, *, may_break_lines: bool = False) -> str:
    """Decode one form-encoded name or value; `+` and `%20` both mean a space.

    Raises:
        InvalidRequest: If an escape is broken, or the bytes are no UTF-8 text.
    """
    if encoded.isascii() and b"%" not in encoded and b"+" not in encoded:
        # Nearly all there is: nothing to decode.
        text = encoded.decode()
        if text.isprintable():
            return text
    if _BROKEN_ESCAPE.search(encoded):
        raise InvalidRequest(public="The percent-encoding is broken.")
    try:
        text = unquote_to_bytes(encoded.replace(b"+", b" ")).decode()
    except UnicodeDecodeError as error:
        raise InvalidRequest(public="A parameter is not UTF-8.") from error
    if _CONTROL.search(text) or (not may_break_lines and _LINE_BREAK.search(text)):
        raise InvalidRequest(public="A parameter holds a control character.")
    return text


def merge(first: Mapping[str, str], second: Mapping[str, str]) -> dict[str, str]:
    """Join the parameters of two places; an empty value counts as absent (section 3.2).

    Raises:
        InvalidRequest: If the places differ on one.
    """
    merged = {name: value for name, value in first.items() if value}
    for name, value in second.items():
        if value and merged.setdefault(name, value) != value:
            raise InvalidRequest(public="A parameter stands in URL and body with two values.")
    return merged
