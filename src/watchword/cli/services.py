"""`watchword service`: the GraphQL services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from watchword.bootstrap import build_services
from watchword.cli.context import DEFAULT, Common
from watchword.system import SystemClock

if TYPE_CHECKING:
    from watchword.access.model import ServiceEntry
    from watchword.cli.output import Record

app = App(name="service", help="GraphQL services: what tokens and entitlements name.")

_Service = Annotated[str, Parameter(help="The service's name.")]


@app.command
def add(
    service: str, /, *, title: str = "", description: str = "", common: Common = DEFAULT
) -> None:
    """Register a service, so that plans, entitlements and tokens can name it.

    Args:
        service: Name: lower-case letters, digits and hyphens.
        title: Name that people read; the service's name when left out.
        description: What it answers, in a sentence.
    """
    made = common.ask(lambda registry: registry.add_service(service, title, description))
    common.output.record(_to_record(made, _served_urls(common)))


@app.command(name="list")
def list_services(*, common: Common = DEFAULT) -> None:
    """List all services."""
    services = common.list_all(lambda registry, after: registry.list_services(after))
    urls = _served_urls(common)
    common.output.records(
        [_to_record(service, urls) for service in services], "There is no service yet."
    )


@app.command
def show(service: _Service, /, *, common: Common = DEFAULT) -> None:
    """Show one service."""
    common.output.record(
        _to_record(common.ask(lambda registry: registry.get_service(service)), _served_urls(common))
    )


@app.command
def disable(service: _Service, /, *, common: Common = DEFAULT) -> None:
    """Refuse all calls to a service from the next request on."""
    _set_enabled(service, common, is_enabled=False)


@app.command
def enable(service: _Service, /, *, common: Common = DEFAULT) -> None:
    """Let calls to a disabled service pass again."""
    _set_enabled(service, common, is_enabled=True)


def _set_enabled(service: str, common: Common, *, is_enabled: bool) -> None:
    changed = common.ask(
        lambda registry: registry.set_service_enabled(service, is_enabled=is_enabled)
    )
    common.output.record(_to_record(changed, _served_urls(common)))


def _served_urls(common: Common) -> dict[str, tuple[str, str]]:
    """Return the URLs of the services that this program answers itself."""
    settings = common.settings()
    served = build_services(settings, SystemClock())
    return {service.name: settings.graphql_urls(service.name) for service in served}


def _to_record(service: ServiceEntry, urls: dict[str, tuple[str, str]]) -> Record:
    return {
        "service": service.name,
        "title": service.title,
        "description": service.description,
        "graphql_urls": urls.get(service.name, ()),
        "disabled_at": service.disabled_at,
    }
