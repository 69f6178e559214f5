"""Measures the token endpoint, the guard and `/authorize` beside the floor; see README.md.

Servers run on one core and the load generator on another; floor and real server take turns.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from cases import CASES
from cores import choose_cores, memory, on_cores
from customers import make_deployment
from guard_cost import measure_guard
from launching import floor_command, running, watchword_command
from machine import describe_machine
from program import add_options, carry_out
from report import show
from results import CaseResult, MemoryUse, Results
from rounds import Contender, take_turns
from wrk import CONNECTIONS, ask

if TYPE_CHECKING:
    from pathlib import Path

    from cases import Case
    from cores import Cores
    from customers import Deployment


def main() -> int:
    """Measure, print, and write the results; return the exit code."""
    options = _read_options()
    return carry_out(options, _measure, show, kept="{date}.json", otherwise="bench.json")


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser, [case.name for case in CASES], seconds=3)
    parser.add_argument("--crowd", type=int, default=10_000, help="service users in turn")
    return parser.parse_args()


def _measure(options: argparse.Namespace, folder: Path) -> Results:
    cores = choose_cores()
    date, load_average = datetime.now(UTC), os.getloadavg()[0]
    print(f"Making the deployment, with {options.crowd:,} service users ...", file=sys.stderr)
    deployment = make_deployment(folder / "data", options.crowd)
    with on_cores(cores.server):
        machine = describe_machine(folder, time.perf_counter)
        guard = measure_guard(deployment, options.rounds)
    chosen = [case for case in CASES if not options.case or case.name in options.case]
    measured = [_measure_case(case, deployment, options, cores, folder) for case in chosen]
    return Results(
        date=f"{date:%Y-%m-%dT%H:%M:%SZ}",
        connections=CONNECTIONS,
        rounds=options.rounds,
        seconds=options.seconds,
        crowd=options.crowd,
        load_average=load_average,
        machine=machine,
        guard_us=guard,
        cases=measured,
    )


def _measure_case(
    case: Case, deployment: Deployment, options: argparse.Namespace, cores: Cores, folder: Path
) -> CaseResult:
    print(f"Measuring: {case.title} ...", file=sys.stderr)
    log, answer = folder / "log", folder / "answer.json"
    real_command = watchword_command(deployment.settings.data_dir)
    settings = dict(case.settings)
    with running(real_command, cores=[cores.server], log=log, settings=settings) as real:
        idle = memory(real.process)
        calls = case.calls(deployment, real.port)
        answer.write_bytes(msgspec.json.encode(ask(real.port, calls[0])))
        with running(floor_command(answer), cores=[cores.server], log=log) as floor:
            contenders = [
                Contender(each, calls, options.seconds, warm_up_seconds=case.warm_up_seconds)
                for each in (floor, real)
            ]
            rounds = take_turns(contenders, options.rounds, cores, folder)
        ask(real.port, calls[0])  # it still answers as it should
        loaded = memory(real.process)
    log.unlink()
    return CaseResult(
        name=case.name,
        title=case.title,
        floor=rounds[0],
        real=rounds[1],
        memory=MemoryUse.of(idle, loaded),
    )


if __name__ == "__main__":
    sys.exit(main())
