"""Wires the endpoints that are no service's: OAuth, the admin API, metrics, health, documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from watchword import __version__
from watchword.access.introspection import TokenIntrospector
from watchword.access.issuing import TokenIssuer
from watchword.access.operators import OperatorGate
from watchword.access.revocation import TokenRevoker
from watchword.services.trusted_documents import DocumentJudge
from watchword.web.admin.description import describe_admin
from watchword.web.admin.endpoint import AdminEndpoint
from watchword.web.admin.operations import OperatorFunctions
from watchword.web.admin.table import ADMIN_PREFIX
from watchword.web.health import HealthEndpoint
from watchword.web.introspection import IntrospectionEndpoint
from watchword.web.metadata import (
    AUTHORIZATION_SERVER_PATH,
    INTROSPECTION_PATH,
    JWKS_PATH,
    REVOCATION_PATH,
    TOKEN_PATH,
    JwksEndpoint,
    StaticDocument,
    authorization_server,
    protected_resource,
)
from watchword.web.metrics import METRICS_PATH, MetricsEndpoint
from watchword.web.oauth_description import OAUTH_OPERATIONS
from watchword.web.openapi import OPENAPI_PATH, build_document
from watchword.web.resources import PROTECTED_RESOURCE_PATH
from watchword.web.revocation import RevocationEndpoint
from watchword.web.token import TokenEndpoint

if TYPE_CHECKING:
    from watchword.access.authenticating import ClientAuthenticator
    from watchword.access.ports import Clock
    from watchword.bootstrap.gate import Gate
    from watchword.bootstrap.wiring import Wiring
    from watchword.deployment import Deployment
    from watchword.services.directory import Service
    from watchword.web.http import Endpoint


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Endpoints by path, and by what a path begins with."""

    paths: dict[str, Endpoint]
    prefixes: dict[str, Endpoint]


def build_endpoints(
    wiring: Wiring, gate: Gate, services: list[Service], authenticator: ClientAuthenticator
) -> Endpoints:
    """Wire the endpoints.

    Args:
        wiring: How they answer, and out of what.
        gate: What judges tokens, and counts.
        services: Those of this process.
        authenticator: Judges service users.
    """
    settings, deployment, clock = wiring.settings, wiring.deployment, wiring.clock
    names = [service.name for service in services]
    operators = OperatorGate(deployment.store, limits=settings.failure_limits, clock=clock)
    metrics = MetricsEndpoint(
        gate.counts,
        operators,
        networks=settings.metrics_networks,
        version=__version__,
        is_alone=settings.workers == 1,
    )
    paths: dict[str, Endpoint] = {
        **_oauth(wiring, gate, operators, authenticator),
        **_documents(settings.public_url, deployment, names, clock),
        "/healthz": HealthEndpoint(),
        "/readyz": HealthEndpoint(deployment.store),
        METRICS_PATH: metrics,
    }
    admin = AdminEndpoint(operators, operator_functions(wiring, services))
    return Endpoints(paths, {ADMIN_PREFIX: admin})


def _oauth(
    wiring: Wiring, gate: Gate, operators: OperatorGate, authenticator: ClientAuthenticator
) -> dict[str, Endpoint]:
    issuer = TokenIssuer(
        authenticator=authenticator,
        keys=wiring.deployment.keys,
        clock=wiring.clock,
        randomness=wiring.randomness,
        issuer=wiring.settings.public_url,
        find_service=wiring.settings.find_service,
    )
    introspector = TokenIntrospector(authenticator, operators, gate.guard)
    return {
        TOKEN_PATH: TokenEndpoint(issuer),
        REVOCATION_PATH: RevocationEndpoint(TokenRevoker(authenticator, gate.tokens)),
        INTROSPECTION_PATH: IntrospectionEndpoint(introspector),
    }


def _documents(
    base: str, deployment: Deployment, names: list[str], clock: Clock
) -> dict[str, Endpoint]:
    return {
        JWKS_PATH: JwksEndpoint(deployment.keys, clock),
        AUTHORIZATION_SERVER_PATH: StaticDocument(lambda: authorization_server(base, names)),
        PROTECTED_RESOURCE_PATH: StaticDocument(lambda: protected_resource(base, base, *names)),
        OPENAPI_PATH: StaticDocument(
            lambda: build_document(base, __version__, [*OAUTH_OPERATIONS, *describe_admin()])
        ),
    }


def operator_functions(wiring: Wiring, services: list[Service]) -> OperatorFunctions:
    """Return what operators may do, over the admin API and in the console."""
    deployment, clock, randomness = wiring.deployment, wiring.clock, wiring.randomness
    judge = DocumentJudge(services)
    return OperatorFunctions(
        registry=lambda by: deployment.registry(clock, randomness, by),
        documents=lambda by: deployment.documents(clock, by, judge.require_valid),
        rotation=lambda by: deployment.rotation(clock, randomness, by),
        trail=deployment.trail(clock),
        usage=deployment.usage(clock),
        stories=deployment.stories(clock),
        refusals=deployment.refusals(clock),
        clock=clock,
    )
