"""`watchword service`: the GraphQL services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, CycloptsError, Parameter

from watchword.access.errors import Unknown
from watchword.access.names import to_upstream
from watchword.access.registration.changes import UNSET, LeftOut, Route
from watchword.cli.context import DEFAULT, Common
from watchword.cli.granted import word_limit
from watchword.services.directory import ANSWERED_HERE, read_schema_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from watchword.access.model import ServiceEntry
    from watchword.cli.output import Record

app = App(name="service", help="GraphQL services: what tokens and entitlements name.")

_Service = Annotated[str, Parameter(help="The service's name.")]


_Preflight = Annotated[
    bool | None,
    Parameter(help="Let OPTIONS requests of browsers pass without credentials."),
]
_IdentityJwt = Annotated[
    bool | None,
    Parameter(help="Send the upstream a signed statement of who calls."),
]


@app.command
def add(
    service: str,
    /,
    *,
    title: str = "",
    description: str = "",
    upstream: str | None = None,
    preflight: _Preflight = None,
    identity_jwt: _IdentityJwt = None,
    common: Common = DEFAULT,
) -> None:
    """Register a service, so that plans, entitlements and tokens can name it.

    Args:
        service: Name: lower-case letters, digits and hyphens.
        title: Name that people read; the service's name when left out.
        description: What it answers, in a sentence.
        upstream: URL of a GraphQL server to which calls are passed on.
    """
    route = Route(_read_upstream(upstream), preflight, identity_jwt)
    made = common.ask(lambda registry: registry.add_service(service, title, description, route))
    common.output.record(_to_record(made, _find_urls(common)))
    common.output.remark(
        f"Nobody may call {made.name} yet. Grant it: watchword account grant ACCOUNT {made.name}\n"
        f"Give plans a limit: {word_limit(made.name)}"
    )


@app.command(name="set")
def change(
    service: _Service,
    /,
    *,
    title: str | None = None,
    description: str | None = None,
    upstream: str | None = None,
    no_upstream: Annotated[
        bool, Parameter(name="--no-upstream", negative="", help="Pass calls on to nowhere.")
    ] = False,
    preflight: _Preflight = None,
    identity_jwt: _IdentityJwt = None,
    common: Common = DEFAULT,
) -> None:
    """Change a service, from the next request on; what is left out stays as it is.

    Args:
        title: Name that people read; the service's name when empty.
        description: What it answers, in a sentence.
        upstream: URL of a GraphQL server to which calls are passed on.
    """
    if no_upstream and upstream is not None:
        raise CycloptsError(msg="give --upstream or --no-upstream, not both")
    route = Route(None if no_upstream else _read_upstream(upstream), preflight, identity_jwt)
    if route == Route() and title is None and description is None:
        raise CycloptsError(msg="say what to set: --upstream, --title or another option")
    changed = common.ask(
        lambda registry: registry.change_service(
            service, route, title=title, description=description
        )
    )
    common.output.record(_to_record(changed, _find_urls(common)))


@app.command(name="list")
def list_services(*, common: Common = DEFAULT) -> None:
    """List all services; a terminal gets the most important of each."""
    services = common.list_all(lambda registry, after: registry.list_services(after))
    urls = _find_urls(common)
    common.output.records(
        [_to_record(service, urls) for service in services],
        "There is no service yet.",
        brief=[_to_brief(service) for service in services],
        whole=["state"],
    )


@app.command
def show(service: _Service, /, *, common: Common = DEFAULT) -> None:
    """Show one service."""
    common.output.record(
        _to_record(common.ask(lambda registry: registry.get_service(service)), _find_urls(common))
    )


@app.command
def disable(service: _Service, /, *, common: Common = DEFAULT) -> None:
    """Refuse all calls to a service from the next request on."""
    _set_enabled(service, common, is_enabled=False)


@app.command
def enable(service: _Service, /, *, common: Common = DEFAULT) -> None:
    """Let calls to a disabled service pass again."""
    _set_enabled(service, common, is_enabled=True)


@app.command
def schema(service: str, /) -> None:
    """Print the schema of a service of watchword's own, for customers and their tools.

    Args:
        service: The service.
    """
    if service not in ANSWERED_HERE:
        here = ", ".join(sorted(ANSWERED_HERE))
        raise Unknown(f"{service!r} is none of watchword's own services: {here}")
    print(read_schema_text(service), end="")  # noqa: T201 - to be kept in a file


def _read_upstream(upstream: str | None) -> str | LeftOut:
    # An empty variable of a script is a mistake, and takes no upstream away.
    return UNSET if upstream is None else to_upstream(upstream)


def _set_enabled(service: str, common: Common, *, is_enabled: bool) -> None:
    changed = common.ask(
        lambda registry: registry.set_service_enabled(service, is_enabled=is_enabled)
    )
    common.output.record(_to_record(changed, _find_urls(common)))


def _find_urls(common: Common) -> Callable[[ServiceEntry], tuple[str, ...]]:
    """Return what tells the URLs at which a service is answered."""
    settings = common.settings()

    def find(service: ServiceEntry) -> tuple[str, ...]:
        is_answered = service.upstream is not None or service.name in ANSWERED_HERE
        return settings.graphql_urls(service.name) if is_answered else ()

    return find


def _to_brief(service: ServiceEntry) -> Record:
    is_here = service.name in ANSWERED_HERE
    return {
        "service": service.name,
        "state": "enabled" if service.is_enabled else "disabled",
        "upstream": "in this process" if is_here else service.upstream,
    }


def _to_record(
    service: ServiceEntry, find_urls: Callable[[ServiceEntry], tuple[str, ...]]
) -> Record:
    return {
        "service": service.name,
        "title": service.title,
        "description": service.description,
        "graphql_urls": find_urls(service),
        "upstream": service.upstream,
        "allows_preflight": service.allows_preflight,
        "signs_identity": service.signs_identity,
        "disabled_at": service.disabled_at,
    }
