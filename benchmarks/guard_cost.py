"""The guard alone, in this process: what `Guard.admit` costs with tokens it has seen before."""

from __future__ import annotations

import asyncio
import time
from itertools import cycle, islice
from typing import TYPE_CHECKING, Final

from in_process import issue_all, wired
from results import GuardCost
from spreads import spread
from watchword.access.model import ServiceName

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customers import Credentials, Deployment
    from in_process import Parts
    from spreads import Spread
    from watchword.access.guard import Guard

_CALLS: Final = 10_000
_SERVICE: Final = ServiceName("profile")


def measure_guard(deployment: Deployment, rounds: int) -> GuardCost:
    """Return the microseconds of CPU of one admission, over the means of each round."""
    return asyncio.run(_measure(deployment, rounds))


async def _measure(deployment: Deployment, rounds: int) -> GuardCost:
    async with wired(deployment.settings) as parts:
        one = await _measure_callers(parts, [deployment.caller], rounds)
        crowd = deployment.crowd
        return GuardCost(one, await _measure_callers(parts, crowd, rounds) if crowd else None)


async def _measure_callers(parts: Parts, users: Sequence[Credentials], rounds: int) -> Spread:
    tokens = await issue_all(parts.issuer, users)
    callers = [(token, user.api_key) for token, user in zip(tokens, users, strict=True)]
    asked = list(islice(cycle(callers), max(_CALLS, len(callers))))
    await _admit(parts.guard, asked)  # the first time it verifies the signatures
    return spread([await _admit(parts.guard, asked) for _ in range(rounds)])


async def _admit(guard: Guard, asked: Sequence[tuple[str, str]]) -> float:
    # CPU time, that of the writer's thread included: while a block of tokens is recorded, a
    # server goes on with other requests.
    begun = time.process_time()
    for token, key in asked:
        await guard.admit(token, key, _SERVICE)
    return (time.process_time() - begun) / len(asked) * 1e6
