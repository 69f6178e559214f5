"""Takes rounds of load on several servers in turn, and what each round cost its server."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cores import cpu_seconds
from results import Round
from wrk import CONNECTIONS, TIMEOUT_SECONDS, load

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cores import Cores
    from launching import Server
    from wrk import Call

_LOOK_SECONDS: Final = 0.2
_IDLE_SHARE: Final = 0.1
_MOST_LOOKS: Final = 300


@dataclass(frozen=True, slots=True)
class Contender:
    """A server and what it is asked.

    Attributes:
        seconds: How long a round lasts.
        warm_up_seconds: How long it is asked before the first round; 0 is not at all.
        timeout_seconds: How long a single answer may take.
        parts: All whose work is counted, by name, where others work for the one that is asked.
        connections: How many callers ask at once.
        fresh: So many calls are asked in a round, and others in the next; 0: all in each.
    """

    server: Server
    calls: Sequence[Call]
    seconds: int
    warm_up_seconds: int = 1
    timeout_seconds: int = TIMEOUT_SECONDS
    parts: Mapping[str, Server] = field(default_factory=dict)
    connections: int = CONNECTIONS
    fresh: int = 0

    @property
    def counted(self) -> Mapping[str, Server]:
        """All whose work is counted."""
        return self.parts or {"": self.server}

    def calls_of(self, number: int) -> Sequence[Call]:
        """Return what is asked in a round; that of the warm-up is number 0."""
        if not self.fresh:
            return self.calls
        start = number * self.fresh % len(self.calls)
        return self.calls[start : start + self.fresh]


def take_turns(
    contenders: Sequence[Contender], rounds: int, cores: Cores, folder: Path
) -> list[list[Round]]:
    """Load each contender in every round; return the rounds of each, in the order given."""
    for contender in contenders:
        if contender.warm_up_seconds:
            _take_round(contender, 0, contender.warm_up_seconds, cores, folder)
    taken: list[list[Round]] = [[] for _ in contenders]
    for number in range(1, rounds + 1):
        for contender, its in zip(contenders, taken, strict=True):
            its.append(_take_round(contender, number, contender.seconds, cores, folder))
    return taken


def _take_round(
    contender: Contender, number: int, seconds: int, cores: Cores, folder: Path
) -> Round:
    before = _look(contender)
    given = load(
        contender.server.port,
        contender.calls_of(number),
        seconds=seconds,
        core=cores.load,
        folder=folder,
        timeout_seconds=contender.timeout_seconds,
        connections=contender.connections,
    )
    parts = {name: now - before[name] for name, now in _look(contender).items()}
    used = sum(parts.values())
    _await_idle(contender)
    return Round(
        requests=given.requests,
        requests_per_second=given.requests / given.seconds,
        requests_per_core_second=given.requests / used,
        p50_ms=given.p50_ms,
        p99_ms=given.p99_ms,
        server_busy=used / given.seconds,
        load_busy=given.busy,
        parts_us={name: each / given.requests * 1e6 for name, each in parts.items() if name},
    )


def _look(contender: Contender) -> dict[str, float]:
    return {name: cpu_seconds(part.process) for name, part in contender.counted.items()}


def _await_idle(contender: Contender) -> None:
    """Wait until all have done what they were asked last: the next one shares their core.

    Raises:
        RuntimeError: If it does not come to rest.
    """
    before = sum(_look(contender).values())
    for _ in range(_MOST_LOOKS):
        time.sleep(_LOOK_SECONDS)
        now = sum(_look(contender).values())
        if now - before < _IDLE_SHARE * _LOOK_SECONDS:
            return
        before = now
    raise RuntimeError("a server is still busy long after the load has ended")
