"""Words the page of the JSON Lines that people come in and go out by, from the types they have."""

from __future__ import annotations

import re
from inspect import cleandoc
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Final,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from msgspec import Meta, Struct, structs

from watchword.services.imports.json_lines_decoding import End, Header
from watchword.services.records.dataset import TABLES_OF, RoleType
from watchword.services.records.dates import PartialDate
from watchword.services.records.details import (
    Achievement,
    Address,
    CurrencyMetric,
    Education,
    Interest,
    MetricType,
    MoneyRange,
    NetWorth,
    PersonDetail,
    Relationship,
    RoleDetail,
    SocialAccount,
    SourceKey,
    TitleCategory,
)

if TYPE_CHECKING:
    from enum import Enum

RECORDS: Final[tuple[type[Struct], ...]] = (Header, *TABLES_OF, End)
PARTS: Final[tuple[type[Struct], ...]] = (
    PersonDetail,
    Address,
    Education,
    Achievement,
    Interest,
    Relationship,
    SocialAccount,
    NetWorth,
    MoneyRange,
    RoleDetail,
    TitleCategory,
    CurrencyMetric,
)
CHOICES: Final[tuple[type[Enum], ...]] = (RoleType, MetricType)

_WORDS: Final[dict[Any, str]] = {
    str: "text",
    float: "number",
    int: "whole number",
    bool: "true or false",
    PartialDate: "date",
    SourceKey: "text",
}
_ATTRIBUTE: Final = re.compile(r"^    (\w+): (.+(?:\n {8}.+)*)", re.MULTILINE)


def heading(kind: type[Struct]) -> str:
    """Return what a record is called in a line, and a part by its type."""
    tag = kind.__struct_config__.tag
    return str(tag) if tag else kind.__name__


def summary(kind: type) -> str:
    """Return the first part of a type's docstring."""
    return cleandoc(kind.__doc__ or "").partition("\n\nAttributes:")[0]


def rows(kind: type[Struct]) -> list[tuple[str, ...]]:
    """Return a row for each member: its name, type, whether it must be there, what it is."""
    hints = get_type_hints(kind, include_extras=True)
    told = _told(kind)
    members: list[tuple[str, ...]] = []
    tag = kind.__struct_config__.tag
    if tag:
        members.append(("`record`", f"`{tag}`", "yes", ""))
    for field in structs.fields(kind):
        hint = hints[field.name]
        members.append(
            (
                f"`{field.encode_name}`",
                _type(hint),
                "yes" if field.required else "",
                told.get(field.name, _description(hint)),
            )
        )
    return members


def _told(kind: type) -> dict[str, str]:
    told: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        attributes = cleandoc(base.__doc__ or "").partition("\n\nAttributes:\n")[2]
        told |= {name: " ".join(text.split()) for name, text in _ATTRIBUTE.findall(attributes)}
    return told


def _description(hint: Any) -> str:  # noqa: ANN401 - a type, or what stands for one
    if get_origin(hint) is Annotated:
        return next((meta.description or "" for meta in get_args(hint)[1:] if _is_meta(meta)), "")
    return next(filter(None, map(_description, get_args(hint))), "")


def _is_meta(value: object) -> bool:
    return isinstance(value, Meta)


def _type(hint: Any) -> str:  # noqa: ANN401 - a type, or what stands for one
    if hint in _WORDS:
        return _WORDS[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _type(arguments[0])
    if origin in {Union, UnionType}:
        return " or ".join(_type(kind) for kind in arguments if kind is not NoneType)
    if origin in {tuple, frozenset}:
        return f"list of {_type(arguments[0])}"
    if isinstance(hint, TypeVar):
        return "key"
    name = (origin or hint).__name__
    return f"[{name}](#{name.lower()})"
