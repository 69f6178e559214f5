"""`/account`: what was used, and what is left now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.access.errors import NotFound
from watchword.access.sessions import SessionKind
from watchword.access.usage_reports import USUAL_DAYS
from watchword.web.http import Response
from watchword.web.pages.account.owner import get_owner
from watchword.web.pages.charts import UNNAMED, Count, make_chart
from watchword.web.pages.rendering import PRIVATE
from watchword.web.pages.visit import Route
from watchword.web.responses import json_response

if TYPE_CHECKING:
    from watchword.access.allowances import PlanAllowance
    from watchword.access.self_service import Owner
    from watchword.web.pages.charts import Chart
    from watchword.web.pages.visit import Visit


async def _show(visit: Visit) -> Response:
    owner = await get_owner(visit)
    allowances = await _find_allowances(visit, owner)
    story = await visit.parts.functions.stories.tell(owner.user.username)
    charts = await _make_charts(visit, owner, allowances)
    titles: dict[str, str] = {entry.service.name: entry.service.title for entry in allowances}
    return visit.render(
        "account/overview.html",
        owner=owner,
        allowances=allowances,
        contention=story.contention,
        charts=[(titles.get(name, name), name, chart) for name, chart in charts.items()],
    )


async def _show_bucket(visit: Visit) -> Response:
    if visit.visitor.session is None:
        # Asked by a script, which would put the sign-in form in its place: the page is to be
        # loaded anew.
        return Response(200, [(b"hx-refresh", b"true"), PRIVATE])
    owner = await get_owner(visit)
    return visit.render("account/bucket.html", allowances=await _find_allowances(visit, owner))


async def _tell_usage(visit: Visit) -> Response:
    owner = await get_owner(visit)
    charts = await _make_charts(visit, owner, await _find_allowances(visit, owner))
    chart = charts.get(visit.query().get("service", ""))
    if chart is None:
        raise NotFound(reason="the account uses no such service")
    return json_response(200, chart.members(), PRIVATE)


async def _find_allowances(visit: Visit, owner: Owner) -> list[PlanAllowance]:
    return await visit.parts.allowances.list(owner.account, owner.user.username)


async def _make_charts(
    visit: Visit, owner: Owner, allowances: list[PlanAllowance]
) -> dict[str, Chart]:
    """Return a chart for each service that the account may call, or has called."""
    sums = await visit.parts.functions.usage.sum_days(owner.account.id)
    names = sorted({*owner.account.services, *(usage.service for usage in sums)})
    today = visit.parts.clock.now().date()
    charts: dict[str, Chart] = {}
    for name in names:
        limits = [entry.allowance.limit for entry in allowances if entry.service.name == name]
        # Of two plans no line says anything: what they grant is counted apart.
        quota = limits[0].quota if len(limits) == 1 else None
        of_service = [
            Count(usage.day, usage.operation or UNNAMED, usage.requests)
            for usage in sums
            if usage.service == name
        ]
        charts[name] = make_chart(of_service, today, USUAL_DAYS, quota)
    return charts


ROUTES: Final = (
    Route("GET", "/account", _show, needs=SessionKind.USER),
    Route("GET", "/account/bucket", _show_bucket, is_polled=True),
    Route("GET", "/account/usage.json", _tell_usage, needs=SessionKind.USER),
)
