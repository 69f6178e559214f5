"""Where the services are called, and where each describes itself (RFC 9728 section 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from watchword.web.http import Request

PROTECTED_RESOURCE_PATH: Final = "/.well-known/oauth-protected-resource"
"""Stands before the path of the resource that is described (RFC 9728 section 3.1)."""
RESOURCE_PATH: Final = "/v1/graphql"
"""The path of every service's resource, under the service."""


@dataclass(frozen=True, slots=True)
class Resources:
    """The URLs of the services, as callers spell them.

    Attributes:
        base: The URL of the deployment.
        service_url: Returns the URL of a service's own host.
    """

    base: str
    service_url: Callable[[str], str]

    def find(self, request: Request) -> tuple[str, str]:
        """Return the URLs of the resource and of its description, spelled as they were asked."""
        service = request.service or ""
        prefix = f"/{service}"
        path = request.path.removeprefix(PROTECTED_RESOURCE_PATH)
        if path.startswith(f"{prefix}/v1/"):
            base = self.base
        else:
            base, prefix = self.service_url(service), ""
        path = prefix + RESOURCE_PATH
        return base + path, base + PROTECTED_RESOURCE_PATH + path
