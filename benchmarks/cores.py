"""Keeps server and load generator on cores of their own, and reads from /proc what they cost."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator

_PROC: Final = Path("/proc")
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_KIB_PER_MB: Final = 1024


@dataclass(frozen=True, slots=True)
class Cores:
    """Which core serves and which one asks.

    Attributes:
        both: Two cores for two workers: where there are three, the load has its own.
    """

    server: int
    load: int
    both: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Memory:
    """What a server holds; `pss_mb` is None where the kernel does not tell."""

    rss_mb: float
    pss_mb: float | None


def choose_cores() -> Cores:
    """Return two of the cores this process may use.

    Raises:
        RuntimeError: If there is only one: the load would be measured with the server.
    """
    available = sorted(os.sched_getaffinity(0))
    if not available[1:]:
        raise RuntimeError("the benchmarks need two cores: one serves, one asks")
    third = available[2 % len(available)]
    return Cores(server=available[1], load=available[0], both=(available[1], third))


@contextmanager
def on_cores(*cores: int) -> Generator[None]:
    """Run on these cores alone; processes started meanwhile stay there."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_seconds(process: int) -> float:
    """Return the CPU time, user and system, of a process and the processes it started."""
    return sum(_ticks(each) for each in _tree(process)) / _TICKS


def memory(process: int) -> Memory:
    """Return the memory of a process and the processes it started."""
    tree = _tree(process)
    pss = [_kib(_PROC / str(each) / "smaps_rollup", "Pss:") for each in tree]
    rss = [_kib(_PROC / str(each) / "status", "VmRSS:") or 0 for each in tree]
    known = [size for size in pss if size is not None]
    return Memory(
        rss_mb=sum(rss) / _KIB_PER_MB,
        pss_mb=sum(known) / _KIB_PER_MB if len(known) == len(pss) else None,
    )


def _tree(process: int) -> list[int]:
    found = [process]
    for task in (_PROC / str(process) / "task").iterdir():
        for child in (task / "children").read_text().split():
            found += _tree(int(child))
    return found


def _ticks(process: int) -> int:
    # The name, in brackets, may hold anything; the figures start behind it with field 3.
    fields = (_PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _kib(file: Path, name: str) -> int | None:
    try:
        for line in file.read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1])
    except PermissionError:
        return None
    return None
