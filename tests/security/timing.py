"""Whether two refusals can be told apart by the time they take, found with a stated power.

The measure is A, the share of pairs of attempts in which the one cause takes longer than the
other: 0.5 when nothing can be told. It is Mann and Whitney's U over the number of pairs, and the
area under the curve of whoever guesses the cause from the time.

Attempts come in blocks, `EACH` = m of every cause in random order on one connection. When the
time does not depend on the cause, every order within a block is as likely as any other, however
busy the machine is and however that changes: a block's A has the mean 0.5 and the variance
(2m + 1) / (12 m^2), and that of B blocks a B-th of it. So a difference of `EFFECT` is found with
power 1 - b at level a once

    B >= (2m + 1) / (12 m^2) * ((z(1 - a) + z(1 - b)) / EFFECT)^2.

Two looks, so that the test does not cry wolf. The first, at 0.005 to each side, has B = 183,
which is 1,464 attempts of each cause; what it suspects is measured anew, at 0.0001 to the same
side, with B = 286. Each finds A = 0.45 or 0.55 with power 0.975, both do with 0.95. The level of
both is 0.005 * 0.0001 to each side: 1 in 1,000,000 for one comparison, far below 0.001.
"""

from __future__ import annotations

import random
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist, fmean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Block = Mapping[str, Sequence[float]]
    Sampler = Callable[[Sequence[str], int], Sequence[Block]]

EFFECT = 0.05
EACH = 8
POWER = 0.975
SCREEN_LEVEL = 0.005
CONFIRM_LEVEL = 0.0001
CONNECTIONS = 8
_NORMAL = NormalDist()


def blocks_needed(level: float, power: float = POWER) -> int:
    """Return how many blocks find a difference of `EFFECT` at a one-sided level."""
    reach = (_NORMAL.inv_cdf(1 - level) + _NORMAL.inv_cdf(power)) / EFFECT
    return ceil(_variance_of_block() * reach**2)


def share_of_longer(first: Sequence[float], second: Sequence[float]) -> float:
    """Return in which share of all pairs the first takes longer; 0.5 when nothing can be told."""
    longer = sum((a > b) + (a == b) / 2 for a in first for b in second)
    return longer / (len(first) * len(second))


@dataclass(frozen=True, slots=True)
class Difference:
    """A cause that takes another time than the reference, and the share of pairs that shows it."""

    cause: str
    share: float


def find_differences(causes: Sequence[str], sample: Sampler) -> list[Difference]:
    """Return which causes take another time than the first.

    Args:
        causes: The first is what the others are compared with.
        sample: Returns so many blocks of attempts of the causes.
    """
    reference = causes[0]
    screened = sample(causes, blocks_needed(SCREEN_LEVEL))
    found: list[Difference] = []
    for cause in causes[1:]:
        suspicion = _deviation(screened, cause, reference)
        if abs(suspicion) < _NORMAL.inv_cdf(1 - SCREEN_LEVEL):
            continue
        again = sample([reference, cause], blocks_needed(CONFIRM_LEVEL))
        confirmed = _deviation(again, cause, reference)
        if suspicion * confirmed > 0 and abs(confirmed) >= _NORMAL.inv_cdf(1 - CONFIRM_LEVEL):
            found.append(Difference(cause, _share(again, cause, reference)))
    return found


def _share(blocks: Sequence[Block], cause: str, reference: str) -> float:
    return fmean(share_of_longer(block[cause], block[reference]) for block in blocks)


def _deviation(blocks: Sequence[Block], cause: str, reference: str) -> float:
    spread = sqrt(_variance_of_block() / len(blocks))
    return (_share(blocks, cause, reference) - 0.5) / spread


def _variance_of_block() -> float:
    return (2 * EACH + 1) / (12 * EACH**2)


class RefusalTimer:
    """Times refusals of a running server, on several connections at once.

    Args:
        port: Where it listens.
        requests: What is sent for each cause.
    """

    def __init__(self, port: int, requests: Mapping[str, bytes]) -> None:
        self._port = port
        self._requests = requests
        self._dice = random.Random(11)  # noqa: S311 - an order, no secret

    def sample(self, causes: Sequence[str], blocks: int) -> list[Block]:
        """Return so many blocks, each of `EACH` attempts of every cause."""
        orders = [self._shuffle(causes) for _ in range(blocks)]
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            done = pool.map(self._measure, [orders[n::CONNECTIONS] for n in range(CONNECTIONS)])
            return [block for part in done for block in part]

    def _shuffle(self, causes: Sequence[str]) -> list[str]:
        order = list(causes) * EACH
        self._dice.shuffle(order)
        return order

    def _measure(self, orders: Sequence[Sequence[str]]) -> list[Block]:
        blocks: list[Block] = []
        with socket.create_connection(("127.0.0.1", self._port), timeout=20) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for order in orders:
                block: dict[str, list[float]] = {cause: [] for cause in order}
                for cause in order:
                    block[cause].append(_time_refusal(connection, self._requests[cause]))
                blocks.append(block)
        return blocks


def _time_refusal(connection: socket.socket, request: bytes) -> int:
    """Return the nanoseconds to a refusal, without what a client's library would add."""
    begin = time.perf_counter_ns()
    connection.sendall(request)
    answer = connection.recv(4096)
    while not answer.endswith(b"}"):
        answer += connection.recv(4096)
    taken = time.perf_counter_ns() - begin
    assert answer.startswith(b"HTTP/1.1 401 "), answer
    return taken
