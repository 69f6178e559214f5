"""What OAuth software looks up: public keys and metadata (RFC 7517, 8414, 9728)."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec

from watchword.access.errors import NotFound
from watchword.access.keyring import JWKS_LIFETIME
from watchword.web.http import Response
from watchword.web.responses import JSON, call_refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from watchword.access.keyring import KeyKeeper
    from watchword.access.ports import Clock, ServiceReads
    from watchword.web.http import Request
    from watchword.web.resources import Resources

TOKEN_PATH: Final = "/oauth2/token"  # noqa: S105 - a path
REVOCATION_PATH: Final = "/oauth2/revoke"
INTROSPECTION_PATH: Final = "/oauth2/introspect"
JWKS_PATH: Final = "/.well-known/jwks.json"
AUTHORIZATION_SERVER_PATH: Final = "/.well-known/oauth-authorization-server"
_CACHE: Final = (
    b"cache-control",
    f"public, max-age={JWKS_LIFETIME // timedelta(seconds=1)}".encode(),
)
_CLIENT_METHODS: Final = ["client_secret_basic", "client_secret_post"]


class StaticDocument:
    """Answers GET with one JSON document that never changes while the server runs.

    Args:
        make: Makes it, when it is first asked for.
    """

    kind: ClassVar[str] = "metadata"

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make

    @cached_property
    def _response(self) -> Response:
        return Response(200, [JSON, _CACHE], msgspec.json.encode(self._make()))

    async def answer(self, request: Request) -> Response:
        """Return the document."""
        request.require_method("GET", "HEAD")
        return self._response

    def refuse(self, error: Exception, request: Request) -> Response:
        """Word a refusal as JSON."""
        return call_refusal(error, request.correlation_id)


class JwksEndpoint:
    """Answers GET with the public signing keys of now (RFC 7517)."""

    kind: ClassVar[str] = "metadata"

    def __init__(self, keys: KeyKeeper, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    async def answer(self, request: Request) -> Response:
        """Return the JWK Set."""
        request.require_method("GET", "HEAD")
        ring = await self._keys.current()
        body = msgspec.json.encode(ring.public_jwks(self._clock.now()))
        return Response(200, [JSON, _CACHE], body)

    def refuse(self, error: Exception, request: Request) -> Response:
        """Word a refusal as JSON."""
        return call_refusal(error, request.correlation_id)


class ServiceMetadataEndpoint:
    """Describes the resource of any service that is registered (RFC 9728).

    Args:
        services: Knows which are.
        resources: Where they are.
    """

    kind: ClassVar[str] = "metadata"

    def __init__(self, services: ServiceReads, resources: Resources) -> None:
        self._services = services
        self._resources = resources

    async def answer(self, request: Request) -> Response:
        """Return the description."""
        service = request.service
        if service is None or await self._services.find_service(service) is None:
            raise NotFound(reason="there is no such service")
        request.require_method("GET", "HEAD")
        resource, _ = self._resources.find(request)
        told = protected_resource(resource, self._resources.base, service)
        return Response(200, [JSON, _CACHE], msgspec.json.encode(told))

    def refuse(self, error: Exception, request: Request) -> Response:
        """Word a refusal as JSON."""
        return call_refusal(error, request.correlation_id)


def authorization_server(issuer: str, services: list[str]) -> dict[str, object]:
    """Return the authorization server's metadata (RFC 8414 section 2); only what is served."""
    return {
        "issuer": issuer,
        "token_endpoint": issuer + TOKEN_PATH,
        "jwks_uri": issuer + JWKS_PATH,
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": _CLIENT_METHODS,
        "revocation_endpoint": issuer + REVOCATION_PATH,
        "revocation_endpoint_auth_methods_supported": _CLIENT_METHODS,
        "introspection_endpoint": issuer + INTROSPECTION_PATH,
        "introspection_endpoint_auth_methods_supported": [*_CLIENT_METHODS, "Bearer"],
        "scopes_supported": services,
    }


def protected_resource(resource: str, issuer: str, *services: str) -> dict[str, object]:
    """Return a resource's metadata (RFC 9728 section 2)."""
    return {
        "resource": resource,
        "authorization_servers": [issuer],
        "scopes_supported": list(services),
        "bearer_methods_supported": ["header"],
    }
