"""The executable schema: the published text with its resolvers and argument types bound to it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from graphql import build_schema

from watchword.services.directory import read_schema_text
from watchword.services.engine.binding import bind
from watchword.services.profile.resolvers import RESOLVERS
from watchword.services.records.criteria import (
    DonationFilter,
    MembershipFilter,
    OrganizationSearchFilter,
    PersonSearchFilter,
    RoleFilter,
    WealthAssetFilter,
)
from watchword.services.records.fields import PARAMETERS
from watchword.services.records.paging import PageInfoInput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graphql import GraphQLSchema


def _only(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda fields: fields[name]


_INPUTS: Final[Mapping[str, Callable[[dict[str, Any]], Any]]] = {
    "PageInfoInput": lambda fields: PageInfoInput(**fields),
    "PersonKeywordFilter": _only("search_keyword"),
    "OrganizationKeywordFilter": _only("search_keyword"),
    "PersonBulkIdFilter": _only("ids"),
    "OrganizationBulkIdFilter": _only("ids"),
    "PersonSearchFilter": lambda fields: PersonSearchFilter(**fields),
    "OrganizationSearchFilter": lambda fields: OrganizationSearchFilter(**fields),
    "RoleFilter": lambda fields: RoleFilter(**fields),
    "MembershipFilter": lambda fields: MembershipFilter(**fields),
    "DonationFilter": lambda fields: DonationFilter(**fields),
    "WealthAssetFilter": lambda fields: WealthAssetFilter(**fields),
}


@cache
def executable_schema() -> GraphQLSchema:
    """Return the schema with everything bound to it, the same each time."""
    return bind(build_schema(read_schema_text("profile")), RESOLVERS, _INPUTS, PARAMETERS)
