"""The GraphQL services."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Final

from msgspec import Meta

from watchword.access.errors import AlreadyExists, Malformed, Unknown
from watchword.web.admin.bodies import Body, DisabledAt, Next, Nothing, PageQuery, ServiceName
from watchword.web.admin.operations import Call, Operation

if TYPE_CHECKING:
    from watchword.access import model


class NewService(Body):
    """A service to be registered."""

    service: ServiceName
    title: Annotated[str, Meta(description="What people read; the name when empty.")] = ""
    description: Annotated[str, Meta(description="What it answers, in a sentence.")] = ""


class Service(Body):
    """A GraphQL service that tokens, plans and entitlements name."""

    service: ServiceName
    title: Annotated[str, Meta(description="What people read.")]
    description: Annotated[str, Meta(description="What it answers, in a sentence.")]
    disabled_at: DisabledAt


class ServicePage(Body):
    """A page of services."""

    items: list[Service]
    next: Next


async def _add(call: Call[NewService]) -> Service:
    asks = call.asks
    return _show(await call.registry.add_service(asks.service, asks.title, asks.description))


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
        (Malformed, AlreadyExists),
        location=_ONE,
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
        "disable_service",
        "POST",
        _ONE + "/disable",
        "Refuse all calls to a service from the next request on.",
        _disable,
        Nothing,
        Service,
        refusals=(Unknown,),
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
    ),
)
