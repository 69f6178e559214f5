"""The console's pages that only show: the state of things, usage, signing keys."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from watchword.access.model import AccountId
from watchword.access.paging import LONGEST_PAGE
from watchword.access.usage import OTHERS
from watchword.access.usage_reports import USUAL_DAYS
from watchword.web.pages.charts import MOST_SERIES, UNNAMED, Count, make_chart
from watchword.web.pages.rendering import PRIVATE
from watchword.web.responses import json_response

if TYPE_CHECKING:
    from collections.abc import Iterable

    from watchword.web.http import Response
    from watchword.web.pages.charts import Chart
    from watchword.web.pages.console.desk import Desk

_MOST_LINES: Final = 10


async def show_home(desk: Desk) -> Response:
    """Show what there is, and how it does."""
    parts = desk.visit.parts
    await parts.store.require_answer()
    keys = (await desk.ask("list_signing_keys")).items
    now = parts.clock.now()
    signing = [key for key in keys if key.signs_from <= now]
    today = await parts.functions.usage.sum_accounts(_MOST_LINES, days=1)
    refused = await parts.functions.refusals.read(now.date())
    return desk.render(
        "home.html",
        counts=await parts.store.count_registered(),
        signing=signing[-1] if signing else None,
        signing_days=(now - signing[-1].signs_from).days if signing else None,
        refusals=_add_up((row.key.code, row.calls) for row in refused),
        contested=await parts.functions.stories.tell_contested(),
        admitted=sum(each.requests for each in today),
        busiest=_add_up((each.account, each.requests) for each in today if each.account),
    )


async def show_usage(desk: Desk) -> Response:
    """Show what was admitted in the last days: by account, or of one account by operation."""
    account = desk.query.get("account", "").strip()
    chart = await _make_chart(desk, account)
    return desk.render("usage.html", account=account, chart=chart, others=OTHERS)


async def show_refusals(desk: Desk) -> Response:
    """Show what was refused in the last days, by account, service and code."""
    account = desk.query.get("account", "").strip()
    found = await desk.ask("read_refusals", account=account, limit=LONGEST_PAGE)
    codes = _add_up((row.code, row.calls) for row in found.items)
    return desk.render("refusals.html", account=account, rows=found.items, codes=codes)


async def draw_usage(desk: Desk) -> Response:
    """Answer with the figures of the chart."""
    chart = await _make_chart(desk, desk.query.get("account", "").strip())
    return json_response(200, chart.members(), PRIVATE)


async def show_signing_keys(desk: Desk) -> Response:
    """Show the signing keys and their age."""
    keys = (await desk.ask("list_signing_keys")).items
    return desk.render("signing.html", keys=keys, now=desk.visit.parts.clock.now())


async def _make_chart(desk: Desk, account: str) -> Chart:
    """Return the requests of each account, or of each operation of one account."""
    parts = desk.visit.parts
    if account:
        of = (await desk.ask("get_account", {"account": account})).account
        counted = [
            Count(each.day, f"{each.service} {each.operation or UNNAMED}", each.requests)
            for each in await parts.functions.usage.sum_days(AccountId(of))
        ]
    else:
        counted = [
            Count(each.day, each.account or OTHERS, each.requests)
            for each in await parts.functions.usage.sum_accounts(MOST_SERIES)
        ]
    return make_chart(counted, parts.clock.now().date(), USUAL_DAYS)


def _add_up(counts: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return the sums by name, the largest first."""
    sums: Counter[str] = Counter()
    for name, count in counts:
        sums[name] += count
    return sums.most_common()
