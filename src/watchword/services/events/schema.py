"""The executable schema of the Events service: its text with everything bound to it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from graphql import build_schema

from watchword.services.directory import read_schema_text
from watchword.services.engine.binding import bind
from watchword.services.events.resolvers import RESOLVERS
from watchword.services.profile.paging import PageInfoInput

if TYPE_CHECKING:
    from graphql import GraphQLSchema


@cache
def executable_schema() -> GraphQLSchema:
    """Return the schema with everything bound to it, the same each time."""
    inputs = {"PageInfoInput": lambda fields: PageInfoInput(**fields)}
    return bind(build_schema(read_schema_text("events")), RESOLVERS, inputs)
