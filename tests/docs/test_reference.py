"""The reference pages are what the code says, and `--check` sees when they are not."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from docs.pages import DOCS, REPOSITORY
from watchword.access.errors import (
    AnswerTooLarge,
    DocumentNotFound,
    DocumentNotTrusted,
    MethodNotAllowed,
)
from watchword.services.engine.errors import ADVICE, ERROR_TYPES, Code
from watchword.services.records import QueryTooSlow, RecordsUnavailable
from watchword.services.records.paging import BAD_USER_INPUT
from watchword.settings import describe_settings

if TYPE_CHECKING:
    from pathlib import Path

_PAGES = (
    "admin-api.md",
    "cli.md",
    "errors.md",
    "events-schema.md",
    "profile-data.md",
    "profile-schema.md",
    "settings.md",
)


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(REPOSITORY / "tools" / "reference.py"), *arguments],
        env=environment or None,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert run("--folder", str(tmp_path)).returncode == 0
    return tmp_path


def test_the_reference_pages_are_what_the_code_says() -> None:
    done = run("--check")

    assert done.stderr == ""
    assert done.returncode == 0


def test_every_page_that_was_changed_by_hand_is_named(folder: Path) -> None:
    for name in _PAGES[1:]:
        with (folder / name).open("a", encoding="utf-8") as page:
            page.write("more\n")

    done = run("--check", "--folder", str(folder))

    assert done.returncode == 1
    assert sorted(done.stderr.splitlines()) == sorted(
        f"{folder / name} is out of date: run 'make docs'" for name in _PAGES[1:]
    )


def test_a_page_that_is_missing_is_named_and_not_made(folder: Path) -> None:
    (folder / "errors.md").unlink()

    done = run("--check", "--folder", str(folder))

    assert done.returncode == 1
    assert "errors.md is out of date" in done.stderr
    assert not (folder / "errors.md").exists()


def test_the_pages_are_the_same_whatever_terminal_and_settings_they_are_made_with(
    folder: Path,
) -> None:
    done = run("--check", "--folder", str(folder), COLUMNS="30", TERM="dumb", WATCHWORD_PORT="1")

    assert done.returncode == 0, done.stderr


def test_every_setting_has_a_line_in_the_reference() -> None:
    page = (DOCS / "reference" / "settings.md").read_text("utf-8")

    missing = [item["name"] for item in describe_settings() if item["variable"] not in page]

    assert missing == []


@pytest.mark.parametrize(
    "said",
    [
        *Code,
        *ERROR_TYPES,
        AnswerTooLarge.code,
        BAD_USER_INPUT,
        DocumentNotFound.code,
        DocumentNotTrusted.code,
        MethodNotAllowed.code,
        QueryTooSlow.code,
        RecordsUnavailable.code,
    ],
)
def test_every_code_and_error_type_of_an_answer_stands_in_the_reference(said: str) -> None:
    page = (DOCS / "reference" / "errors.md").read_text("utf-8")

    answers = page.partition("\n## GraphQL answers\n")[2]
    assert f"| `{said}` | " in answers


def test_every_code_of_a_document_has_a_text_that_says_what_to_do() -> None:
    assert ADVICE.keys() == set(Code)
