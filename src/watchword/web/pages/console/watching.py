"""The console's pages that only show: the state of things, usage, signing keys."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from watchword.access.model import AccountId
from watchword.access.paging import LONGEST_PAGE
from watchword.access.usage_reports import USUAL_DAYS
from watchword.web.pages.rendering import PRIVATE
from watchword.web.responses import json_response

if TYPE_CHECKING:
    from collections.abc import Iterable

    from watchword.web.http import Response
    from watchword.web.pages.console.desk import Desk

_MOST_LINES: Final = 10
_OTHERS: Final = "all others"


async def show_home(desk: Desk) -> Response:
    """Show what there is, and how it does."""
    parts = desk.visit.parts
    await parts.store.require_answer()
    keys = (await desk.ask("list_signing_keys")).items
    now = parts.clock.now()
    signing = [key for key in keys if key.signs_from <= now]
    today = await parts.usage.sum_accounts(_MOST_LINES, days=1)
    refused = await parts.functions.refusals.read(now.date())
    return desk.render(
        "home.html",
        counts=await parts.store.count_registered(),
        signing=signing[-1] if signing else None,
        signing_days=(now - signing[-1].signs_from).days if signing else None,
        refusals=_add_up((row.key.code, row.calls) for row in refused),
        admitted=sum(each.requests for each in today),
        busiest=_add_up((each.account, each.requests) for each in today if each.account),
    )


async def show_usage(desk: Desk) -> Response:
    """Show what was admitted in the last days: by account, or of one account by operation."""
    account = desk.query.get("account", "").strip()
    days, series = await _sum_up(desk, account)
    return desk.render("usage.html", account=account, days=days, series=series)


async def show_refusals(desk: Desk) -> Response:
    """Show what was refused in the last days, by account, service and code."""
    account = desk.query.get("account", "").strip()
    found = await desk.ask("read_refusals", account=account, limit=LONGEST_PAGE)
    codes = _add_up((row.code, row.calls) for row in found.items)
    return desk.render("refusals.html", account=account, rows=found.items, codes=codes)


async def draw_usage(desk: Desk) -> Response:
    """Answer with the figures of the chart."""
    days, series = await _sum_up(desk, desk.query.get("account", "").strip())
    members = {
        "days": days,
        "series": [{"label": label, "values": values} for label, values in series.items()],
        "quota": None,
    }
    return json_response(200, members, PRIVATE)


async def show_signing_keys(desk: Desk) -> Response:
    """Show the signing keys and their age."""
    keys = (await desk.ask("list_signing_keys")).items
    return desk.render("signing.html", keys=keys, now=desk.visit.parts.clock.now())


async def _sum_up(desk: Desk, account: str) -> tuple[list[str], dict[str, list[int]]]:
    """Return the days, and for each account or operation how many requests each day had."""
    parts = desk.visit.parts
    if account:
        of = (await desk.ask("get_account", {"account": account})).account
        by_operation = await parts.usage.sum_days(AccountId(of))
        sums = [
            (each.day, _label(each.service, each.operation), each.requests) for each in by_operation
        ]
    else:
        by_account = await parts.usage.sum_accounts(_MOST_LINES)
        sums = [(each.day, each.account or _OTHERS, each.requests) for each in by_account]
    last = parts.clock.now().date()
    days = [last - timedelta(days=back) for back in reversed(range(USUAL_DAYS))]
    totals = _add_up((label, requests) for _, label, requests in sums if label != _OTHERS)
    series = {label: [0] * len(days) for label, _ in totals[:_MOST_LINES]}
    if any(label not in series for _, label, _ in sums):
        series[_OTHERS] = [0] * len(days)
    at = {day: index for index, day in enumerate(days)}
    for day, label, requests in sums:
        if day in at:  # midnight may have come meanwhile
            series[label if label in series else _OTHERS][at[day]] += requests
    return [str(day) for day in days], series


def _add_up(counts: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return the sums by name, the largest first."""
    sums: Counter[str] = Counter()
    for name, count in counts:
        sums[name] += count
    return sums.most_common()


def _label(service: str, operation: str) -> str:
    return f"{service} {operation or '(without a name)'}"
