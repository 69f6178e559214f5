"""Measures the token endpoint and the guard beside the floor; see README.md.

Servers run on one core and the load generator on another; floor and real server take turns.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from subprocess import SubprocessError
from typing import TYPE_CHECKING, Final

import msgspec

from cases import CASES
from cores import choose_cores, cpu_seconds, memory, on_core
from customers import make_deployment
from guard_cost import measure_guard
from launching import end_on_signals, floor_command, running, watchword_command
from report import show
from results import CaseResult, MemoryUse, Results, Round, describe_machine, spread
from wrk import CONNECTIONS, ask, load

if TYPE_CHECKING:
    from cases import Case
    from cores import Cores
    from customers import Deployment
    from launching import Server
    from wrk import Call

_HERE: Final = Path(__file__).parent
_BUILD: Final = _HERE.parent / "build"
_WARM_UP_SECONDS: Final = 1
_INTERRUPTED: Final = 130


def main() -> int:
    """Measure, print, and write the results; return the exit code."""
    options = _read_options()
    end_on_signals()
    options.directory.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="bench-", dir=options.directory) as folder:
            results = _measure(options, Path(folder))
    except KeyboardInterrupt:
        return _INTERRUPTED
    except (RuntimeError, SubprocessError, OSError) as error:
        print(f"The benchmark failed: {error}", file=sys.stderr)
        return 1
    show(results)
    target = _BUILD / "bench.json"
    if options.save:
        target = _HERE / "results" / f"{results.date[:10]}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(msgspec.json.format(msgspec.json.encode(results)) + b"\n")
    print(f"Written to {target.relative_to(_HERE.parent)}.")
    return 0


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    names = [case.name for case in CASES]
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each case")
    parser.add_argument("--seconds", type=int, default=4, help="seconds of a round, each server")
    parser.add_argument("--case", action="append", choices=names, help="only this; repeatable")
    parser.add_argument("--crowd", type=int, default=10_000, help="service users in turn")
    parser.add_argument("--save", action="store_true", help="keep the results under their date")
    parser.add_argument(
        "--directory", type=Path, default=_BUILD, help="where the databases lie for the time"
    )
    return parser.parse_args()


def _measure(options: argparse.Namespace, folder: Path) -> Results:
    cores = choose_cores()
    date, load_average = datetime.now(UTC), os.getloadavg()[0]
    print(f"Making the deployment, with {options.crowd:,} service users ...", file=sys.stderr)
    deployment = make_deployment(folder / "data", options.crowd)
    with on_core(cores.server):
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
        guard_us=spread(guard),
        cases=measured,
    )


def _measure_case(
    case: Case, deployment: Deployment, options: argparse.Namespace, cores: Cores, folder: Path
) -> CaseResult:
    print(f"Measuring: {case.title} ...", file=sys.stderr)
    log, answer = folder / "log", folder / "answer.json"
    real_command = watchword_command(deployment.settings.data_dir)
    with running(real_command, core=cores.server, log=log) as real:
        idle = memory(real.process)
        calls = case.calls(deployment, real.port)
        answer.write_bytes(msgspec.json.encode(ask(real.port, calls[0])))
        with running(floor_command(answer), core=cores.server, log=log) as floor:
            rounds = _take_turns((floor, real), calls, options, cores, folder)
        ask(real.port, calls[0])  # it still answers as it should
        loaded = memory(real.process)
    log.unlink()
    return CaseResult(
        name=case.name,
        title=case.title,
        floor=rounds[0],
        real=rounds[1],
        memory=MemoryUse(idle.rss_mb, idle.pss_mb, loaded.rss_mb, loaded.pss_mb),
    )


def _take_turns(
    servers: tuple[Server, Server],
    calls: list[Call],
    options: argparse.Namespace,
    cores: Cores,
    folder: Path,
) -> tuple[list[Round], list[Round]]:
    for server in servers:
        _take_round(server, calls, _WARM_UP_SECONDS, cores, folder)
    rounds: tuple[list[Round], list[Round]] = ([], [])
    for _ in range(options.rounds):
        for server, taken in zip(servers, rounds, strict=True):
            taken.append(_take_round(server, calls, options.seconds, cores, folder))
    return rounds


def _take_round(
    server: Server, calls: list[Call], seconds: int, cores: Cores, folder: Path
) -> Round:
    before = cpu_seconds(server.process)
    given = load(server.port, calls, seconds=seconds, core=cores.load, folder=folder)
    used = cpu_seconds(server.process) - before
    return Round(
        requests=given.requests,
        requests_per_second=given.requests / given.seconds,
        requests_per_core_second=given.requests / used,
        p50_ms=given.p50_ms,
        p99_ms=given.p99_ms,
        server_busy=used / given.seconds,
        load_busy=given.busy,
    )


if __name__ == "__main__":
    sys.exit(main())
