"""Finds the endpoints of services that are registered while the server runs."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from watchword.access.model import ServiceName
from watchword.access.names import SLUG
from watchword.web.authorize import AUTHORIZE_PATH
from watchword.web.resources import PROTECTED_RESOURCE_PATH, RESOURCE_PATH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from watchword.web.http import Endpoint, Request
    from watchword.web.places import Places

_REMEMBERED: Final = 1_024


class ServiceEndpoints:
    """The endpoints that answer for every service, whatever its name.

    Whether there is such a service is for the endpoint to ask: it may be registered at any time.

    Args:
        places: Tell the service.
        authorize: Answers `/<service>/authorize`, and what begins with it.
        calls: Answer calls, by the path under a service.
        metadata: Tells where a service is called (RFC 9728).
    """

    def __init__(
        self,
        places: Places,
        *,
        authorize: Endpoint,
        calls: Mapping[str, Endpoint],
        metadata: Endpoint,
    ) -> None:
        self._places = places
        self._authorize = authorize
        self._calls = calls
        self._metadata = metadata

    def find(self, request: Request) -> Endpoint | None:
        """Return the endpoint for a request, and say in it for which service it is."""
        service = _find_authorized(request.path)
        if service is not None:
            request.service = service
            return self._authorize
        if request.path.startswith(PROTECTED_RESOURCE_PATH):
            described = request.path.removeprefix(PROTECTED_RESOURCE_PATH)
            return self._find(request, described, {RESOURCE_PATH: self._metadata})
        return self._find(request, request.path, self._calls)

    def _find(
        self, request: Request, path: str, endpoints: Mapping[str, Endpoint]
    ) -> Endpoint | None:
        place = self._places.find(request.host, path, endpoints)
        if place is None:
            return None
        request.service = place.service
        return endpoints[place.path]


@lru_cache(maxsize=_REMEMBERED)
def _find_authorized(path: str) -> ServiceName | None:
    """Return the service of `/<service>/authorize` and what begins so; None for other paths."""
    name, _, rest = path[1:].partition("/")
    is_asked = f"/{rest}" == AUTHORIZE_PATH or rest.startswith(f"{AUTHORIZE_PATH[1:]}/")
    return ServiceName(name) if is_asked and SLUG.fullmatch(name) else None
