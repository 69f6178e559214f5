"""The page of the security behaviours names the tests that there are, and all 45 have one."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from support.processes import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

STATED = """
import pytest

@pytest.mark.behaviour({number}, "What {number} says")
def test_{number}(): assert {outcome}
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    tool = REPOSITORY / "tools" / "security_index.py"
    return subprocess.run(
        [sys.executable, tool, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def write_tests(folder: Path, numbers: range, outcome: str = "True") -> None:
    folder.mkdir(exist_ok=True)
    texts = [STATED.format(number=number, outcome=outcome) for number in numbers]
    (folder / f"test_from_{numbers.start}.py").write_text("\n".join(texts))


def test_the_page_names_the_tests_that_there_are() -> None:
    done = run("--check")

    assert (done.returncode, done.stderr) == (0, "")


def test_a_page_that_says_something_else_is_named(tmp_path: Path) -> None:
    page = tmp_path / "security.md"
    page.write_text("# Security behaviours\n")
    write_tests(tmp_path / "tests", range(1, 46))

    done = run("--check", "--page", str(page), "--tests", str(tmp_path / "tests"))

    assert done.returncode == 1
    assert done.stderr == f"{page} is out of date: run 'make docs-security'\n"


def test_a_behaviour_that_no_test_states_is_named(tmp_path: Path) -> None:
    write_tests(tmp_path / "tests", range(1, 45))

    done = run("--check", "--tests", str(tmp_path / "tests"))

    assert done.returncode == 1
    assert done.stderr == "no test states behaviour 45\n"


@pytest.mark.parametrize(("outcome", "is_written"), [("True", True), ("False", False)])
def test_the_page_is_written_when_every_test_holds_and_not_else(
    tmp_path: Path, outcome: str, is_written: bool
) -> None:
    write_tests(tmp_path / "tests", range(1, 45))
    write_tests(tmp_path / "tests", range(45, 46), outcome)
    page = tmp_path / "security.md"

    done = run("--page", str(page), "--tests", str(tmp_path / "tests"))

    assert page.exists() == is_written
    assert done.returncode == (0 if is_written else 1)
    if is_written:
        assert page.read_text("utf-8").count("| passed |") == 45
        assert run("--check", *done.args[2:]).returncode == 0
    else:
        assert "test_45" in done.stderr
