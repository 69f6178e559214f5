"""`watchword usage`: what was admitted, for reports and bills."""

from __future__ import annotations

import csv
import sys
from datetime import date  # noqa: TC003 - cyclopts reads the annotations at run time
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from watchword.access.errors import NotAllowed
from watchword.cli.context import DEFAULT, Common
from watchword.cli.durations import to_day
from watchword.system import SystemClock

if TYPE_CHECKING:
    from watchword.cli.output import Record

Column = Literal["day", "account", "key", "service", "operation"]
_ALL: tuple[Column, ...] = ("day", "account", "key", "service", "operation")
_NAMES = {"key": "key_id"}


def usage(
    *,
    since: Annotated[date | None, Parameter(converter=to_day)] = None,
    until: Annotated[date | None, Parameter(converter=to_day)] = None,
    account: str | None = None,
    by: Annotated[
        tuple[Column, ...], Parameter(consume_multiple=True, negative="", show_default=False)
    ] = _ALL,
    as_csv: Annotated[bool, Parameter(name="--csv", negative="")] = False,
    common: Common = DEFAULT,
) -> None:
    """Tell how many requests were admitted. Refused ones are not counted.

    The present day is there but for the last second.

    Args:
        since: First UTC day, as 2026-11-01; left out: 30 days in all.
        until: Last UTC day; left out: the present one.
        account: Only this account.
        by: What is told apart: day, account, key, service, operation; left out: all of them.
        as_csv: Print CSV with a line of names, for a spreadsheet.
    """
    if as_csv and common.json:
        raise NotAllowed("choose one of --csv and --json")

    sums = common.open(
        lambda deployment: deployment.usage(SystemClock()).sum_up(by, since, until, account)
    )
    names = [*(_NAMES.get(name, name) for name in by), "requests"]
    if as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([*values, requests] for values, requests in sums)
        return
    records: list[Record] = [
        dict(zip(names, [*values, requests], strict=True)) for values, requests in sums
    ]
    common.output.records(records, "Nothing was admitted in these days.")
