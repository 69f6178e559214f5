"""Binds resolvers to a schema that was written as text.

A resolver answers a field for all objects of a level at once, so that what it reads is one
statement whatever the size of the answer. graphql-core can call it as well, one object at a time.
"""

from __future__ import annotations

import re
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Protocol

from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from graphql import GraphQLField, GraphQLResolveInfo, GraphQLSchema

_EXTENSION: Final = "watchword.resolver"
_CAPITAL: Final = re.compile(r"(?<!^)([A-Z])")


class Resolver(Protocol):
    """Answers one field.

    Attributes:
        is_slow: Whether it may take so long that others should be served meanwhile.
    """

    is_slow: bool

    def resolve(
        self,
        sources: Sequence[Any],
        context: Any,  # noqa: ANN401 - the service's own
        arguments: dict[str, Any],
        /,
    ) -> list[Any]:
        """Return one value for each of `sources`, in their order.

        A value may be an exception: then this one field has failed, and no other.
        """
        ...


class Attribute:
    """Reads one attribute, by dots also of an attribute."""

    is_slow = False

    def __init__(self, name: str) -> None:
        self.read = attrgetter(name)

    def resolve(self, sources: Sequence[Any], _context: object, _arguments: object) -> list[Any]:
        """Read it of each source."""
        return list(map(self.read, sources))


class Each:
    """Asks a function for each source; it reads nothing and takes no arguments."""

    is_slow = False

    def __init__(self, function: Callable[[Any], object]) -> None:
        self.read = function

    def resolve(self, sources: Sequence[Any], _context: object, _arguments: object) -> list[Any]:
        """Ask the function for each source."""
        return list(map(self.read, sources))


class Batch:
    """Asks a function once for all sources: `function(sources, context, **arguments)`.

    Args:
        function: Returns one value for each source, in their order.
        is_slow: Whether it may take so long that others should be served meanwhile.
        is_told_siblings: Whether the function takes `siblings`: the names of all fields that are
            asked of the sources, so that what several need is read once.
    """

    def __init__(
        self,
        function: Callable[..., Sequence[Any]],
        *,
        is_slow: bool = False,
        is_told_siblings: bool = False,
    ) -> None:
        self._function = function
        self.is_slow = is_slow
        self.is_told_siblings = is_told_siblings

    def resolve(
        self, sources: Sequence[Any], context: object, arguments: dict[str, Any]
    ) -> list[Any]:
        """Ask the function."""
        return list(self._function(sources, context, **arguments))


class Root:
    """Asks a function for a field of the query itself: `function(context, **arguments)`.

    Args:
        function: Returns the value.
        is_slow: Whether it may take so long that others should be served meanwhile.
    """

    def __init__(self, function: Callable[..., object], *, is_slow: bool = False) -> None:
        self._function = function
        self.is_slow = is_slow

    def resolve(
        self, sources: Sequence[Any], context: object, arguments: dict[str, Any]
    ) -> list[Any]:
        """Ask the function; there is one source, the root."""
        return [self._function(context, **arguments) for _ in sources]


def find_resolver(field: GraphQLField) -> Resolver | None:
    """Return the resolver that `bind` gave to a field."""
    resolver: Resolver | None = field.extensions.get(_EXTENSION)
    return resolver


def bind(
    schema: GraphQLSchema,
    resolvers: Mapping[str, Mapping[str, Resolver]],
    inputs: Mapping[str, Callable[[dict[str, Any]], Any]],
    parameters: Mapping[str, str],
) -> GraphQLSchema:
    """Give each field its resolver, and each input object its Python type.

    Args:
        schema: Made from text; it is changed.
        resolvers: By type and field. A field that is not here reads the attribute of its own
            name, in snake case.
        inputs: What makes a value of each input object, by the type's name, from its fields in
            snake case.
        parameters: As what arguments are given to resolvers, by their published names; all others
            in snake case.

    Raises:
        ValueError: If a resolver is for a field that the schema does not have.
    """
    for name, type_ in schema.type_map.items():
        if name.startswith("__"):
            continue
        if isinstance(type_, GraphQLObjectType):
            _bind_fields(type_, resolvers.get(name, {}), parameters)
        elif isinstance(type_, (GraphQLUnionType, GraphQLInterfaceType)):
            type_.resolve_type = typename
        elif isinstance(type_, GraphQLInputObjectType):
            for field_name, field in type_.fields.items():
                field.out_name = _snake_case(field_name)
            # Assigned like `resolve`: a schema made from text leaves no other way.
            type_.out_type = inputs[name]  # type: ignore[assignment]  # declared as a method
    return schema


def typename(value: Any, *_: object) -> str:  # noqa: ANN401 - of any class
    """Return which object type `value` is: its own `typename`, or its class's name."""
    name: str = getattr(value, "typename", "") or type(value).__name__
    return name


def _bind_fields(
    type_: GraphQLObjectType, resolvers: Mapping[str, Resolver], parameters: Mapping[str, str]
) -> None:
    unknown = resolvers.keys() - type_.fields.keys()
    if unknown:
        raise ValueError(f"{type_.name} has no field {sorted(unknown)}")
    for name, field in type_.fields.items():
        resolver = resolvers.get(name) or Attribute(_snake_case(name))
        field.extensions = {**field.extensions, _EXTENSION: resolver}
        field.resolve = _one_by_one(resolver)
        for argument_name, argument in field.args.items():
            argument.out_name = parameters.get(argument_name, _snake_case(argument_name))


def _one_by_one(resolver: Resolver) -> Callable[..., Any]:
    def resolve(source: object, info: GraphQLResolveInfo[Any], **arguments: object) -> object:
        (value,) = resolver.resolve([source], info.context, arguments)
        return value

    return resolve


def _snake_case(name: str) -> str:
    return _CAPITAL.sub(r"_\1", name).lower()
