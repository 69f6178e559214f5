"""Shows the results of a run as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table

from results import ratios, spread

if TYPE_CHECKING:
    from collections.abc import Callable

    from results import CaseResult, Machine, Results, Round, Spread

_FIGURES: Final[dict[str, Callable[[Round], float]]] = {
    "requests/s": lambda taken: taken.requests_per_second,
    "requests/core-second": lambda taken: taken.requests_per_core_second,
    "p50 ms": lambda taken: taken.p50_ms,
    "p99 ms": lambda taken: taken.p99_ms,
    "server's core busy": lambda taken: taken.server_busy,
    "load's core busy": lambda taken: taken.load_busy,
}
_HUNDRED: Final = 100
_QUIET: Final = 0.5
_BUSY: Final = 0.9


def show(results: Results) -> None:
    """Print everything that was found out."""
    console = Console(width=None if Console().is_terminal else 120)
    for case in results.cases:
        console.print(_table(case))
        console.print(_memory_line(case), end="\n\n")
    guard = results.guard_us
    console.print(f"The guard alone, token seen before, in process: {_text(guard)} microseconds.")
    console.print(_machine_line(results.machine))
    for warning in _warnings(results):
        console.print(f"[yellow]Mind:[/] {warning}")


def _table(case: CaseResult) -> Table:
    table = Table(title=case.title, caption="median (least to most)", title_justify="left")
    table.add_column("")
    for name in ("floor", "real", "real/floor"):
        table.add_column(name, justify="right")
    for name, figure in _FIGURES.items():
        table.add_row(
            name,
            _text(spread(figure(taken) for taken in case.floor)),
            _text(spread(figure(taken) for taken in case.real)),
            _text(ratios(case, figure)),
        )
    return table


def _memory_line(case: CaseResult) -> str:
    held = case.memory
    pss = "unknown" if held.idle_pss is None else f"{held.idle_pss:.0f}"
    loaded_pss = "unknown" if held.loaded_pss is None else f"{held.loaded_pss:.0f}"
    return (
        f"Memory of the worker, MB: idle RSS {held.idle_rss:.0f}, PSS {pss}; "
        f"after the load RSS {held.loaded_rss:.0f}, PSS {loaded_pss}."
    )


def _machine_line(machine: Machine) -> str:
    libraries = ", ".join(f"{name} {number}" for name, number in machine.libraries.items())
    return (
        f"{machine.cpu}, {machine.cores} cores, Linux {machine.kernel}, Python {machine.python}, "
        f"SQLite {machine.sqlite}, {machine.wrk}; {libraries}.\n"
        f"Data on {machine.filesystem}: a page made durable takes {_text(machine.fsync_us)} "
        "microseconds."
    )


def _warnings(results: Results) -> list[str]:
    found = []
    if results.machine.filesystem == "tmpfs":
        found.append("the data lie in memory (tmpfs), so that a durable commit costs nothing.")
    if results.load_average > _QUIET:
        found.append(
            f"the machine was not quiet: load average {results.load_average:.2f} before the run. "
            "Read the ratios, not the figures."
        )
    # Of the real server: a floor may outrun the load generator, and then flatters the ratio.
    found += [
        f"the load generator was at its limit in case '{case.name}'."
        for case in results.cases
        if max(taken.load_busy for taken in (*case.floor, *case.real)) > _BUSY
    ]
    return found


def _text(figures: Spread) -> str:
    return f"{_short(figures.median)} ({_short(figures.least)} to {_short(figures.most)})"


def _short(figure: float) -> str:
    return f"{figure:,.0f}" if abs(figure) >= _HUNDRED else f"{figure:.2f}"
