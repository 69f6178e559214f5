"""Shows the results of servers beside one another as tables."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from report import FIGURES, machine_line, memory_line, text, warnings
from results import quotients
from spreads import spread

if TYPE_CHECKING:
    from results import BesideCase, BesideResults, Round


def show(results: BesideResults) -> None:
    """Print everything that was found out."""
    console = Console(width=None if Console().is_terminal else 190)
    for case in results.cases:
        console.print(_table(case))
        for line in (*_parts(case), *_comparisons(case), *_memories(case)):
            console.print(line)
        console.print()
    console.print(machine_line(results.machine))
    if results.versions:
        named = (f"{name} {version}" for name, version in results.versions.items())
        console.print(f"Beside: {', '.join(named)}.")
    rounds = {
        f"{case.name}: {server}": taken
        for case in results.cases
        for server, taken in case.servers.items()
    }
    for warning in warnings(results.machine, results.load_average, rounds):
        console.print(f"[yellow]Mind:[/] {warning}")


def per_core_second(taken: Round) -> float:
    """Return the figure in which servers are compared."""
    return taken.requests_per_core_second


def _table(case: BesideCase) -> Table:
    table = Table(title=case.title, caption="median (least to most)", title_justify="left")
    table.add_column("", no_wrap=True)
    for name in FIGURES:
        table.add_column(name, justify="right")
    for server, taken in case.servers.items():
        row = (text(spread(figure(one) for one in taken)) for figure in FIGURES.values())
        table.add_row(server, *row)
    return table


def _parts(case: BesideCase) -> list[str]:
    lines = []
    for server, taken in case.servers.items():
        shares = [
            f"{part} {median(one.parts_us[part] for one in taken):.1f}"
            for part in taken[0].parts_us
        ]
        if shares:
            lines.append(f"  {server}: {', '.join(shares)}")
    return ["Microseconds of CPU a request, medians:", *lines] if lines else []


def _comparisons(case: BesideCase) -> list[str]:
    if not case.compared:
        return []
    lines = [
        f"  {one} by {other}: "
        f"{text(quotients(case.servers[one], case.servers[other], per_core_second))}"
        for one, other in case.compared
    ]
    remark = [case.remark] if case.remark else []
    return ["Requests per core-second, round by round:", *lines, *remark]


def _memories(case: BesideCase) -> list[str]:
    lines = [f"  {server}: {memory_line(held)}" for server, held in case.memory.items()]
    return ["Memory in MB:", *lines]
