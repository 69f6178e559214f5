"""The Profile service as the server runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watchword.services.profile.schema import executable_schema
from watchword.services.records.served import RecordsService

if TYPE_CHECKING:
    from graphql import GraphQLSchema


class ProfileService(RecordsService):
    """People, organizations and what joins them, by GraphQL."""

    name = "profile"
    title = "Profile"
    description = "People, the organizations they serve, and what joins the two."

    def _load_schema(self) -> GraphQLSchema:
        return executable_schema()
