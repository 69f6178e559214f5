"""Shows the GraphQL servers beside one another, in the very form of the tables in README.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from report import machine_line, text, warnings
from results import quotients
from spreads import spread

if TYPE_CHECKING:
    from results import BesideCase, BesideResults, Round

_HEAD: Final = (
    "server",
    "requests per core-second",
    "requests/s",
    "p50 ms",
    "p99 ms",
    "RSS MB, idle and after",
    "watchword by it",
)


def show(results: BesideResults) -> None:
    """Print everything that was found out."""
    for case in results.cases:
        print(f"\n`{case.name}`: {case.title}\n")
        print("\n".join(_table(case)))
    named = ", ".join(f"{name} {number}" for name, number in results.versions.items())
    print(f"\n{results.rounds} rounds of {results.seconds} s; median (least to most).")
    print(f"{machine_line(results.machine)}\nBeside: {named}.")
    rounds = {
        f"{case.name}: {server}": taken
        for case in results.cases
        for server, taken in case.servers.items()
    }
    for warning in warnings(results.machine, results.load_average, rounds):
        print(f"Mind: {warning}")


def _table(case: BesideCase) -> list[str]:
    divisors = {divisor: divided for divided, divisor in case.compared}
    lines = [_row(_HEAD), _row(["---"] + ["---:"] * (len(_HEAD) - 1))]
    for name, taken in case.servers.items():
        held = case.memory[name]
        by = ""
        if name in divisors:
            by = text(quotients(case.servers[divisors[name]], taken, _per_core_second))
        lines.append(
            _row(
                [
                    name,
                    text(spread(map(_per_core_second, taken))),
                    text(spread(one.requests_per_second for one in taken)),
                    text(spread(one.p50_ms for one in taken)),
                    text(spread(one.p99_ms for one in taken)),
                    f"{held.idle_rss:.0f}, {held.loaded_rss:.0f}",
                    by,
                ]
            )
        )
    return lines


def _row(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _per_core_second(taken: Round) -> float:
    return taken.requests_per_core_second
