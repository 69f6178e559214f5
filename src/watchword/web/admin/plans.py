"""The usage plans."""

from __future__ import annotations

import dataclasses
from http import HTTPStatus
from typing import Annotated, Final

from msgspec import UNSET, Meta, UnsetType, field
from msgspec.structs import asdict

from watchword.access import model
from watchword.access.errors import AlreadyExists, Malformed, Unknown
from watchword.access.model import MOST, MOST_OF_A_DOCUMENT
from watchword.access.registration.changes import DocumentChange
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


def _figure(name: str, description: str) -> Meta:
    return Meta(ge=1, le=MOST_OF_A_DOCUMENT[name], description=description)


Tokens = Annotated[int, _figure("tokens", "Lexical tokens of a document.")]
Depth = Annotated[int, _figure("depth", "Levels of fields within fields.")]
Aliases = Annotated[int, _figure("aliases", "Fields under another name, in all.")]
RootFields = Annotated[int, _figure("root_fields", "Fields of the operation itself.")]
ListSize = Annotated[int, _figure("list_size", "The largest page and the longest list of ids.")]
Cost = Annotated[int, _figure("cost", "Of one operation, in points, as the schema states them.")]
Introspection = Annotated[bool, Meta(description="Whether it may ask for the schema.")]
TrustedOnly = Annotated[
    bool, Meta(description="Whether nothing runs but documents that were registered.")
]


class Documents(Body):
    """How large a GraphQL document may be that a plan lets through, and what it may ask."""

    tokens: Tokens
    depth: Depth
    aliases: Aliases
    root_fields: RootFields
    list_size: ListSize
    cost: Cost
    introspection: Introspection
    trusted_only: TrustedOnly


class DocumentsChange(Body):
    """What is to change of it; what is left out stays as it is."""

    tokens: Tokens | UnsetType = UNSET
    depth: Depth | UnsetType = UNSET
    aliases: Aliases | UnsetType = UNSET
    root_fields: RootFields | UnsetType = UNSET
    list_size: ListSize | UnsetType = UNSET
    cost: Cost | UnsetType = UNSET
    introspection: Introspection | UnsetType = UNSET
    trusted_only: TrustedOnly | UnsetType = UNSET

    @property
    def change(self) -> DocumentChange:
        """The change, as the operator's functions take it."""
        return DocumentChange(
            **{name: value for name, value in asdict(self).items() if value is not UNSET}
        )


Limits = Annotated[dict[ServiceName, Limit], Meta(description="What the plan grants, by service.")]


class NewPlan(Body):
    """A usage plan to be made."""

    plan: PlanName
    limits: Limits = field(default_factory=dict)
    documents: Annotated[
        DocumentsChange, Meta(description="What is to be other than usual of its documents.")
    ] = field(default_factory=DocumentsChange)


class Plan(Body):
    """A usage plan: one limit a service, and what documents it lets through."""

    plan: PlanName
    limits: Limits
    documents: Documents


class PlanPage(Body):
    """A page of usage plans."""

    items: list[Plan]
    next: Next


async def _add(call: Call[NewPlan]) -> Plan:
    limits = {service: _read(limit) for service, limit in call.asks.limits.items()}
    documents = call.asks.documents.change.of(model.DocumentLimits())
    return _show(await call.registry.add_plan(call.asks.plan, limits, documents))


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


async def _change_documents(call: Call[DocumentsChange]) -> Plan:
    return _show(await call.registry.change_documents(call.path["plan"], call.asks.change))


def _read(limit: Limit) -> model.Limit:
    return model.Limit(limit.rate, limit.burst, limit.quota)


def _show(plan: model.Plan) -> Plan:
    limits = {
        str(service): Limit(rate=limit.rate, burst=limit.burst, quota=limit.quota)
        for service, limit in plan.limits.items()
    }
    documents = Documents(**dataclasses.asdict(plan.documents))
    return Plan(plan=plan.name, limits=limits, documents=documents)


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
        is_grave=False,
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
        is_grave=False,
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
        is_grave=True,
    ),
    Operation(
        "change_documents",
        "PATCH",
        _ONE + "/documents",
        "Change what documents a plan lets through, from the next request on.",
        _change_documents,
        DocumentsChange,
        Plan,
        refusals=(Unknown,),
        is_grave=False,
    ),
)
