"""Whatever happens to a server, at most one token is live and no acknowledged one is lost."""

from __future__ import annotations

import asyncio
from itertools import cycle, islice
from typing import TYPE_CHECKING, Final

import pytest

from proof.crashes import ENDS, Disturbance, Ordeal, judge
from proof.customers import make_customers
from proof.extent import CRASH_SERVERS, IS_SOAK, draw_seed, tell
from proof.history import Answer, Kind, Operation
from proof.linearizability import check, weigh
from proof.servers import SmallDiskServer, can_mount, ending, serving

if TYPE_CHECKING:
    from pathlib import Path

_USERS: Final = ("svc-first", "svc-second", "svc-third")
_LIVES: Final[tuple[tuple[Disturbance, ...], ...]] = (
    (Disturbance.KILLED_WORKER, Disturbance.FULL_DISK, Disturbance.KILLED_SERVER),
    (Disturbance.FULL_DISK, Disturbance.STOPPED_SERVER),
)


@pytest.mark.behaviour(
    36,
    "Workers and servers that are killed at any instant, and a full disk, leave one live token or "
    "none, and lose none that was acknowledged",
)
@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2, 4] if IS_SOAK else [1, 2])
def test_kills_and_a_full_disk_leave_one_live_token_or_none_and_lose_none_that_was_acknowledged(
    tmp_path: Path, workers: int
) -> None:
    seed = draw_seed()
    tell(f"{workers} workers, seed {seed}")
    ordeal = Ordeal(make_customers(tmp_path / "data", _USERS), seed)

    asyncio.run(suffer(ordeal, tmp_path, workers))

    history = ordeal.journal.operations
    weights = weigh(history)
    tell(str(dict(weights)))
    assert ordeal.violations == [], "\n".join(map(str, ordeal.violations[:10]))
    violations = check(history)
    assert violations == [], "\n".join(map(str, violations[:10]))
    assert weights["unavailable"] > 0
    assert weights["unanswered"] > 0


async def suffer(ordeal: Ordeal, folder: Path, workers: int) -> None:
    """Start servers one after another; the last thing that happens to each is its end."""
    for disturbances in islice(cycle(_LIVES), CRASH_SERVERS):
        with serving(folder / "data", workers, folder / "log") as server:
            await ordeal.examine(server)
            for disturbance in disturbances:
                if disturbance is Disturbance.KILLED_WORKER and workers == 1:
                    continue
                await ordeal.disturb(server, disturbance)
                if disturbance not in ENDS:
                    await ordeal.examine(server)
    with serving(folder / "data", workers, folder / "log") as server:
        await ordeal.examine(server)


@pytest.mark.slow
@pytest.mark.skipif(not can_mount(), reason="no file system of one's own can be made here")
def test_a_full_file_system_leaves_the_live_token_live_and_issuing_works_again_when_there_is_room(
    tmp_path: Path,
) -> None:
    seed = draw_seed()
    tell(f"a full file system, seed {seed}")
    ordeal = Ordeal(make_customers(tmp_path / "data", _USERS), seed)

    with ending(SmallDiskServer(tmp_path / "data", tmp_path / "log")) as server:
        for _ in range(CRASH_SERVERS):
            asyncio.run(ordeal.disturb(server, Disturbance.FULL_DISK))
            asyncio.run(ordeal.examine(server))

    assert "the disk is full" in (tmp_path / "log").read_text()
    assert ordeal.violations == [], "\n".join(map(str, ordeal.violations[:10]))
    violations = check(ordeal.journal.operations)
    assert violations == [], "\n".join(map(str, violations[:10]))


def call(generation: int, answer: Answer) -> Operation:
    return Operation(0, Kind.CALL, answer, generation, generation, generation)


@pytest.mark.parametrize(
    "calls",
    [
        [],
        [call(1, Answer.DONE)],
        [call(1, Answer.SUPERSEDED), call(2, Answer.DONE)],
        # A newer one was recorded, and its answer never came.
        [call(1, Answer.SUPERSEDED), call(2, Answer.SUPERSEDED)],
    ],
)
def test_what_a_crash_may_leave_behind_passes(calls: list[Operation]) -> None:
    assert judge(calls) == []


@pytest.mark.parametrize(
    "calls",
    [
        pytest.param([call(1, Answer.DONE), call(2, Answer.DONE)], id="two live tokens"),
        pytest.param([call(1, Answer.DONE), call(2, Answer.SUPERSEDED)], id="an older live token"),
        pytest.param([call(1, Answer.SUPERSEDED), call(2, Answer.REVOKED)], id="a lost token"),
        pytest.param([call(1, Answer.UNAVAILABLE)], id="no answer"),
    ],
)
def test_what_a_crash_must_not_leave_behind_is_reported(calls: list[Operation]) -> None:
    assert judge(calls) != []
