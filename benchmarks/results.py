"""What a run found out, as it is kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from spreads import spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cores import Memory
    from machine import Machine
    from spreads import Spread


class Round(msgspec.Struct, frozen=True, omit_defaults=True):
    """One round of load on one server, and those that work for it.

    Attributes:
        parts_us: Microseconds of CPU a request, by server, where there are several.
    """

    requests: int
    requests_per_second: float
    requests_per_core_second: float
    p50_ms: float
    p99_ms: float
    server_busy: float
    load_busy: float
    parts_us: dict[str, float] = {}


class MemoryUse(msgspec.Struct, frozen=True):
    """Megabytes of the server, before and after the load."""

    idle_rss: float
    idle_pss: float | None
    loaded_rss: float
    loaded_pss: float | None

    @classmethod
    def of(cls, idle: Memory, loaded: Memory) -> MemoryUse:
        """Return what a server held at both moments."""
        return cls(idle.rss_mb, idle.pss_mb, loaded.rss_mb, loaded.pss_mb)


class CaseResult(msgspec.Struct, frozen=True):
    """A case: round for round, first the floor and then the real server."""

    name: str
    title: str
    floor: list[Round]
    real: list[Round]
    memory: MemoryUse


class GuardCost(msgspec.Struct, frozen=True):
    """Microseconds of CPU of one admission in process, of one caller and of a crowd in turn."""

    one: Spread
    crowd: Spread | None


class Results(msgspec.Struct, frozen=True):
    """A whole run."""

    date: str
    connections: int
    rounds: int
    seconds: int
    crowd: int
    load_average: float
    machine: Machine
    guard_us: GuardCost
    cases: list[CaseResult]


class BesideCase(msgspec.Struct, frozen=True):
    """A case: the rounds and the memory of each server, by its name.

    Attributes:
        compared: Which two are set against each other, the one that is divided first.
        remark: What else there is to say.
    """

    name: str
    title: str
    servers: dict[str, list[Round]]
    memory: dict[str, MemoryUse]
    compared: list[tuple[str, str]]
    remark: str


class BesideResults(msgspec.Struct, frozen=True):
    """A whole run of servers beside one another.

    Attributes:
        versions: Those of the programs of others.
    """

    date: str
    connections: int
    rounds: int
    seconds: int
    load_average: float
    machine: Machine
    versions: dict[str, str]
    cases: list[BesideCase]


def save(results: Results | BesideResults, target: Path) -> None:
    """Write the results and say where."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(msgspec.json.format(msgspec.json.encode(results)) + b"\n")
    print(f"Written to {target.relative_to(Path(__file__).parent.parent)}.")


def ratios(case: CaseResult, figure: Callable[[Round], float]) -> Spread:
    """Return the real server's figure by the floor's of the same round."""
    return quotients(case.real, case.floor, figure)


def quotients(
    numerators: Iterable[Round], divisors: Iterable[Round], figure: Callable[[Round], float]
) -> Spread:
    """Return a figure of one server by that of another in the same round."""
    pairs = zip(numerators, divisors, strict=True)
    return spread(figure(one) / figure(other) for one, other in pairs)
