"""The usage plans."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Final

from msgspec import Meta, field

from watchword.access import model
from watchword.access.errors import AlreadyExists, Malformed, Unknown
from watchword.access.model import MOST
from watchword.web.admin.bodies import Body, Next, Nothing, PageQuery, PlanName, ServiceName
from watchword.web.admin.operations import Call, Operation


class Limit(Body):
    """What a plan grants at one service."""

    rate: Annotated[
        int, Meta(ge=1, le=MOST, description="Requests a second that refill the bucket.")
    ]
    burst: Annotated[int, Meta(ge=1, le=MOST, description="Size of the bucket, in requests.")]
    quota: Annotated[
        Annotated[int, Meta(ge=0, le=MOST)] | None,
        Meta(description="Requests a UTC day; null is without end."),
    ]


Limits = Annotated[dict[ServiceName, Limit], Meta(description="What the plan grants, by service.")]


class NewPlan(Body):
    """A usage plan to be made."""

    plan: PlanName
    limits: Limits = field(default_factory=dict)


class Plan(Body):
    """A usage plan: one limit a service."""

    plan: PlanName
    limits: Limits


class PlanPage(Body):
    """A page of usage plans."""

    items: list[Plan]
    next: Next


async def _add(call: Call[NewPlan]) -> Plan:
    limits = {service: _read(limit) for service, limit in call.asks.limits.items()}
    return _show(await call.registry.add_plan(call.asks.plan, limits))


async def _list(call: Call[PageQuery]) -> PlanPage:
    page = await call.registry.list_plans(call.asks.start, call.asks.limit)
    return PlanPage(items=[_show(plan) for plan in page.items], next=page.next)


async def _get(call: Call[Nothing]) -> Plan:
    return _show(await call.registry.get_plan(call.path["plan"]))


async def _set_limit(call: Call[Limit]) -> Plan:
    plan, service = call.path["plan"], call.path["service"]
    return _show(await call.registry.set_limit(plan, service, _read(call.asks)))


async def _remove_limit(call: Call[Nothing]) -> Plan:
    return _show(await call.registry.remove_limit(call.path["plan"], call.path["service"]))


def _read(limit: Limit) -> model.Limit:
    return model.Limit(limit.rate, limit.burst, limit.quota)


def _show(plan: model.Plan) -> Plan:
    limits = {
        str(service): Limit(rate=limit.rate, burst=limit.burst, quota=limit.quota)
        for service, limit in plan.limits.items()
    }
    return Plan(plan=plan.name, limits=limits)


_ONE: Final = "/plans/{plan}"
_ONE_LIMIT: Final = _ONE + "/limits/{service}"
OPERATIONS: Final = (
    Operation(
        "add_plan",
        "POST",
        "/plans",
        "Make a usage plan.",
        _add,
        NewPlan,
        Plan,
        HTTPStatus.CREATED,
        (Malformed, AlreadyExists),
        location=_ONE,
    ),
    Operation(
        "list_plans", "GET", "/plans", "List usage plans by name.", _list, PageQuery, PlanPage
    ),
    Operation(
        "get_plan",
        "GET",
        _ONE,
        "Show one usage plan.",
        _get,
        Nothing,
        Plan,
        refusals=(Unknown,),
    ),
    Operation(
        "set_limit",
        "PUT",
        _ONE_LIMIT,
        "Set what a plan grants at one service, from the next request on.",
        _set_limit,
        Limit,
        Plan,
        refusals=(Unknown, Malformed),
    ),
    Operation(
        "remove_limit",
        "DELETE",
        _ONE_LIMIT,
        "Let a plan grant nothing at one service, from the next request on.",
        _remove_limit,
        Nothing,
        Plan,
        refusals=(Unknown,),
    ),
)
