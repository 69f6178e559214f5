"""A deployment in this process with a service `matching` that has an upstream, and its customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from support.deployment import IN_NOBODYS_WAY, ROOMY
from watchword.access.registration.changes import Route

if TYPE_CHECKING:
    import httpx2

    from support.deployment import Customer, Deployment, Headers
    from support.upstreams import Upstream
    from watchword.access.registration import Registry

URL = "/matching/v1/graphql"
BODY = '{"query": "query Recent { events { id } }", "operationName": "Recent"}'


@dataclass(frozen=True, slots=True)
class Proxied:
    """What a test of the proxy needs."""

    deployment: Deployment
    upstream: Upstream
    customer: Customer
    token: str

    @classmethod
    def make(cls, deployment: Deployment, upstream: Upstream) -> Proxied:
        customer = deployment.make_customer()

        async def register(registry: Registry) -> None:
            await registry.add_service("matching", "Matching", "", Route(upstream.url))
            await registry.set_limit(ROOMY, "matching", IN_NOBODYS_WAY)
            await registry.set_entitlement(customer.account, "matching", is_granted=True)

        deployment.operate(register)
        return cls(deployment, upstream, customer, deployment.token(customer))

    def call(self, *, extra: Headers | None = None, **others: Any) -> httpx2.Response:
        """Call the service with the customer's credentials."""
        asked = {"url": URL, "content": BODY, **others}
        return self.deployment.call(self.token, self.customer.api_key, extra=extra, **asked)

    def route(self, **changes: Any) -> None:
        """Set the route as an operator does, in another process."""
        self.deployment.operate(
            lambda registry: registry.change_service("matching", Route(**changes))
        )
