"""What a reader pastes from the pages works, and prints what the page says."""

from __future__ import annotations

import re
import signal
import subprocess
from contextlib import contextmanager
from itertools import takewhile
from typing import TYPE_CHECKING

import pytest

from docs.comparing import is_same_json, is_same_text
from docs.pages import REPOSITORY, all_pages, blocks_of, name_of, pages_with_commands
from docs.servers import WATCHWORD, clean_environment, lines_of
from watchword.settings import FILE_NAME, load_settings

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from docs.pages import Block
    from docs.sessions import Session

_TARGET = re.compile(r"^([a-z-]+):", re.MULTILINE)
_MADE = re.compile(r"\bmake ([a-z-]+)")
_COMPARISONS = {"json": is_same_json, "text": is_same_text}
_LANGUAGES = {"sh", "text", "json", "toml", "ini", "console", "js", "python", "http"}
_LANGUAGES |= {"nginx", "caddyfile", "yaml"}


@contextmanager
def printing_demo(folder: Path) -> Generator[tuple[subprocess.Popen[str], list[str]]]:
    """A demo as a person starts it, and the commands that it prints to be pasted."""
    process = subprocess.Popen(
        [WATCHWORD, "demo", "--port", "0"],
        env=clean_environment(TMPDIR=str(folder)),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        printed = list(takewhile(lambda line: line and "Ctrl-C" not in line, lines_of(process)))
        yield process, [line for line in printed if line.startswith(("TOKEN=", "curl "))]
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


@pytest.mark.slow
@pytest.mark.parametrize("page", pages_with_commands(), ids=name_of)
def test_every_command_of_a_page_works_and_prints_what_the_page_says(
    page: Path, session: Session
) -> None:
    printed = ""
    for block in blocks_of(page):
        if block.language == "sh":
            printed = session.run(block)
        elif block.language in _COMPARISONS:
            is_same = _COMPARISONS[block.language]
            assert is_same(block.text, printed), f"{block} is not what was printed:\n{printed}"


@pytest.mark.slow
def test_the_commands_that_the_demo_prints_give_a_person_with_events_and_then_a_superseded_token(
    tmp_path: Path,
) -> None:
    with printing_demo(tmp_path) as (_, commands):
        pasted = subprocess.run(
            ["bash", "-c", "\n".join(commands)],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )

    token, person, events, *refusals = pasted.stdout.splitlines()
    assert len(commands) == 4
    assert token.count(".") == 2
    assert '"title"' in person
    assert '"eventText"' in events
    assert ['"TOKEN_SUPERSEDED"' in refusal for refusal in refusals] == [True, True]
    assert pasted.stderr == ""


@pytest.mark.slow
def test_a_demo_that_is_stopped_by_ctrl_c_leaves_no_files(tmp_path: Path) -> None:
    with printing_demo(tmp_path) as (process, _):
        kept_meanwhile = list(tmp_path.iterdir())
        process.send_signal(signal.SIGINT)
        exit_code = process.wait(10)

    assert kept_meanwhile
    assert exit_code == 0
    assert list(tmp_path.iterdir()) == []


def test_every_make_command_of_the_pages_is_a_target_of_the_makefile() -> None:
    targets = set(_TARGET.findall((REPOSITORY / "Makefile").read_text("utf-8")))

    named = {
        target
        for page in all_pages()
        for block in blocks_of(page)
        if block.language in {"sh", "console"}
        for target in _MADE.findall(block.text)
    }

    assert {"demo", "test", "install"} <= named
    assert named <= targets


def test_every_block_is_of_a_language_that_the_tests_know() -> None:
    blocks = [block for page in all_pages() for block in blocks_of(page)]

    unknown = [
        f"{block}: {block.language!r}" for block in blocks if block.language not in _LANGUAGES
    ]

    assert not unknown


@pytest.mark.parametrize(
    "block",
    [block for page in all_pages() for block in blocks_of(page) if block.language == "toml"],
    ids=str,
)
def test_every_settings_file_of_the_pages_can_be_read(block: Block, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(block.text, "utf-8")

    settings = load_settings(data_dir=tmp_path)

    assert settings.base_url == "https://api.example.com"
