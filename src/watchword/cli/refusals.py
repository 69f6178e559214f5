"""`watchword refusals`: what was refused, to whom and why."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - cyclopts reads the annotations at run time
from typing import Annotated

from cyclopts import Parameter

from watchword.cli.context import DEFAULT, Common
from watchword.cli.durations import to_day
from watchword.system import SystemClock


def refusals(
    *,
    since: Annotated[date | None, Parameter(converter=to_day)] = None,
    until: Annotated[date | None, Parameter(converter=to_day)] = None,
    account: str | None = None,
    common: Common = DEFAULT,
) -> None:
    """Tell how many calls were refused, or got no answer, the largest counts first.

    The present day is there but for the last second. Up to 1,000 counts are told.

    Args:
        since: First UTC day, as 2026-11-01; left out: 30 days in all.
        until: Last UTC day; left out: the present one.
        account: Only this account.
    """
    rows = common.open(
        lambda deployment: deployment.refusals(SystemClock()).read(since, until, account)
    )
    common.output.records(
        [
            {
                "account": row.key.account,
                "service": row.key.service,
                "code": row.key.code,
                "calls": row.calls,
                "last_day": str(row.key.day),
            }
            for row in rows
        ],
        "Nothing was refused in these days.",
    )
