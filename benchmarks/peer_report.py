"""Shows the results of a run beside other servers as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from report import FIGURES, machine_line, text, warnings
from results import quotients, spread

if TYPE_CHECKING:
    from results import PeerCaseResult, PeerResults, Round

_OURS = "watchword"
_FLOOR = "floor"


def show(results: PeerResults) -> None:
    """Print everything that was found out."""
    console = Console(width=None if Console().is_terminal else 190)
    for case in results.cases:
        console.print(_table(case))
        for line in _comparisons(case):
            console.print(line)
        console.print()
    console.print(machine_line(results.machine))
    console.print("Beside: " + ", ".join(f"{one} {of}" for one, of in results.peers.items()) + ".")
    rounds = {
        f"{case.name}: {server}": taken
        for case in results.cases
        for server, taken in case.servers.items()
    }
    for warning in warnings(results.machine, results.load_average, rounds):
        console.print(f"[yellow]Mind:[/] {warning}")


def _table(case: PeerCaseResult) -> Table:
    table = Table(title=case.title, caption="median (least to most)", title_justify="left")
    table.add_column("", no_wrap=True)
    for name in FIGURES:
        table.add_column(name, justify="right")
    for server, taken in case.servers.items():
        row = (text(spread(figure(one) for one in taken)) for figure in FIGURES.values())
        table.add_row(server, *row)
    return table


def _comparisons(case: PeerCaseResult) -> list[str]:
    ours = case.servers.get(_OURS)
    peers = {name: of for name, of in case.servers.items() if name not in {_OURS, _FLOOR}}
    if ours is None or not peers:
        return []
    best = max(peers, key=lambda name: spread(map(_per_core, peers[name])).median)
    lines = [
        f"watchword by {name}: {text(quotients(ours, taken, _per_core))}"
        for name, taken in {_FLOOR: case.servers[_FLOOR], **peers}.items()
    ]
    return [
        "Requests per core-second, round by round:",
        *lines,
        f"The best of the others is {best}.",
    ]


def _per_core(taken: Round) -> float:
    return taken.requests_per_core_second
