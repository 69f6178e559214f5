"""The page about the path of a request is true."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from docs.pages import DOCS, REPOSITORY
from docs.tracing import Call, trace_requests

if TYPE_CHECKING:
    from pathlib import Path

_PAGE = DOCS / "explanation" / "request-path.md"
_STEP = re.compile(r"^(\d+)\. `(src/watchword/[\w/]+\.py)`: `([\w.]+)`", re.MULTILINE)
_FILE = re.compile(r"`(src/watchword/[\w/]+\.py)`")
_HEADINGS = ("## A token request", "## A GraphQL request")

Traces = dict[str, list[Call]]


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> Traces:
    return dict(zip(_HEADINGS, trace_requests(tmp_path_factory.mktemp("traced")), strict=True))


def section(heading: str) -> str:
    after = _PAGE.read_text("utf-8").partition(f"\n{heading}\n")[2]
    return after.partition("\n## ")[0]


def steps(heading: str) -> list[Call]:
    return [(path, function) for _, path, function in _STEP.findall(section(heading))]


def functions_of(path: Path) -> set[str]:
    """The functions of a file by their qualified names, inner ones too."""
    found: set[str] = set()

    def visit(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                name = f"{prefix}{child.name}"
                if not isinstance(child, ast.ClassDef):
                    found.add(name)
                visit(child, f"{name}.")
            else:
                visit(child, prefix)

    visit(ast.parse(path.read_text("utf-8")), "")
    return found


@pytest.mark.parametrize("heading", _HEADINGS)
def test_every_function_named_stands_in_the_file_named(heading: str) -> None:
    missing = [
        f"{path}: {function}"
        for path, function in steps(heading)
        if function not in functions_of(REPOSITORY / path)
    ]

    assert len(steps(heading)) > 20
    assert missing == []


def test_every_file_named_anywhere_on_the_page_exists() -> None:
    named = set(_FILE.findall(_PAGE.read_text("utf-8")))

    assert [path for path in sorted(named) if not (REPOSITORY / path).is_file()] == []


@pytest.mark.parametrize("heading", _HEADINGS)
def test_the_steps_are_numbered_one_by_one(heading: str) -> None:
    numbers = [int(number) for number, _, _ in _STEP.findall(section(heading))]

    assert numbers[0] == 1
    assert all(later == earlier + 1 for earlier, later in pairwise(numbers))


@pytest.mark.parametrize("heading", _HEADINGS)
def test_a_real_request_calls_the_functions_named_in_the_order_of_the_page(
    heading: str, traces: Traces
) -> None:
    remaining = iter(traces[heading])

    not_reached = [step for step in steps(heading) if step not in remaining]

    assert not_reached == []


@pytest.mark.parametrize("heading", _HEADINGS)
def test_no_file_takes_part_in_a_request_that_the_page_leaves_out(
    heading: str, traces: Traces
) -> None:
    named = {path for path, _ in steps(heading)}

    assert {path for path, _ in traces[heading]} <= named
