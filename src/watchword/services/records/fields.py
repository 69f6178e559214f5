"""Fields that every service over the records answers alike: pages, dates, how the service is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.services.engine.binding import Batch, Each
from watchword.services.records import dates
from watchword.services.records.answers import Health
from watchword.services.records.errors import RecordsUnavailable
from watchword.services.records.surroundings import (
    find_next,
    find_previous,
    find_start_cursors,
    find_totals,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from watchword.services.engine.binding import Resolver
    from watchword.services.records.context import RequestContext


def health_of(name: str) -> Callable[[RequestContext], Health]:
    """Return the function that tells how the service of a name is."""

    def find_health(context: RequestContext) -> Health:
        try:
            context.reader.check()
        except RecordsUnavailable:
            return Health(name, context.version, "DOWN")
        return Health(name, context.version, "UP")

    return find_health


PARAMETERS: Final[Mapping[str, str]] = {
    "id": "public_id",
    "filter": "criteria",
    "pageInfo": "page",
}
"""What resolvers call arguments: `id` and `filter` would hide builtins."""
SHARED: Final[Mapping[str, Mapping[str, Resolver]]] = {
    "DateInformation": {
        "date": Each(dates.first_day),
        "datePrecision": Each(dates.precision),
        "displayDate": Each(dates.display),
    },
    "PageInfoResponse": {"totalCount": Batch(find_totals), "pageInfo": Each(lambda page: page)},
    "PageInfo": {
        "hasNextPage": Batch(find_next),
        "hasPreviousPage": Batch(find_previous),
        "startCursor": Batch(find_start_cursors),
    },
}
"""Resolvers by type and field."""
