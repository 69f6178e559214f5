from __future__ import annotations

import os
from itertools import chain, islice
from pathlib import Path
from shutil import disk_usage
from typing import TYPE_CHECKING

import pytest
from argon2 import extract_parameters
from hypothesis import settings

from support.deployment import Customer, Deployment
from watchword.passwords import Argon2Passwords

if TYPE_CHECKING:
    from collections.abc import Generator


MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a folder of its own in it
ROOM = 2 * 2**30
MEASURING = "COVERAGE_PROCESS_CONFIG"  # by it, coverage tells processes to measure themselves
QUICK_DECOY = (
    "$argon2id$v=19$m=8,t=1,p=1$d2F0Y2h3b3JkIGRlY295$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)
COVERAGE = pytest.StashKey[str]()
TOGETHER = Path(__file__).parent / "browser"  # its modules share a browser and a server

# How long an example takes is up to the machine, and says nothing.
settings.register_profile("watchword", deadline=None)
settings.load_profile("watchword")


def pytest_configure() -> None:
    """Keep the files of the tests in memory where there is room: a disk makes each commit wait.

    What they show is no weaker: they kill processes, and files outlive these in memory, too.
    """
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and disk_usage(MEMORY).free > ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each tester an equal part, which begins with the tests that take long.

    Those of a module stay together, so that what they share is made once: most often a server.
    """
    testers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if testers == 1:
        return
    parts = _share_out([item for item in items if _is_slow(item)], testers)
    quick = iter([item for item in items if not _is_slow(item)])
    for number, part in enumerate(parts):
        # xdist cuts the list into parts of this size.
        size = (len(items) - sum(map(len, parts[:number]))) // (testers - number)
        part.extend(islice(quick, max(0, size - len(part))))
    items[:] = chain.from_iterable([*parts, quick])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Have the processes of marked tests measured for coverage, and no others: they are many."""
    config = os.environ.pop(MEASURING, None)
    if config is not None:
        item.config.stash[COVERAGE] = config
    if item.get_closest_marker("measured") is not None and COVERAGE in item.config.stash:
        os.environ[MEASURING] = item.config.stash[COVERAGE]


def _is_slow(item: pytest.Item) -> bool:
    return item.get_closest_marker("slow") is not None


def _share_out(slow: list[pytest.Item], testers: int) -> list[list[pytest.Item]]:
    modules: dict[Path, list[pytest.Item]] = {}
    for item in slow:
        is_together = item.path.parent == TOGETHER
        modules.setdefault(TOGETHER if is_together else item.path, []).append(item)
    parts: list[list[pytest.Item]] = [[] for _ in range(testers)]
    for module in sorted(modules.values(), key=len, reverse=True):
        min(parts, key=len).extend(module)
    return parts


@pytest.fixture
def quick_argon2(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chosen passwords cost next to nothing: real Argon2id, of one pass over 8 KiB."""
    monkeypatch.setattr("watchword.passwords.RFC_9106_LOW_MEMORY", extract_parameters(QUICK_DECOY))
    monkeypatch.setattr(Argon2Passwords, "decoy", QUICK_DECOY)


@pytest.fixture
def deployment(tmp_path: Path) -> Generator[Deployment]:
    made = Deployment(tmp_path / "deployment")
    yield made
    made.close()


@pytest.fixture
def customer(deployment: Deployment) -> Customer:
    return deployment.make_customer()
