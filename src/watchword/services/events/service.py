"""The Events service as the server runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watchword.services.events.schema import executable_schema
from watchword.services.records.served import RecordsService

if TYPE_CHECKING:
    from graphql import GraphQLSchema


class EventsService(RecordsService):
    """Role starts and role ends of people and organizations, by GraphQL."""

    name = "events"
    title = "Events"
    description = "When people take up roles and when they leave them, newest first."

    def _load_schema(self) -> GraphQLSchema:
        return executable_schema()
