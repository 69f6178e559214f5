"""What a line of JSON Lines may be, and what is said of one that is not. Reads no file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, cast

import msgspec
from msgspec import inspect

from watchword.services.records.dataset import TABLES_OF, AnyRecord
from watchword.services.records.details import Value
from watchword.services.records.errors import refused

if TYPE_CHECKING:
    from watchword.services.records.dataset import Place
    from watchword.services.records.errors import ImportRefused

_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class Header(Value, frozen=True, kw_only=True, tag_field="record", tag="dataset"):
    """The first line of a file, which may be left out.

    Attributes:
        format: The version of this format.
        invented: Whether the people are made up. Such people never share a database with real
            ones, and their source is `invented`.
        ends: Whether the last line is an `end`. Then a file without it was cut off, and is refused.
    """

    format: int
    invented: bool = False
    ends: bool = False


class End(Value, frozen=True, kw_only=True, tag_field="record", tag="end"):
    """The last line of a file, by which a file that was cut off is told from a whole one.

    Attributes:
        records: How many records stand before it, the `dataset` not counted.
    """

    records: int


Line = Header | End | AnyRecord
_decoder: Final[msgspec.json.Decoder[Line]] = msgspec.json.Decoder(Line)
_SORTS: Final[dict[str, type[msgspec.Struct]]] = {
    str(sort.__struct_config__.tag): sort for sort in (Header, End, *TABLES_OF)
}

_MISSING: Final = re.compile(r"Object missing required field `(.+)`")
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.+)`")
_CHOICE: Final = re.compile(r"Invalid (?:enum )?value (.+)", re.DOTALL)
_OTHER_TYPE: Final = re.compile(r"Expected `([^`]+)`, got `(\w+)`")
_EMPTY: Final = re.compile(r"Expected `(str|array)` of length >= 1")
_STEP: Final = re.compile(r"\[[^\]]*\]|[^.\[\]]+")
_WORDS: Final = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def decode(raw: bytes, place: Place) -> Line:
    """Return what a line says.

    Raises:
        ImportRefused: If it is not as it must be; the text says what is allowed.
    """
    try:
        # SQLite takes a text up to this character, and our own escapes of it are rare.
        if b"\\u0000" in raw and _NUL.search(raw):
            raise refused(*place, "a text holds the character U+0000")
        return _decoder.decode(raw)
    except UnicodeDecodeError as error:
        raise refused(*place, "this is not UTF-8") from error
    except msgspec.ValidationError as error:
        raise _explained(str(error), raw, place) from error
    except msgspec.DecodeError as error:
        raise refused(*place, f"this is not JSON ({error})") from error


def _explained(text: str, raw: bytes, place: Place) -> ImportRefused:
    problem, _, where = text.rpartition(" - at `$")
    problem, path = (problem, where.removeprefix(".").removesuffix("`")) if problem else (text, "")
    subject = f"'{path}'" if path else "this"
    if found := _MISSING.fullmatch(problem):
        return refused(*place, f"{_member(path, found[1])} is missing")
    if found := _UNKNOWN.fullmatch(problem):
        return refused(*place, f"there is no member {_member(path, found[1])}")
    if found := _CHOICE.fullmatch(problem):
        allowed = ", ".join(_choices(raw, path))
        return refused(*place, f"{subject} is {found[1]}; it may be {allowed}")
    if found := _OTHER_TYPE.fullmatch(problem):
        wanted = [_WORDS.get(word, word) for word in found[1].split(" | ") if word != "null"]
        got = "a number" if found[2] == "int" else _WORDS.get(found[2], found[2])
        return refused(*place, f"{subject} is {got}; write {' or '.join(wanted)}")
    if found := _EMPTY.fullmatch(problem):
        kind = "an empty text" if found[1] == "str" else "an empty list"
        return refused(*place, f"{subject} is {kind}")
    return refused(*place, f"{subject}: {problem}" if path else problem)


def _member(path: str, name: str) -> str:
    return f"'{path}.{name}'" if path else f"'{name}'"


def _choices(raw: bytes, path: str) -> list[str]:
    """Return what the member at a path may be."""
    if path == "record":
        return sorted(_SORTS)
    record = cast("dict[str, object]", msgspec.json.decode(raw))
    kind: inspect.Type = inspect.type_info(_SORTS[str(record["record"])])
    for step in _STEP.findall(path):
        kind = _within(kind, step)
    return [str(member.value) for member in kind.cls] if isinstance(kind, inspect.EnumType) else []


def _within(kind: inspect.Type, step: str) -> inspect.Type:
    if isinstance(kind, inspect.StructType):
        kind = next(field.type for field in kind.fields if field.encode_name == step)
    elif isinstance(kind, inspect.VarTupleType | inspect.FrozenSetType):
        kind = kind.item_type
    while isinstance(kind, inspect.UnionType | inspect.Metadata):
        kind = kind.type if isinstance(kind, inspect.Metadata) else kind.types[0]
    return kind
