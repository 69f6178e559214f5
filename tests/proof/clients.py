"""Client processes that load one server together, and the history that they record."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING, Final

from proof.extent import tell
from proof.history import RECORD_BYTES, Kind, Operation, pack, read_history
from proof.load import Client, Customer

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess
    from pathlib import Path

PROCESSES: Final = 3
_CONNECTIONS: Final = 4
_REVOCATIONS: Final = 0.005
_REPORT_SECONDS: Final = 5
_BUFFER_BYTES: Final = 1_000 * RECORD_BYTES


@dataclass(frozen=True, slots=True)
class Errand:
    """What one client process does."""

    port: int
    customers: list[Customer]
    calls: int
    seed: int
    file: Path


def record_history(
    port: int, customers: list[Customer], *, calls: int, seed: int, folder: Path
) -> list[Operation]:
    """Let client processes issue and call at once until so many calls are made.

    Args:
        port: Where the server listens on loopback.
        customers: Their places are the numbers of the users in the history.
        calls: How many, of all processes together.
        seed: What is asked depends on it and on the answers.
        folder: Takes the processes' records.
    """
    errands = [
        Errand(port, customers, calls // PROCESSES + 1, seed + number, folder / f"client-{number}")
        for number in range(PROCESSES)
    ]
    spawn = get_context("spawn")
    processes = [spawn.Process(target=_run, args=(errand,)) for errand in errands]
    for process in processes:
        process.start()
    try:
        for process in processes:
            _follow(process, errands)
            assert process.exitcode == 0, "a client process failed"
    finally:
        for process in processes:
            process.kill()
            process.join()
            process.close()
    return read_history([errand.file for errand in errands])


def _follow(process: SpawnProcess, errands: list[Errand]) -> None:
    process.join(_REPORT_SECONDS)
    while process.is_alive():
        written = sum(errand.file.stat().st_size for errand in errands if errand.file.exists())
        tell(f"{written // RECORD_BYTES} operations so far")
        process.join(_REPORT_SECONDS)


def _run(errand: Errand) -> None:
    with errand.file.open("wb", buffering=_BUFFER_BYTES) as file:
        left = errand.calls

        def record(operation: Operation) -> None:
            nonlocal left
            file.write(pack(operation))
            if operation.kind is Kind.CALL:
                left -= 1
                if left <= 0:
                    client.stop()

        client = Client(
            errand.port, errand.customers, record, errand.seed, revocations=_REVOCATIONS
        )
        asyncio.run(client.run(_CONNECTIONS))
