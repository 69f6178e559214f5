"""The guard alone, in this process: what `Guard.admit` costs with a token it has seen before."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from watchword.access.authenticating import Presented
from watchword.access.issuing import TokenRequest
from watchword.access.model import ServiceName
from watchword.bootstrap import start
from watchword.system import SystemClock, SystemRandomness
from watchword.web.graphql import GraphQLEndpoint
from watchword.web.metadata import TOKEN_PATH
from watchword.web.token import TokenEndpoint

if TYPE_CHECKING:
    from customers import Deployment
    from watchword.access.guard import Guard

_CALLS: Final = 5_000
_SERVICE: Final = ServiceName("profile")


def measure_guard(deployment: Deployment, rounds: int) -> list[float]:
    """Return the microseconds of one admission, a mean for each round."""
    return asyncio.run(_measure(deployment, rounds))


async def _measure(deployment: Deployment, rounds: int) -> list[float]:
    running = await start(deployment.settings, SystemClock(), SystemRandomness())
    try:
        # Taken out of the wired endpoints: wiring them here would be a second composition root.
        token_endpoint = running.routes.paths[TOKEN_PATH]
        graphql_endpoint = running.routes.paths[f"/{_SERVICE}/v1/graphql"]
        if not isinstance(token_endpoint, TokenEndpoint):
            raise TypeError("the token endpoint is another")
        if not isinstance(graphql_endpoint, GraphQLEndpoint):
            raise TypeError("the GraphQL endpoint is another")
        guard = graphql_endpoint._guard  # noqa: SLF001 - see above
        caller, key = deployment.caller, deployment.api_key
        request = TokenRequest(Presented(caller.username, caller.password, key))
        issued = await token_endpoint._issuer.issue(request)  # noqa: SLF001 - see above
        await _admit(guard, issued.token, key)  # the first one verifies the signature
        return [await _admit(guard, issued.token, key) for _ in range(rounds)]
    finally:
        await running.stop()


async def _admit(guard: Guard, token: str, key: str) -> float:
    begun = time.perf_counter()
    for _ in range(_CALLS):
        await guard.admit(token, key, _SERVICE)
    return (time.perf_counter() - begun) / _CALLS * 1e6
