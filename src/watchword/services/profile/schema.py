"""The executable schema: the published text with its resolvers and argument types bound to it."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    build_schema,
)

from watchword.services.profile.paging import PageInfoInput
from watchword.services.profile.resolvers import RESOLVERS, attribute, typename
from watchword.services.profile.roles import RoleFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graphql import GraphQLSchema

_CAPITAL: Final = re.compile(r"(?<!^)([A-Z])")
# Parameters of Python functions: `id` and `filter` would hide builtins.
_PARAMETERS: Final = {"id": "public_id", "filter": "criteria", "pageInfo": "page"}


def _keyword(fields: Mapping[str, Any]) -> str:
    keyword: str = fields["search_keyword"]
    return keyword


_INPUTS: Final[Mapping[str, Callable[[dict[str, Any]], Any]]] = {
    "PageInfoInput": lambda fields: PageInfoInput(**fields),
    "RoleFilter": lambda fields: RoleFilter(**fields),
    "PersonKeywordFilter": _keyword,
}


def read_schema_text() -> str:
    """Return the published schema, which is also the customers' data dictionary."""
    return (
        resources.files("watchword.services.profile").joinpath("schema.graphql").read_text("utf-8")
    )


@cache
def executable_schema() -> GraphQLSchema:
    """Return the schema with everything bound to it, the same each time."""
    schema = build_schema(read_schema_text())
    for name, type_ in schema.type_map.items():
        if name.startswith("__"):
            continue
        if isinstance(type_, GraphQLObjectType):
            _bind(type_, RESOLVERS.get(name, {}))
        elif isinstance(type_, (GraphQLUnionType, GraphQLInterfaceType)):
            type_.resolve_type = typename
        elif isinstance(type_, GraphQLInputObjectType):
            for field_name, field in type_.fields.items():
                field.out_name = _snake_case(field_name)
            # Assigned like `resolve`: a schema made from text leaves no other way.
            type_.out_type = _INPUTS[name]  # type: ignore[assignment]  # declared as a method
    return schema


def _bind(type_: GraphQLObjectType, resolvers: Mapping[str, Callable[..., Any]]) -> None:
    for name, field in type_.fields.items():
        # Never graphql-core's own default, which looks for mappings and methods first: it takes
        # three times as long, and most fields of an answer are plain attributes.
        field.resolve = resolvers.get(name) or attribute(_snake_case(name))
        for argument_name, argument in field.args.items():
            argument.out_name = _PARAMETERS[argument_name]


def _snake_case(name: str) -> str:
    return _CAPITAL.sub(r"_\1", name).lower()
