"""Which service a request is for: by the first part of its path, or by its host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from watchword.access.model import ServiceName
from watchword.access.names import SLUG

if TYPE_CHECKING:
    from collections.abc import Collection

EXPLORER_PATH: Final = "/v1/graphiql"
CALL_PATHS: Final = {"/v1/graphql": ("GET", "POST"), EXPLORER_PATH: ("POST",)}
"""Paths under a service, and the methods served there. The second is a published example's."""


class Place(NamedTuple):
    """A service, and a path under it."""

    service: ServiceName
    path: str


class Places:
    """Tells services by path and by host, whether they are registered or not.

    Args:
        domain: Services are also served on hosts of their own under it.
    """

    def __init__(self, domain: str) -> None:
        self._suffix = f".{domain}".lower()

    def find(self, host: str, path: str, known: Collection[str] = CALL_PATHS) -> Place | None:
        """Return where a path leads to; None when it is no service's.

        Args:
            host: The host that was asked, as `to_host` reads it.
            path: The path that was asked.
            known: The paths under a service that are looked for.
        """
        path = path.rstrip("/")
        name, slash, rest = path[1:].partition("/")
        if slash + rest in known and SLUG.fullmatch(name):
            return Place(ServiceName(name), slash + rest)
        label = host.removesuffix(self._suffix)
        if path in known and label != host and SLUG.fullmatch(label):
            return Place(ServiceName(label), path)
        return None
