"""Fields that no service of ours has bound: those of introspection, and of other schemas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from graphql import (
    GraphQLField,
    GraphQLNonNull,
    GraphQLString,
    SchemaMetaFieldDef,
    TypeMetaFieldDef,
    default_field_resolver,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphql import GraphQLSchema

SCHEMA_FIELDS: Final[Mapping[str, GraphQLField]] = {
    "__schema": SchemaMetaFieldDef,
    "__type": TypeMetaFieldDef,
}
TYPENAME_FIELD: Final = GraphQLField(GraphQLNonNull(GraphQLString))


class TypenameResolver:
    """Answers `__typename`."""

    is_slow = False

    def __init__(self, name: str) -> None:
        self._name = name

    def resolve(self, sources: Sequence[Any], _context: object, _arguments: object) -> list[Any]:
        """Return the name for each source."""
        return [self._name] * len(sources)


@dataclass(frozen=True, slots=True)
class Info:
    """What resolvers of introspection ask of graphql-core's GraphQLResolveInfo."""

    schema: GraphQLSchema
    field_name: str
    context: Any


class ForeignResolver:
    """Asks a resolver of graphql-core's form for each source."""

    is_slow = False

    def __init__(self, schema: GraphQLSchema, name: str, definition: GraphQLField) -> None:
        self._schema = schema
        self._name = name
        self._resolve: Any = definition.resolve or default_field_resolver

    def resolve(
        self, sources: Sequence[Any], context: object, arguments: dict[str, Any]
    ) -> list[Any]:
        """Return a value or an exception for each source."""
        info = Info(self._schema, self._name, context)
        return [self._one(source, info, arguments) for source in sources]

    def _one(self, source: object, info: Info, arguments: dict[str, Any]) -> object:
        try:
            value: object = self._resolve(source, info, **arguments)
        except Exception as error:  # noqa: BLE001 - of this one field, whatever it is
            return error
        return value
