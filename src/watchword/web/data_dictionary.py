"""A service's types as Markdown: the customers' data dictionary, and the reference of the docs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_specified_scalar_type,
)

from watchword.services.engine.sizes import find_package, find_weight

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from graphql import GraphQLNamedType, GraphQLSchema, GraphQLType

_HEADS: Final = ("field", "type", "what it is")


@dataclass(frozen=True, slots=True)
class Definition:
    """A type of a schema.

    Attributes:
        text: What it is and what it has, as Markdown that begins with its name as a heading.
    """

    name: str
    text: str


def list_definitions(schema: GraphQLSchema) -> list[Definition]:
    """Return the types that a service has of its own, as its schema orders them, roots first."""
    roots = [kind for kind in (schema.query_type, schema.mutation_type) if kind is not None]
    others = [kind for kind in schema.type_map.values() if kind not in roots]
    return [
        Definition(kind.name, _define(kind))
        for kind in (*roots, *others)
        if not kind.name.startswith("__") and not is_specified_scalar_type(kind)
    ]


def to_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(_cell(text) for text in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _define(kind: GraphQLNamedType) -> str:
    parts = [f"## {kind.name}", kind.description or ""]
    match kind:
        case GraphQLObjectType() | GraphQLInterfaceType():
            if kind.interfaces:
                parts.append("Has what " + ", ".join(map(_link, kind.interfaces)) + " has.")
            parts.append(to_table(_HEADS, _field_rows(kind.fields)))
        case GraphQLInputObjectType():
            rows = (
                (f"`{name}`", _link(field.type), _told(field.description, field.deprecation_reason))
                for name, field in kind.fields.items()
            )
            parts.append(to_table(_HEADS, rows))
        case GraphQLEnumType():
            values = (
                (f"`{name}`", _told(value.description, value.deprecation_reason))
                for name, value in kind.values.items()
            )
            parts.append(to_table(("value", "what it means"), values))
        case GraphQLUnionType():
            parts.append("One of " + ", ".join(_link(member) for member in kind.types) + ".")
        case _:
            parts.append("A scalar.")
    return "\n\n".join(part for part in parts if part)


def _field_rows(fields: dict[str, GraphQLField]) -> Iterator[tuple[str, ...]]:
    for name, field in fields.items():
        told = _told(field.description, field.deprecation_reason)
        kind = cast("GraphQLType", field.type)
        yield f"`{name}`", _link(kind), f"{told}{_package(field)}{_cost(field)}"
        for argument_name, argument in field.args.items():
            told = _told(argument.description, argument.deprecation_reason)
            kind = cast("GraphQLType", argument.type)
            yield f"`{name}({argument_name}:)`", _link(kind), told


def _told(description: str | None, deprecation: str | None) -> str:
    told = description or ""
    return told if deprecation is None else f"**Deprecated.** {deprecation} {told}"


def _package(field: GraphQLField) -> str:
    name = find_package(field)
    return "" if name is None else f" Package `{name}`."


def _cost(field: GraphQLField) -> str:
    weight = find_weight(field)
    return "" if weight == 1 else f" Costs {weight} points."


def _link(kind: GraphQLType) -> str:
    named = get_named_type(kind)
    shown = f"`{kind}`"
    return shown if is_specified_scalar_type(named) else f"[{shown}](#{named.name.lower()})"
