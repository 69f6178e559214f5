"""Shows where the server's time goes in one case, function by function; see README.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from subprocess import SubprocessError
from typing import TYPE_CHECKING, Final

import msgspec
from rich.console import Console
from rich.table import Table

from cases import CASES, find_case
from cores import choose_cores, cpu_seconds
from customers import make_deployment
from launching import end_on_signals, running, sampled_command
from sampled_server import Group, Profile
from spreads import spread
from wrk import load

if TYPE_CHECKING:
    from cases import Case
    from sampled_server import ThreadProfile

_BUILD: Final = Path(__file__).parent.parent / "build"
_INTERRUPTED: Final = 130
_NANOSECONDS_PER_US: Final = 1_000


def main() -> int:
    """Load the server for some seconds and print its profile; return the exit code."""
    options = _read_options()
    end_on_signals()
    _BUILD.mkdir(exist_ok=True)
    case = find_case(options.case)
    try:
        with tempfile.TemporaryDirectory(prefix="profile-", dir=_BUILD) as folder:
            profile, requests, used = _take_profile(case, options, Path(folder))
    except KeyboardInterrupt:
        return _INTERRUPTED
    except (RuntimeError, SubprocessError, OSError) as error:
        print(f"The profile failed: {error}", file=sys.stderr)
        return 1
    console = Console(width=None if Console().is_terminal else 120)
    console.print(f"{case.title}: {requests} requests, {used / requests * 1e6:.0f} us of CPU each.")
    for name, thread in profile.threads.items():
        console.print(_table(name, thread, requests, options.lines))
    if profile.groups:
        _print_groups(console, profile.groups)
    return 0


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", choices=[case.name for case in CASES])
    parser.add_argument("--seconds", type=int, default=6, help="how long the server is asked")
    parser.add_argument("--crowd", type=int, default=1_000, help="service users in turn")
    parser.add_argument("--lines", type=int, default=30, help="functions shown of each thread")
    return parser.parse_args()


def _take_profile(
    case: Case, options: argparse.Namespace, folder: Path
) -> tuple[Profile, int, float]:
    cores, log, target = choose_cores(), folder / "log", folder / "profile.json"
    deployment = make_deployment(folder / "data", options.crowd)
    command = sampled_command(deployment.settings.data_dir, target)
    with running(command, cores=[cores.server], log=log, settings=dict(case.settings)) as server:
        calls = case.calls(deployment, server.port)
        before = cpu_seconds(server.process)
        given = load(server.port, calls, seconds=options.seconds, core=cores.load, folder=folder)
        used = cpu_seconds(server.process) - before
    profile = msgspec.json.decode(target.read_bytes(), type=Profile)
    return profile, given.requests, used


def _table(name: str, thread: ThreadProfile, requests: int, lines: int) -> Table:
    each = thread.cpu / requests / _NANOSECONDS_PER_US
    table = Table(title=f"{name}: {each:.0f} us a request", title_justify="left")
    table.add_column("function")
    table.add_column("own us", justify="right")
    table.add_column("own %", justify="right")
    table.add_column("with calls us", justify="right")
    for function, own in sorted(thread.own.items(), key=lambda item: -item[1])[:lines]:
        table.add_row(
            function,
            f"{own / requests / _NANOSECONDS_PER_US:.1f}",
            f"{own / thread.cpu:.1%}",
            f"{thread.total[function] / requests / _NANOSECONDS_PER_US:.1f}",
        )
    return table


def _print_groups(console: Console, groups: list[Group]) -> None:
    table = Table(title=f"{len(groups)} groups of changes", title_justify="left")
    for column in ("", "median", "least", "most"):
        table.add_column(column, justify="right" if column else "left")
    rows: dict[str, list[float]] = {
        "changes in a group": [group.size for group in groups],
        "their statements, us": [group.wall / _NANOSECONDS_PER_US for group in groups],
        "their CPU, us": [group.cpu / _NANOSECONDS_PER_US for group in groups],
        "commit, us": [group.commit_wall / _NANOSECONDS_PER_US for group in groups],
        "its CPU, us": [group.commit_cpu / _NANOSECONDS_PER_US for group in groups],
    }
    for name, figures in rows.items():
        of = spread(figures)
        table.add_row(name, *(f"{figure:,.0f}" for figure in (of.median, of.least, of.most)))
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
