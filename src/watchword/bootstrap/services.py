"""Wires where services are called: the proxy, `/authorize`, and GraphQL in this process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from watchword import __version__
from watchword.access.identity import IdentitySigner
from watchword.access.model import ServiceName
from watchword.access.trusted_documents import TrustedDocuments
from watchword.bootstrap.gate import metadata_url
from watchword.services.documents import Documents
from watchword.services.events import EventsService
from watchword.services.profile import ProfileService
from watchword.services.upstream import Bounds, open_upstreams
from watchword.web.authorize import AuthorizeEndpoint
from watchword.web.explorer import ExplorerEndpoint
from watchword.web.graphql import GraphQLEndpoint
from watchword.web.metadata import ServiceMetadataEndpoint, StaticDocument, protected_resource
from watchword.web.places import CALL_PATHS, EXPLORER_PATH, Places
from watchword.web.proxy import ProxyEndpoint, ProxyParts
from watchword.web.resources import PROTECTED_RESOURCE_PATH, RESOURCE_PATH, Resources
from watchword.web.service_endpoints import ServiceEndpoints

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AsyncExitStack

    from watchword.access.ports import Clock
    from watchword.bootstrap.gate import Gate
    from watchword.bootstrap.pages import LazySite
    from watchword.bootstrap.wiring import Wiring
    from watchword.services.directory import Service
    from watchword.settings import Settings
    from watchword.web.http import Endpoint, Request


def build_services(settings: Settings, clock: Clock) -> list[Service]:
    """Return the GraphQL services of this process, closed."""
    return [
        service(
            settings.profile_database,
            clock=clock,
            version=__version__,
            time_budget=timedelta(seconds=settings.query_timeout),
        )
        for service in (ProfileService, EventsService)
    ]


async def open_proxy(opened: AsyncExitStack, wiring: Wiring, gate: Gate) -> ProxyParts:
    """Wire what calls to upstreams are passed on with, and open the connections."""
    settings, deployment = wiring.settings, wiring.deployment
    base = settings.public_url
    bounds = Bounds(
        connect_seconds=settings.upstream_connect_timeout,
        seconds=settings.upstream_timeout,
        connections=settings.upstream_connections,
        size=settings.answer_limit,
    )
    return ProxyParts(
        services=deployment.store,
        upstreams=await opened.enter_async_context(open_upstreams(bounds)),
        gate=gate.calls,
        signer=IdentitySigner(
            deployment.keys, clock=wiring.clock, issuer=base, remembered=settings.tokens_remembered
        ),
        resources=Resources(base, settings.service_url),
        body_limit=settings.body_limit,
        scheme=urlsplit(base).scheme,
        tracer=gate.tracer,
    )


@dataclass(frozen=True, slots=True)
class ServiceRoutes:
    """Where services are called.

    Attributes:
        paths: Those of this process.
        hosts: The same on their own host names, by path and host.
        authorize: Answers for calls that others carry.
        find: Finds what answers for a service that is not known beforehand.
    """

    paths: dict[str, Endpoint]
    hosts: dict[str, dict[str, Endpoint]]
    authorize: Endpoint
    find: Callable[[Request], Endpoint | None]


def build_service_routes(
    opened: AsyncExitStack,
    wiring: Wiring,
    gate: Gate,
    services: list[Service],
    proxy: ProxyParts,
    site: LazySite,
) -> ServiceRoutes:
    """Wire the endpoints of the services, those of this process and all others."""
    settings, store = wiring.settings, wiring.deployment.store
    paths: dict[str, Endpoint] = {}
    hosts: dict[str, dict[str, Endpoint]] = {}
    trusted = TrustedDocuments(store, remembered=settings.documents_remembered)
    for service in services:
        documents = Documents(
            service,
            remembered=settings.documents_remembered,
            answer_limit=settings.answer_limit,
        )
        opened.callback(documents.close)
        build = partial(_build_paths, settings, service, documents, trusted, gate, site)
        paths |= build(settings.public_url, f"/{service.name}")
        for path, endpoint in build(settings.service_url(service.name), "").items():
            hosts.setdefault(path, {})[settings.service_host(service.name)] = endpoint
    places = Places(settings.services_domain)
    authorize = AuthorizeEndpoint(gate.calls, places, metadata_of=partial(metadata_url, settings))
    others = ServiceEndpoints(
        places,
        authorize=authorize,
        calls={
            path: _to_explorer(path, ProxyEndpoint(proxy, methods), site)
            for path, methods in CALL_PATHS.items()
        },
        metadata=ServiceMetadataEndpoint(store, proxy.resources),
    )
    return ServiceRoutes(paths, hosts, authorize, others.find)


def _build_paths(
    settings: Settings,
    service: Service,
    documents: Documents,
    trusted: TrustedDocuments,
    gate: Gate,
    site: LazySite,
    base: str,
    prefix: str,
) -> dict[str, Endpoint]:
    resource_path = prefix + RESOURCE_PATH
    metadata_path = PROTECTED_RESOURCE_PATH + resource_path
    endpoints: dict[str, Endpoint] = {
        metadata_path: StaticDocument(
            lambda: protected_resource(base + resource_path, settings.public_url, service.name)
        )
    }
    for path, methods in CALL_PATHS.items():
        calls = GraphQLEndpoint(
            ServiceName(service.name),
            documents,
            trusted=trusted,
            gate=gate.calls,
            body_limit=settings.body_limit,
            resource_metadata=base + metadata_path,
            methods=methods,
        )
        endpoints[prefix + path] = _to_explorer(path, calls, site, ServiceName(service.name))
    return endpoints


def _to_explorer(
    path: str, calls: Endpoint, site: LazySite, service: ServiceName | None = None
) -> Endpoint:
    return ExplorerEndpoint(calls, site, service) if path == EXPLORER_PATH else calls
