"""The executable schema of the Events service: its text with everything bound to it."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from graphql import build_schema

from watchword.services.engine.binding import bind
from watchword.services.events.resolvers import RESOLVERS
from watchword.services.profile.paging import PageInfoInput

if TYPE_CHECKING:
    from graphql import GraphQLSchema


def read_schema_text() -> str:
    """Return the published schema, which is also the customers' data dictionary."""
    return (
        resources.files("watchword.services.events").joinpath("schema.graphql").read_text("utf-8")
    )


@cache
def executable_schema() -> GraphQLSchema:
    """Return the schema with everything bound to it, the same each time."""
    inputs = {"PageInfoInput": lambda fields: PageInfoInput(**fields)}
    return bind(build_schema(read_schema_text()), RESOLVERS, inputs)
