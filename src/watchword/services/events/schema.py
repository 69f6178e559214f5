"""The executable schema of the Events service: its text with everything bound to it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from graphql import build_schema

from watchword.services.directory import read_schema_text
from watchword.services.engine.binding import bind
from watchword.services.events.resolvers import RESOLVERS
from watchword.services.records.fields import PARAMETERS
from watchword.services.records.paging import PageInfoInput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graphql import GraphQLSchema


_INPUTS: Final[Mapping[str, Callable[[dict[str, Any]], Any]]] = {
    "PageInfoInput": lambda fields: PageInfoInput(**fields)
}


@cache
def executable_schema() -> GraphQLSchema:
    """Return the schema with everything bound to it, the same each time."""
    return bind(build_schema(read_schema_text("events")), RESOLVERS, _INPUTS, PARAMETERS)
