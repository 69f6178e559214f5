"""What was refused."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import UNSET, Meta, UnsetType

from watchword.access.errors import Malformed, Unknown
from watchword.access.paging import LONGEST_PAGE
from watchword.web.admin.bodies import USUAL_PAGE, AccountName, Body
from watchword.web.admin.operations import Call, Operation
from watchword.web.admin.usage import (  # msgspec reads the annotations
    Day,  # noqa: TC001
    FirstDay,  # noqa: TC001
    LastDay,  # noqa: TC001
)


class RefusalQuery(Body):
    """Which counts are asked for."""

    account: Annotated[AccountName, Meta(description="Only those of this account.")] | UnsetType = (
        UNSET
    )
    since: FirstDay | UnsetType = UNSET
    until: LastDay | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=LONGEST_PAGE, description="How many counts, at most.")] = (
        USUAL_PAGE
    )


class Refusals(Body):
    """How many calls of an account were refused for one reason, or got no answer."""

    account: AccountName
    service: Annotated[str, Meta(description="The service that was called.")]
    code: Annotated[str, Meta(description="Why, as the refusal said it.")]
    calls: Annotated[int, Meta(ge=1, description="How many.")]
    last_day: Day


class RefusalCounts(Body):
    """Counts of refused calls, the largest first."""

    items: list[Refusals]


async def _read(call: Call[RefusalQuery]) -> RefusalCounts:
    asks = call.asks
    rows = await call.functions.refusals.read(
        None if asks.since is UNSET else asks.since,
        None if asks.until is UNSET else asks.until,
        None if asks.account is UNSET else asks.account,
        asks.limit,
    )
    items = [
        Refusals(
            account=row.key.account,
            service=row.key.service,
            code=row.key.code,
            calls=row.calls,
            last_day=row.key.day,
        )
        for row in rows
    ]
    return RefusalCounts(items=items)


OPERATIONS: Final = (
    Operation(
        "read_refusals",
        "GET",
        "/refusals",
        "Tell how many calls were refused, by account, service and code, the largest counts first.",
        _read,
        RefusalQuery,
        RefusalCounts,
        refusals=(Malformed, Unknown),
    ),
)
