"""What a run found out: the figures, their medians, and the machine they were taken on."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

import apsw
import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LIBRARIES: Final = (
    "watchword",
    "uvicorn",
    "uvloop",
    "httptools",
    "apsw",
    "cryptography",
    "joserfc",
    "msgspec",
    "graphql-core",
)
_FSYNCS: Final = 200
_PAGE: Final = 4_096


class Spread(msgspec.Struct, frozen=True):
    """Several rounds of one figure."""

    median: float
    least: float
    most: float


class Round(msgspec.Struct, frozen=True):
    """One round of load on one server."""

    requests: int
    requests_per_second: float
    requests_per_core_second: float
    p50_ms: float
    p99_ms: float
    server_busy: float
    load_busy: float


class MemoryUse(msgspec.Struct, frozen=True):
    """Megabytes of the server, before and after the load."""

    idle_rss: float
    idle_pss: float | None
    loaded_rss: float
    loaded_pss: float | None


class CaseResult(msgspec.Struct, frozen=True):
    """A case: round for round, first the floor and then the real server."""

    name: str
    title: str
    floor: list[Round]
    real: list[Round]
    memory: MemoryUse


class Machine(msgspec.Struct, frozen=True):
    """Where it ran. No names, no paths."""

    cpu: str
    cores: int
    kernel: str
    python: str
    sqlite: str
    wrk: str
    filesystem: str
    fsync_us: Spread
    libraries: dict[str, str]


class Results(msgspec.Struct, frozen=True):
    """A whole run."""

    date: str
    connections: int
    rounds: int
    seconds: int
    crowd: int
    load_average: float
    machine: Machine
    guard_us: Spread
    cases: list[CaseResult]


class PeerCaseResult(msgspec.Struct, frozen=True):
    """A case: the rounds of each server, by its name."""

    name: str
    title: str
    servers: dict[str, list[Round]]


class PeerResults(msgspec.Struct, frozen=True):
    """A whole run beside other servers."""

    date: str
    connections: int
    rounds: int
    seconds: int
    load_average: float
    machine: Machine
    peers: dict[str, str]
    cases: list[PeerCaseResult]


def spread(values: Iterable[float]) -> Spread:
    """Return middle, least and most."""
    kept = list(values)
    return Spread(statistics.median(kept), min(kept), max(kept))


def save(results: Results | PeerResults, target: Path) -> None:
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


def describe_machine(data_dir: Path, clock: Callable[[], float]) -> Machine:
    """Describe what the figures depend on."""
    shown = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False)
    return Machine(
        cpu=_cpu_model(),
        cores=os.cpu_count() or 0,
        kernel=platform.release().partition("-")[0],
        python=platform.python_version(),
        sqlite=apsw.sqlite_lib_version(),
        wrk=" ".join((shown.stdout + shown.stderr).split()[:2]),
        filesystem=find_filesystem(data_dir),
        fsync_us=_measure_fsync(data_dir / "fsync", clock),
        libraries={name: version(name) for name in LIBRARIES},
    )


def find_filesystem(folder: Path) -> str:
    """Return the type of the file system that a folder is on."""
    folder = folder.resolve()
    found = ("", "unknown")
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        mounted, _, source = line.partition(" - ")
        point = mounted.split()[4]
        if folder.is_relative_to(point) and len(point) >= len(found[0]):
            found = (point, source.split()[0])
    return found[1]


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _measure_fsync(file: Path, clock: Callable[[], float]) -> Spread:
    """Append pages as a write-ahead log does, each made durable."""
    taken = []
    with file.open("wb", buffering=0) as pages:
        for _ in range(_FSYNCS):
            start = clock()
            pages.write(bytes(_PAGE))
            os.fdatasync(pages.fileno())
            taken.append((clock() - start) * 1e6)
    file.unlink()
    return spread(taken)
