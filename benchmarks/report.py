"""Shows the results of a run as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table

from results import ratios
from spreads import spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from machine import Machine
    from results import CaseResult, MemoryUse, Results, Round
    from spreads import Spread

FIGURES: Final[dict[str, Callable[[Round], float]]] = {
    "requests/s": lambda taken: taken.requests_per_second,
    "requests/core-second": lambda taken: taken.requests_per_core_second,
    "p50 ms": lambda taken: taken.p50_ms,
    "p99 ms": lambda taken: taken.p99_ms,
    "server's core busy": lambda taken: taken.server_busy,
    "load's core busy": lambda taken: taken.load_busy,
}
_BESIDE_GUARD: Final = "authorize"
_HUNDRED: Final = 100
_QUIET: Final = 0.5
_BUSY: Final = 0.9


def show(results: Results) -> None:
    """Print everything that was found out."""
    console = Console(width=None if Console().is_terminal else 120)
    for case in results.cases:
        console.print(_table(case))
        console.print(f"Memory of the worker, MB: {memory_line(case.memory)}", end="\n\n")
    console.print(_guard_line(results))
    console.print(machine_line(results.machine))
    rounds = {case.name: [*case.floor, *case.real] for case in results.cases}
    for warning in warnings(results.machine, results.load_average, rounds):
        console.print(f"[yellow]Mind:[/] {warning}")


def _table(case: CaseResult) -> Table:
    table = Table(title=case.title, caption="median (least to most)", title_justify="left")
    table.add_column("")
    for name in ("floor", "real", "real/floor"):
        table.add_column(name, justify="right")
    for name, figure in FIGURES.items():
        table.add_row(
            name,
            text(spread(figure(taken) for taken in case.floor)),
            text(spread(figure(taken) for taken in case.real)),
            text(ratios(case, figure)),
        )
    return table


def _guard_line(results: Results) -> str:
    cost = results.guard_us
    line = f"The guard alone, in process, microseconds of CPU: one caller {text(cost.one)}"
    if cost.crowd is not None:
        line += f"; {results.crowd:,} callers in turn {text(cost.crowd)}"
    floors = {case.name: case.floor for case in results.cases}
    if _BESIDE_GUARD in floors:
        costs = spread(1e6 / taken.requests_per_core_second for taken in floors[_BESIDE_GUARD])
        line += f"; a request of the floor {text(costs)}"
    return f"{line}."


def memory_line(held: MemoryUse) -> str:
    """Write what a server held before and after the load."""
    pss = "unknown" if held.idle_pss is None else f"{held.idle_pss:.0f}"
    loaded_pss = "unknown" if held.loaded_pss is None else f"{held.loaded_pss:.0f}"
    return (
        f"idle RSS {held.idle_rss:.0f}, PSS {pss}; "
        f"after the load RSS {held.loaded_rss:.0f}, PSS {loaded_pss}."
    )


def machine_line(machine: Machine) -> str:
    """Describe the machine in two lines."""
    libraries = ", ".join(f"{name} {number}" for name, number in machine.libraries.items())
    return (
        f"{machine.cpu}, {machine.cores} cores, Linux {machine.kernel}, Python {machine.python}, "
        f"SQLite {machine.sqlite}, {machine.wrk}; {libraries}.\n"
        f"Data on {machine.filesystem}: a page made durable takes {text(machine.fsync_us)} "
        "microseconds."
    )


def warnings(
    machine: Machine, load_average: float, rounds: Mapping[str, Iterable[Round]]
) -> list[str]:
    """Return what a reader should know; the rounds are named for it."""
    found = []
    if machine.filesystem == "tmpfs":
        found.append("the data lie in memory (tmpfs), so that a durable commit costs nothing.")
    if load_average > _QUIET:
        found.append(
            f"the machine was not quiet: load average {load_average:.2f} before the run. "
            "Read the ratios, not the figures."
        )
    # A floor that outruns the load generator flatters the ratio.
    found += [
        f"the load generator was at its limit in '{name}'."
        for name, taken in rounds.items()
        if max(one.load_busy for one in taken) > _BUSY
    ]
    return found


def text(figures: Spread) -> str:
    """Write several rounds of one figure."""
    return f"{_short(figures.median)} ({_short(figures.least)} to {_short(figures.most)})"


def _short(figure: float) -> str:
    return f"{figure:,.0f}" if abs(figure) >= _HUNDRED else f"{figure:.2f}"
