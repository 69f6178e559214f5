"""Measures what more service users and more workers change; see README.md."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from typing import TYPE_CHECKING, Final

from beside import Contest, SideBySide, measure_beside
from beside_report import show
from cases import find_case
from customers import make_deployment
from launching import watchword_command
from many_users import register_many
from program import add_options, carry_out
from rounds import Contender
from wrk import ask

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from beside import Run
    from cases import Case
    from customers import Deployment
    from results import BesideCase, BesideResults

_FEW: Final = 100
"""So many service users call; in the smaller deployment there are no others."""
_MANY: Final = 1_000_000
_USERS: Final = {
    "users-authorize": ("authorize-crowd", "/profile/authorize"),
    "users-token": ("token-crowd", "durable token requests"),
}
_WORKERS: Final = "workers"
_FLOOR: Final = "floor, 1 worker"
_ONE: Final = "1 worker"
_TWO_ON_ONE: Final = "2 workers on one core"
_TWO_ON_TWO: Final = "2 workers on two cores"


def main() -> int:
    """Measure, print, and write the results; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser, [*_USERS, _WORKERS])
    parser.add_argument("--users", type=int, default=_MANY, help="in the larger deployment")
    return carry_out(
        parser.parse_args(), _measure, show, kept="{date}-scale.json", otherwise="bench-scale.json"
    )


def _measure(options: argparse.Namespace, folder: Path) -> BesideResults:
    cases = []
    chosen = options.case or [*_USERS, _WORKERS]
    if any(name in _USERS for name in chosen):
        sizes = {f"{size:,} users": size for size in (_FEW, options.users)}
        made = {name: _make(folder / f"data-{size}", size) for name, size in sizes.items()}
        for name, (case, asked) in _USERS.items():
            title = f"{asked} of {_FEW} callers, by registered service users"
            cases.append(SideBySide(name, title, partial(_prepare_users, find_case(case), made)))
    title = "/profile/authorize of one caller, by workers"
    cases.append(SideBySide(_WORKERS, title, _prepare_workers))
    return measure_beside(options, folder, cases, {})


def _make(data_dir: Path, users: int) -> Deployment:
    print(f"Making a deployment with {users:,} service users ...", file=sys.stderr)
    deployment = make_deployment(data_dir, _FEW)
    register_many(deployment.settings, users - _FEW)
    return deployment


def _prepare_users(case: Case, made: dict[str, Deployment], run: Run) -> Contest:
    contenders = {
        name: _contender(run, case, deployment, workers=1) for name, deployment in made.items()
    }
    few, many = contenders
    return Contest(contenders, [(many, few)], _compare_memory)


def _prepare_workers(run: Run) -> Contest:
    case, cores = find_case("authorize"), run.cores
    deployments = [make_deployment(run.folder / f"workers-{number}", 0) for number in range(3)]
    one = _contender(run, case, deployments[0], workers=1)
    floor = run.start_floor(ask(one.server.port, one.calls[0]))
    return Contest(
        {
            _FLOOR: Contender(floor, one.calls, run.seconds),
            _ONE: one,
            _TWO_ON_ONE: _contender(run, case, deployments[1], workers=2),
            _TWO_ON_TWO: _contender(run, case, deployments[2], workers=2, cores=cores.both),
        },
        [(_ONE, _FLOOR), (_TWO_ON_ONE, _ONE), (_TWO_ON_TWO, _ONE)],
    )


def _contender(
    run: Run,
    case: Case,
    deployment: Deployment,
    *,
    workers: int,
    cores: Sequence[int] | None = None,
) -> Contender:
    command = watchword_command(deployment.settings.data_dir, workers)
    server = run.start(command, cores=cores)
    calls = case.calls(deployment, server.port)
    return Contender(server, calls, run.seconds, warm_up_seconds=case.warm_up_seconds)


def _compare_memory(case: BesideCase) -> str:
    few, many = case.memory.values()
    idle, loaded = many.idle_rss - few.idle_rss, many.loaded_rss - few.loaded_rss
    return f"RSS with more service users: {idle:+.1f} MB idle, {loaded:+.1f} MB after the load."


if __name__ == "__main__":
    sys.exit(main())
