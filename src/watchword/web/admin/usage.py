"""What was admitted."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final

from msgspec import UNSET, Meta, UnsetType

from watchword.access.errors import Malformed, Unknown
from watchword.access.usage_reports import NEXT
from watchword.web.admin.bodies import (
    AccountName,
    Body,
    KeyId,
    Next,
    PageOfAccountQuery,
    ServiceName,
)
from watchword.web.admin.operations import Call, Operation

After = Annotated[
    str,
    Meta(
        description="The `next` of the page before; left out: from the start.",
        extra_json_schema={"pattern": f"^{NEXT.pattern}$"},
    ),
]
FirstDay = Annotated[date, Meta(description="First UTC day; left out: 30 days in all.")]
LastDay = Annotated[date, Meta(description="Last UTC day; left out: the present one.")]
Day = Annotated[date, Meta(description="A UTC day.")]


class UsageQuery(PageOfAccountQuery):
    """Which counts are asked for."""

    after: After | UnsetType = UNSET
    since: FirstDay | UnsetType = UNSET
    until: LastDay | UnsetType = UNSET


class Usage(Body):
    """How many requests were admitted."""

    day: Day
    account: AccountName
    key_id: KeyId
    service: ServiceName
    operation: Annotated[
        str, Meta(description="The operation's name as callers gave it; empty for none.")
    ]
    requests: Annotated[int, Meta(ge=0, description="How many were admitted.")]


class UsagePage(Body):
    """A page of counts, oldest day first."""

    items: list[Usage]
    next: Next


async def _read(call: Call[UsageQuery]) -> UsagePage:
    asks = call.asks
    page = await call.functions.usage.read(
        None if asks.since is UNSET else asks.since,
        None if asks.until is UNSET else asks.until,
        asks.owner,
        asks.start,
        asks.limit,
    )
    items = [
        Usage(
            day=row.key.day,
            account=row.key.account,
            key_id=row.key.key,
            service=row.key.service,
            operation=row.key.operation,
            requests=row.requests,
        )
        for row in page.items
    ]
    return UsagePage(items=items, next=page.next)


OPERATIONS: Final = (
    Operation(
        "read_usage",
        "GET",
        "/usage",
        "Tell how many requests were admitted, by day, account, key, service and operation.",
        _read,
        UsageQuery,
        UsagePage,
        refusals=(Malformed, Unknown),
    ),
)
