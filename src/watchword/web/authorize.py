"""`/authorize`: judges a call on behalf of a proxy that carries the bytes itself.

For nginx `auth_request`, Envoy `ext_authz`, Traefik `forwardAuth`, Caddy `forward_auth`, APISIX
`forward-auth` and the `ExternalAuth` filter of the Kubernetes Gateway API.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from watchword.access.errors import MalformedRequest
from watchword.web.http import Response, to_host
from watchword.web.responses import call_refusal, correlation_header
from watchword.web.standing_headers import share_identity

if TYPE_CHECKING:
    from collections.abc import Callable

    from watchword.access.model import ServiceName
    from watchword.web.admitting import CallGate
    from watchword.web.http import Request
    from watchword.web.places import Places

AUTHORIZE_PATH: Final = "/authorize"
_NGINX: Final = "nginx"
_REMEMBERED: Final = 1_024
_PLANE: Final = b"plane=nginx"
_NO_STORE: Final = (b"cache-control", b"no-store")
# The only refusals that nginx's auth_request passes on; anything else becomes a 500.
_PASSED_BY_NGINX: Final = (401, 403)


class _Original(NamedTuple):
    """The request that the proxy asks about.

    Attributes:
        host: None where it is the host of the request itself.
    """

    method: str
    host: str | None
    path: str
    query: bytes


class AuthorizeEndpoint:
    """Answers exactly 200, with who calls in headers, or a refusal.

    The service is the one in the path of the request itself, `/<service>/authorize`: then
    nothing that the caller says counts. At `/authorize` it is told from the call.

    Args:
        gate: What admits.
        places: Tell the service from the call.
        metadata_of: Returns where a service describes itself (RFC 9728).
    """

    kind: ClassVar[str] = "authorize"

    def __init__(
        self, gate: CallGate, places: Places, *, metadata_of: Callable[[str], str]
    ) -> None:
        self._gate = gate
        self._places = places
        self._metadata_of = metadata_of

    async def answer(self, request: Request) -> Response:
        """Admit the call that a proxy asks about, or raise what stands in the way."""
        original = _read_original(request)
        service = request.service
        if service is None:
            service = request.service = self._find_service(original, request)
        await self._gate.admit(request, service, method=original.method, query=original.query)
        return _allow(request)

    def refuse(self, error: Exception, request: Request) -> Response:
        """Word a refusal, in a form that the proxy passes on."""
        service = request.service or ""
        response = call_refusal(
            error,
            request.correlation_id,
            resource_metadata=self._metadata_of(service) if service else "",
            scope=service,
        )
        return _for_nginx(response) if _is_nginx(request) else response

    def _find_service(self, original: _Original, request: Request) -> ServiceName:
        host = request.host if original.host is None else original.host
        place = self._places.find(host, original.path)
        if place is None:
            raise MalformedRequest(
                public="No service is served at this address.",
                reason="neither path nor host names a service: ask /<service>/authorize instead, "
                "or set trusted_proxies so that X-Forwarded-Uri is believed",
            )
        return place.service


def _read_original(request: Request) -> _Original:
    rest = _rest_of(request.path)
    if rest and not _is_nginx(request):
        # The original path behind a prefix, with the original method, host and query: Envoy.
        # First of all: such a proxy says nothing in headers, so they would be the caller's own.
        return _Original(request.method, None, rest, request.query_string)
    if request.is_forwarded:
        return _read_forwarded(request)
    return _Original(request.method, None, "", request.query_string)


def _read_forwarded(request: Request) -> _Original:
    uri = request.find_header(b"x-forwarded-uri")
    other = request.find_header(b"x-original-uri")
    if uri is not None and other is not None and uri != other:
        # A proxy sends one of them, so the other is the caller's. Which?
        raise MalformedRequest(public="X-Forwarded-Uri and X-Original-URI say different things.")
    uri = other if uri is None else uri
    path, _, query = ("", "", "") if uri is None else uri.partition("?")
    host = request.find_header(b"x-forwarded-host")
    return _Original(
        request.find_header(b"x-forwarded-method") or request.method,
        None if host is None else to_host(host),
        path,
        request.query_string if uri is None else query.encode("latin-1"),
    )


@lru_cache(maxsize=_REMEMBERED)
def _rest_of(path: str) -> str:
    """Return what stands behind `/authorize` or `/<service>/authorize`."""
    if path != AUTHORIZE_PATH and not path.startswith(f"{AUTHORIZE_PATH}/"):
        path = path[path.index("/", 1) :]
    return path.removeprefix(AUTHORIZE_PATH)


def _is_nginx(request: Request) -> bool:
    rest = _rest_of(request.path)
    if rest or request.query_string != _PLANE:
        # With a query, `/` is what a prefix makes of a call to it: the query is the caller's.
        return rest.rstrip("/") == f"/{_NGINX}"
    # Caddy asks with the query of the call itself, unless it is told not to.
    return not request.join_header(b"x-forwarded-uri").endswith(f"?{_PLANE.decode()}")


def _allow(request: Request) -> Response:
    # No Content-Type and no length but that of nothing: some proxies copy all headers upstream.
    admission = request.admission
    return Response(
        200,
        [_NO_STORE, correlation_header(request.correlation_id)],
        shared=share_identity(None if admission is None else admission.caller),
    )


def _for_nginx(response: Response) -> Response:
    """Return a refusal as nginx passes it on, with the real one in headers."""
    status = response.status if response.status in _PASSED_BY_NGINX else 403
    # A header holds ASCII alone.
    body = json.dumps(json.loads(response.body), separators=(",", ":"))
    told = [
        (b"x-watchword-status", str(response.status).encode()),
        (b"x-watchword-body", body.encode()),
    ]
    return Response(status, [*response.headers, *told], response.body)
