"""The parts of a wired server, in this process: what issues tokens, and what admits."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from watchword.access.authenticating import Presented
from watchword.access.issuing import TokenRequest
from watchword.bootstrap.server import start
from watchword.system import SystemClock, SystemRandomness
from watchword.web.graphql import GraphQLEndpoint
from watchword.web.metadata import TOKEN_PATH
from watchword.web.token import TokenEndpoint

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from customers import Credentials
    from watchword.access.guard import Guard
    from watchword.access.issuing import TokenIssuer
    from watchword.settings import Settings

_GRAPHQL_PATH: Final = "/profile/v1/graphql"
_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Parts:
    """What is asked without HTTP."""

    issuer: TokenIssuer
    guard: Guard


@asynccontextmanager
async def wired(settings: Settings) -> AsyncGenerator[Parts]:
    """Wire a server over a data directory, which another one may be serving, and take it apart."""
    running = await start(settings, SystemClock(), SystemRandomness())
    try:
        # Taken out of the wired endpoints: wiring them here would be a second composition root.
        token_endpoint = running.routes.paths[TOKEN_PATH]
        graphql_endpoint = running.routes.paths[_GRAPHQL_PATH]
        if not isinstance(token_endpoint, TokenEndpoint):
            raise TypeError("the token endpoint is another")
        if not isinstance(graphql_endpoint, GraphQLEndpoint):
            raise TypeError("the GraphQL endpoint is another")
        yield Parts(token_endpoint._issuer, graphql_endpoint._gate._guard)  # noqa: SLF001 - see above
    finally:
        await running.stop()


def issue_tokens(settings: Settings, users: Sequence[Credentials]) -> list[str]:
    """Issue a token to each service user."""

    async def issue() -> list[str]:
        async with wired(settings) as parts:
            return await issue_all(parts.issuer, users)

    return asyncio.run(issue())


async def issue_all(issuer: TokenIssuer, users: Sequence[Credentials]) -> list[str]:
    """Issue a token to each service user, many at once: they share their commits."""
    tokens: list[str] = []
    for start_at in range(0, len(users), _AT_ONCE):
        issued = await asyncio.gather(
            *(
                issuer.issue(TokenRequest(Presented(user.username, user.password, user.api_key)))
                for user in users[start_at : start_at + _AT_ONCE]
            )
        )
        tokens += [each.token for each in issued]
    return tokens
