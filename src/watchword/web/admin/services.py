"""The GraphQL services."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Final

from msgspec import UNSET, Meta, UnsetType

from watchword.access.errors import AlreadyExists, Malformed, NotAllowed, Unknown
from watchword.access.names import LONGEST_UPSTREAM
from watchword.access.registration.changes import UNSET as LEFT_OUT
from watchword.access.registration.changes import Route
from watchword.web.admin.bodies import (
    Body,
    DisabledAt,
    Next,
    Nothing,
    PageQuery,
    ServiceName,
    described,
    titled,
)
from watchword.web.admin.operations import Call, Operation

if TYPE_CHECKING:
    from watchword.access import model


_PORT: Final = (
    r"([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
)
# Told, and not enforced here: the rule is with the names, and takes a few spellings more.
_UPSTREAM: Final = (
    r"^https?://([A-Za-z0-9]+([.-][A-Za-z0-9]+)*|\[[0-9a-f]{1,4}(:[0-9a-f]{1,4}){7}\])"
    rf"(:{_PORT})?(/[A-Za-z0-9._~%/-]*)?$"
)
Upstream = Annotated[
    Annotated[
        str,
        Meta(
            min_length=1,
            extra_json_schema={"pattern": _UPSTREAM, "maxLength": LONGEST_UPSTREAM},
            examples=["http://127.0.0.1:4000/graphql"],
        ),
    ]
    | None,
    Meta(description="The http or https URL to which calls are passed on; null for none."),
]
AllowsPreflight = Annotated[
    bool,
    Meta(description="Whether OPTIONS requests of browsers pass without credentials."),
]
SignsIdentity = Annotated[
    bool,
    Meta(description="Whether the upstream gets a signed statement of who calls."),
]


Title = Annotated[str, titled("What people read; the name when empty.")]
Description = Annotated[str, described("What it answers, in a sentence.")]


class NewService(Body):
    """A service to be registered."""

    service: ServiceName
    title: Title = ""
    description: Description = ""
    upstream: Upstream = None
    allows_preflight: AllowsPreflight = False
    signs_identity: SignsIdentity = False


class ServiceChange(Body):
    """What is to change of a service; what is left out stays as it is."""

    title: Title | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    upstream: Upstream | UnsetType = UNSET
    allows_preflight: AllowsPreflight | UnsetType = UNSET
    signs_identity: SignsIdentity | UnsetType = UNSET


class Service(Body):
    """A GraphQL service that tokens, plans and entitlements name."""

    service: ServiceName
    title: Annotated[str, Meta(description="What people read.")]
    description: Description
    upstream: Upstream
    allows_preflight: AllowsPreflight
    signs_identity: SignsIdentity
    disabled_at: DisabledAt


class ServicePage(Body):
    """A page of services."""

    items: list[Service]
    next: Next


async def _add(call: Call[NewService]) -> Service:
    asks = call.asks
    route = Route(asks.upstream, asks.allows_preflight, asks.signs_identity)
    return _show(await call.registry.add_service(asks.service, asks.title, asks.description, route))


async def _change(call: Call[ServiceChange]) -> Service:
    asks = call.asks
    route = Route(
        LEFT_OUT if asks.upstream is UNSET else asks.upstream,
        None if asks.allows_preflight is UNSET else asks.allows_preflight,
        None if asks.signs_identity is UNSET else asks.signs_identity,
    )
    changed = await call.registry.change_service(
        call.path["service"],
        route,
        title=None if asks.title is UNSET else asks.title,
        description=None if asks.description is UNSET else asks.description,
    )
    return _show(changed)


async def _list(call: Call[PageQuery]) -> ServicePage:
    page = await call.registry.list_services(call.asks.start, call.asks.limit)
    return ServicePage(items=[_show(service) for service in page.items], next=page.next)


async def _get(call: Call[Nothing]) -> Service:
    return _show(await call.registry.get_service(call.path["service"]))


async def _disable(call: Call[Nothing]) -> Service:
    return _show(await call.registry.set_service_enabled(call.path["service"], is_enabled=False))


async def _enable(call: Call[Nothing]) -> Service:
    return _show(await call.registry.set_service_enabled(call.path["service"], is_enabled=True))


def _show(service: model.ServiceEntry) -> Service:
    return Service(
        service=service.name,
        title=service.title,
        description=service.description,
        upstream=service.upstream,
        allows_preflight=service.allows_preflight,
        signs_identity=service.signs_identity,
        disabled_at=service.disabled_at,
    )


_ONE: Final = "/services/{service}"
OPERATIONS: Final = (
    Operation(
        "add_service",
        "POST",
        "/services",
        "Register a service, so that plans, entitlements and tokens can name it.",
        _add,
        NewService,
        Service,
        HTTPStatus.CREATED,
        (Malformed, NotAllowed, AlreadyExists),
        location=_ONE,
        is_grave=False,
    ),
    Operation(
        "list_services", "GET", "/services", "List services by name.", _list, PageQuery, ServicePage
    ),
    Operation(
        "get_service",
        "GET",
        _ONE,
        "Show one service.",
        _get,
        Nothing,
        Service,
        refusals=(Unknown,),
    ),
    Operation(
        "change_service",
        "PATCH",
        _ONE,
        "Change a service, as where its calls are passed on to, from the next request on.",
        _change,
        ServiceChange,
        Service,
        refusals=(Unknown, Malformed, NotAllowed),
        is_grave=False,
    ),
    Operation(
        "disable_service",
        "POST",
        _ONE + "/disable",
        "Refuse all calls to a service from the next request on.",
        _disable,
        Nothing,
        Service,
        refusals=(Unknown,),
        is_grave=True,
    ),
    Operation(
        "enable_service",
        "POST",
        _ONE + "/enable",
        "Let calls to a disabled service pass again.",
        _enable,
        Nothing,
        Service,
        refusals=(Unknown,),
        is_grave=False,
    ),
)
