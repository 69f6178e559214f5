"""Writes docs/reference/security.md: the security behaviours, the tests that state them, results.

The tests carry the marker `behaviour(number, text)`. The page is written by a run of all of them,
and only when each did what the page says; `--check` runs nothing and tells whether the page names
exactly the tests that there are.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

REPOSITORY: Final = Path(__file__).resolve().parents[1]
PAGE: Final = REPOSITORY / "docs" / "reference" / "security.md"
_MARK: Final = "mark.behaviour("
_MANY: Final = 100
_SECTIONS: Final = {
    "Token requests": range(1, 9),
    "Client authentication": range(9, 21),
    "Token answers": range(21, 24),
    "Access tokens": range(24, 29),
    "Calls to services": range(29, 33),
    "One live token": range(33, 39),
    "Introspection, revocation, discovery": range(39, 43),
    "Transport and operation": range(43, 46),
}
_HEAD: Final = """\
# Security behaviours

<!-- Made by `make docs-security` from a run of the tests. Do not edit by hand. -->

How watchword behaves under attack and under mistakes, behaviour by behaviour. Each row is a test
that states it and fails when it no longer holds. The page was written by a run of these tests,
which is what the last column tells, and `make test` fails when it names other tests than there
are. A number may have several tests: each row says what its own shows.

`python -m pytest -m behaviour` runs them all, `-k` and a name one. Where a section of an RFC is
named, that is where the behaviour is asked for."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A behaviour as one test states it."""

    number: int
    text: str


@dataclass(slots=True)
class Test:
    """A test function, its cases, and what is expected of them."""

    path: str
    name: str
    stated: list[Stated]
    shortfall: str = ""
    cases: list[str] = field(default_factory=list)


class Collector:
    """Collects the tests that carry the marker, and how their cases went."""

    def __init__(self) -> None:
        self.tests: dict[str, Test] = {}
        self.outcomes: dict[str, str] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note every test with its behaviours."""
        for item in items:
            marks = list(item.iter_markers("behaviour"))
            path, _, name = item.nodeid.partition("::")
            function = name.partition("[")[0]
            if not marks:
                continue
            test = self.tests.setdefault(
                f"{path}::{function}",
                Test(path, function, [Stated(*mark.args) for mark in reversed(marks)]),
            )
            shortfall = item.get_closest_marker("xfail")
            if shortfall is not None:
                test.shortfall = str(shortfall.kwargs["reason"])
            if item.nodeid not in test.cases:  # a run collects them once more
                test.cases.append(item.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how a case went: as its worst phase did."""
        if report.when == "call" or report.outcome != "passed":
            self.outcomes[report.nodeid] = report.outcome

    def find_failures(self) -> list[str]:
        """Return the cases that did not do what the page says."""
        return [
            case
            for test in self.tests.values()
            for case in test.cases
            if self.outcomes.get(case) != ("skipped" if test.shortfall else "passed")
        ]


def collect(files: Sequence[Path]) -> Collector:
    """Find the tests and run none."""
    collector = Collector()
    with redirect_stdout(StringIO()):
        _pytest(collector, files, "--collect-only", "--quiet")
    return collector


def run(files: Sequence[Path]) -> Collector:
    """Run the tests, two at a time when they are many."""
    collector = collect(files)
    is_many = sum(len(test.cases) for test in collector.tests.values()) > _MANY
    _pytest(collector, files, "--quiet", *(["-n2", "--dist=worksteal"] if is_many else []))
    return collector


def find_missing(tests: Iterable[Test]) -> list[int]:
    """Return the behaviours that no test states."""
    stated = {item.number for test in tests for item in test.stated}
    return [number for numbers in _SECTIONS.values() for number in numbers if number not in stated]


def make_page(tests: Iterable[Test]) -> str:
    """Return the page."""
    rows = sorted(
        ((stated, test) for test in tests for stated in test.stated),
        key=lambda row: (row[0].number, row[1].path, row[1].name, row[0].text),
    )
    parts = [_HEAD]
    for title, numbers in _SECTIONS.items():
        lines = ["| no. | behaviour | test | result |", "| --- | --- | --- | --- |"]
        lines += [_row(stated, test) for stated, test in rows if stated.number in numbers]
        parts += [f"## {title}", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if out of date")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page")
    parser.add_argument("--tests", type=Path, default=REPOSITORY / "tests", help="where tests are")
    options = parser.parse_args(arguments)
    page: Path = options.page
    files = [
        path
        for path in sorted(options.tests.rglob("test_*.py"))
        if _MARK in path.read_text("utf-8")
    ]
    collector = collect(files) if options.check else run(files)
    missing = find_missing(collector.tests.values())
    if missing:
        print(f"no test states behaviour {', '.join(map(str, missing))}", file=sys.stderr)
        return 1
    made = make_page(collector.tests.values())
    if options.check:
        if page.is_file() and page.read_text("utf-8") == made:
            return 0
        print(f"{page} is out of date: run 'make docs-security'", file=sys.stderr)
        return 1
    failures = collector.find_failures()
    if failures:
        print("\n".join(["the page was not written, because of", *failures]), file=sys.stderr)
        return 1
    page.write_text(made, "utf-8")
    return 0


def _pytest(collector: Collector, files: Sequence[Path], *options: str) -> None:
    where = ["--rootdir", str(REPOSITORY), "--config-file", str(REPOSITORY / "pyproject.toml")]
    chosen = ["-m", "behaviour", "-p", "no:cacheprovider", *where]
    pytest.main([*options, *chosen, *map(str, files)], plugins=[collector])


def _row(stated: Stated, test: Test) -> str:
    # Without the folder that all of them are in; a test of elsewhere keeps its whole path.
    shown = test.path.removeprefix("tests/")
    link = f"[`{shown}::{test.name}`](../../{test.path})"
    result = f"falls short: {test.shortfall}" if test.shortfall else "passed"
    text = stated.text.replace("|", "\\|")
    return f"| {stated.number} | {text} | {link} | {result} |"


if __name__ == "__main__":
    sys.exit(main())
