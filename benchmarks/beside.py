"""Measures servers beside one another: all stay up, and each takes its turn in every round."""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from cores import choose_cores, memory, on_cores
from launching import floor_command, running
from machine import describe_machine
from results import BesideCase, BesideResults, MemoryUse
from rounds import take_turns
from wrk import CONNECTIONS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from cores import Cores
    from floor import CapturedAnswer
    from launching import Server
    from rounds import Contender


@dataclass(frozen=True, slots=True)
class Run:
    """What all cases of a run have in common.

    Attributes:
        stack: Ends what is started for a case.
    """

    options: argparse.Namespace
    cores: Cores
    folder: Path
    stack: ExitStack

    @property
    def seconds(self) -> int:
        """How long a round lasts."""
        seconds: int = self.options.seconds
        return seconds

    def start(
        self,
        command: Sequence[str],
        *,
        cores: Sequence[int] | None = None,
        port: int | None = None,
    ) -> Server:
        """Start a server, on the servers' core when no other is named (see `running`)."""
        where = [self.cores.server] if cores is None else cores
        log = self.folder / "log"
        return self.stack.enter_context(running(command, cores=where, log=log, port=port))

    def start_floor(self, answer: CapturedAnswer) -> Server:
        """Start a server that gives this answer, and does nothing else."""
        file = self.folder / "answer.json"
        file.write_bytes(msgspec.json.encode(answer))
        return self.start(floor_command(file))


@dataclass(frozen=True, slots=True)
class Contest:
    """The servers of a case, and what is to be said of them.

    Attributes:
        compared: Which two are set against each other, the one that is divided first.
        remark: Looks at the rounds and says what else there is to say.
    """

    contenders: dict[str, Contender]
    compared: list[tuple[str, str]]
    remark: Callable[[BesideCase], str] = field(default=lambda _case: "")


@dataclass(frozen=True, slots=True)
class SideBySide:
    """A case of servers beside one another.

    Attributes:
        prepare: Starts them.
    """

    name: str
    title: str
    prepare: Callable[[Run], Contest]


def measure_beside(
    options: argparse.Namespace,
    folder: Path,
    cases: Sequence[SideBySide],
    versions: Mapping[str, str],
) -> BesideResults:
    """Measure the cases that were asked for, all by default."""
    cores = choose_cores()
    date, load_average = datetime.now(UTC), os.getloadavg()[0]
    with on_cores(cores.server):
        machine = describe_machine(folder, time.perf_counter)
    return BesideResults(
        date=f"{date:%Y-%m-%dT%H:%M:%SZ}",
        connections=CONNECTIONS,
        rounds=options.rounds,
        seconds=options.seconds,
        load_average=load_average,
        machine=machine,
        versions=dict(versions),
        cases=[
            _measure_case(case, options, cores, folder)
            for case in cases
            if not options.case or case.name in options.case
        ],
    )


def _measure_case(
    case: SideBySide, options: argparse.Namespace, cores: Cores, folder: Path
) -> BesideCase:
    print(f"Measuring: {case.title} ...", file=sys.stderr)
    with ExitStack() as stack:
        contest = case.prepare(Run(options, cores, folder, stack))
        named = contest.contenders
        idle = {name: memory(each.server.process) for name, each in named.items()}
        taken = take_turns(list(named.values()), options.rounds, cores, folder)
        loaded = {name: memory(each.server.process) for name, each in named.items()}
    (folder / "log").unlink()
    found = BesideCase(
        name=case.name,
        title=case.title,
        servers=dict(zip(named, taken, strict=True)),
        memory={name: MemoryUse.of(idle[name], loaded[name]) for name in named},
        compared=contest.compared,
        remark="",
    )
    return msgspec.structs.replace(found, remark=contest.remark(found))
