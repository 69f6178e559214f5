"""Makes the fields of a form from what an operation of the admin API asks for, and reads them.

A form has names and texts alone. What stands in a member of a member is called `documents.depth`;
a member with several words has a box for each, `services.profile`, or takes them with blanks
between; a table takes a line for each row, `profile rate=5 burst=3 quota=`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import msgspec
from msgspec import inspect

from watchword.web.admin.bodies import PATH_PARAMETERS
from watchword.web.pages.console.mistakes import Mistake, to_label, word_mistake

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BodyT = TypeVar("BodyT", bound=msgspec.Struct)
PLACE: Final = "path."
"""Before the name of what stands in a place of an operation's path."""
_SECONDS: Final = "_seconds"
_ON: Final = "yes"


class Kind(StrEnum):
    """How a field is filled in."""

    TEXT = "text"
    LONG = "long"
    NUMBER = "number"
    SECONDS = "seconds"
    YES_NO = "yes-no"
    WORDS = "words"
    ROWS = "rows"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form.

    Attributes:
        hint: What it is, in a sentence.
        is_required: Whether it has to be filled in.
        is_nullable: Whether null is said by leaving it empty.
        usual: What stands in it at first.
        columns: Of the rows, and whether each may be left out.
        longest: How many characters it takes at most; None where that is not told.
        example: For who does not know what one looks like.
    """

    name: str
    kind: Kind
    hint: str
    is_required: bool = False
    is_nullable: bool = False
    usual: str = ""
    least: int | None = None
    most: int | None = None
    columns: tuple[tuple[str, bool], ...] = ()
    longest: int | None = None
    example: str = ""

    @property
    def label(self) -> str:
        """What people call it."""
        return to_label(self.name)


def list_fields(asks: type[msgspec.Struct]) -> list[Field]:
    """Return the fields for what is asked for."""
    return list(_list_fields(asks, ""))


def to_place_field(name: str) -> Field:
    """Return the field for what stands in a place of a path."""
    found = inspect.type_info(PATH_PARAMETERS[name])
    return _to_field(PLACE + name, found, is_required=True, usual="")


def read_form(asks: type[BodyT], form: Mapping[str, str]) -> BodyT:
    """Return what was typed as the body that is asked for.

    Raises:
        Mistake: If it cannot be one.
    """
    try:
        return msgspec.convert(read_members(list_fields(asks), form), asks, strict=False)
    except msgspec.ValidationError as error:
        raise word_mistake(error) from error


def read_members(fields: list[Field], form: Mapping[str, str]) -> dict[str, Any]:
    """Return what was typed as the members of a body; what may be left out and is, is not there.

    Raises:
        Mistake: If a line of a table is none; the text says what one is.
    """
    members: dict[str, Any] = {}
    for field in fields:
        *parents, name = field.name.split(".")
        into = members
        for parent in parents:
            into = cast("dict[str, Any]", into.setdefault(parent, {}))
        value = _read(field, form)
        if value is not msgspec.UNSET:
            into[name] = value
    return members


def to_typed(members: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    """Return the texts that stand in the fields for the members of a body."""
    typed: dict[str, str] = {}
    for name, value in members.items():
        if isinstance(value, dict):
            typed |= to_typed(cast("Mapping[str, object]", value), f"{prefix}{name}.")
        elif isinstance(value, bool):
            typed[prefix + name] = _ON if value else ""
        elif isinstance(value, list):
            typed[prefix + name] = " ".join(map(str, cast("list[object]", value)))
        elif value is not None:
            typed[prefix + name] = str(value)
    return typed


def _list_fields(asks: type[msgspec.Struct], prefix: str) -> Iterator[Field]:
    described = cast("inspect.StructType", inspect.type_info(asks))
    for member in described.fields:
        inner, _ = _unwrap(member.type)
        if isinstance(inner, inspect.StructType):
            yield from _list_fields(inner.cls, f"{prefix}{member.encode_name}.")
            continue
        usual = "" if member.default in (msgspec.NODEFAULT, None) else str(member.default)
        yield _to_field(
            prefix + member.encode_name, member.type, is_required=member.required, usual=usual
        )


def _to_field(name: str, described: inspect.Type, *, is_required: bool, usual: str) -> Field:
    inner, schema = _unwrap(described)
    is_nullable = False
    if isinstance(inner, inspect.UnionType):
        is_nullable = any(isinstance(kind, inspect.NoneType) for kind in inner.types)
        others = [kind for kind in inner.types if not isinstance(kind, inspect.NoneType)]
        inner, more = _unwrap(others[0])
        schema = {**more, **schema}
    examples = cast("list[object]", schema.get("examples", []))
    return Field(
        name,
        _kind_of(name, inner),
        # Who fills in a form leaves a field empty where a program says null.
        str(schema.get("description", "")).replace("null", "empty"),
        is_required=is_required and not is_nullable,
        is_nullable=is_nullable,
        usual=usual,
        least=inner.ge if isinstance(inner, inspect.IntType) else None,
        most=inner.le if isinstance(inner, inspect.IntType) else None,
        columns=_columns_of(inner),
        longest=_longest_of(inner, schema),
        example=str(examples[0]) if examples else "",
    )


def _kind_of(name: str, inner: inspect.Type) -> Kind:
    if isinstance(inner, inspect.BoolType):
        return Kind.YES_NO
    if isinstance(inner, inspect.IntType):
        return Kind.SECONDS if name.endswith(_SECONDS) else Kind.NUMBER
    if isinstance(inner, inspect.ListType):
        return Kind.WORDS
    if isinstance(inner, inspect.DictType):
        return Kind.ROWS
    is_long = isinstance(inner, inspect.StrType) and inner.max_length is not None
    return Kind.LONG if is_long else Kind.TEXT


def _longest_of(inner: inspect.Type, schema: Mapping[str, object]) -> int | None:
    told = inner.max_length if isinstance(inner, inspect.StrType) else None
    return cast("int | None", schema.get("maxLength", told))


def _columns_of(inner: inspect.Type) -> tuple[tuple[str, bool], ...]:
    if not isinstance(inner, inspect.DictType):
        return ()
    row, _ = _unwrap(inner.value_type)
    members = [
        _to_field(member.encode_name, member.type, is_required=True, usual="")
        for member in cast("inspect.StructType", row).fields
    ]
    return tuple((member.name, member.is_nullable) for member in members)


def _unwrap(described: inspect.Type) -> tuple[inspect.Type, dict[str, object]]:
    schema: dict[str, object] = {}
    while isinstance(described, inspect.Metadata):
        schema = {**(described.extra_json_schema or {}), **schema}
        described = described.type
    return described, schema


def _read(field: Field, form: Mapping[str, str]) -> object:
    text = form.get(field.name, "")
    if field.kind is not Kind.LONG:
        text = text.strip()
    if field.kind is Kind.YES_NO:
        return text == _ON
    if field.kind is Kind.WORDS:
        boxes = [name for name, value in form.items() if value == _ON]
        chosen = [
            name.removeprefix(f"{field.name}.")
            for name in boxes
            if name.startswith(f"{field.name}.")
        ]
        return chosen + text.replace(",", " ").split()
    if field.kind is Kind.ROWS:
        rows = [_read_row(field, line) for line in text.splitlines()]
        return {name: row for name, row in rows if name}
    if text:
        return text.replace("\r\n", "\n")
    if field.is_nullable:
        return None
    # An empty text is a text; a number that is not there is not.
    is_said = field.kind is Kind.TEXT and field.name in form and not field.usual
    return "" if is_said else msgspec.UNSET


def _read_row(field: Field, line: str) -> tuple[str, dict[str, str | None]]:
    name, *cells = line.split() or [""]
    row: dict[str, str | None] = {column: None for column, may_lack in field.columns if may_lack}
    for cell in cells:
        column, is_cell, value = cell.partition("=")
        if not is_cell:
            told = f"Write a line as 'profile rate=5 burst=3 quota=100', not {line!r}."
            raise Mistake(told, field.name)
        row[column] = value or None
    return name, row
