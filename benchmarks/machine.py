"""The machine that figures were taken on. No names, no paths."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

import apsw
import msgspec

from spreads import Spread, spread

if TYPE_CHECKING:
    from collections.abc import Callable

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


class Machine(msgspec.Struct, frozen=True):
    """What the figures depend on."""

    cpu: str
    cores: int
    kernel: str
    python: str
    sqlite: str
    wrk: str
    filesystem: str
    fsync_us: Spread
    libraries: dict[str, str]


def describe_machine(data_dir: Path, clock: Callable[[], float]) -> Machine:
    """Describe this machine."""
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
