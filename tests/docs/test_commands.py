"""What a reader pastes from the pages works, and prints what the page says."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from docs.comparing import is_same_json, is_same_text
from docs.pages import REPOSITORY, all_pages, blocks_of, name_of, pages_with_commands
from docs.servers import WATCHWORD, clean_environment
from watchword.settings import FILE_NAME, load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from docs.sessions import Session

_TARGET = re.compile(r"^([a-z]+):", re.MULTILINE)
_MADE = re.compile(r"\bmake ([a-z]+)")
_COMPARISONS = {"json": is_same_json, "text": is_same_text}
_LANGUAGES = {"sh", "text", "json", "toml", "ini", "nginx", "console", "js", "python"}


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
def test_the_commands_that_the_demo_prints_give_a_person_and_then_a_superseded_token(
    tmp_path: Path,
) -> None:
    process = subprocess.Popen(
        [WATCHWORD, "demo", "--port", "0"],
        env=clean_environment(TMPDIR=str(tmp_path)),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        printed = list(iter(process.stdout.readline, ""))[:0]
        while not printed or "Ctrl-C" not in printed[-1]:
            line = process.stdout.readline()
            assert line, "the demo ended"
            printed.append(line)
        commands = [line for line in printed if line.startswith(("TOKEN=", "curl "))]
        pasted = subprocess.run(
            ["bash", "-c", "\n".join(commands)],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()

    token, person, refusal = pasted.stdout.splitlines()
    assert len(commands) == 3
    assert token.count(".") == 2
    assert '"title"' in person
    assert '"TOKEN_SUPERSEDED"' in refusal
    assert pasted.stderr == ""


def test_every_make_command_of_the_pages_is_a_target_of_the_makefile() -> None:
    targets = set(_TARGET.findall((REPOSITORY / "Makefile").read_text("utf-8")))

    named = {
        target
        for page in all_pages()
        for block in blocks_of(page)
        if block.language in {"sh", "console"}
        for target in _MADE.findall(block.text)
    }

    assert {"demo", "test", "setup"} <= named
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
def test_every_settings_file_of_the_pages_can_be_read(
    block: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WATCHWORD_DATA_DIR", raising=False)
    (tmp_path / FILE_NAME).write_text(block.text, "utf-8")  # type: ignore[attr-defined]

    settings = load_settings(data_dir=tmp_path)

    assert settings.base_url == "https://api.example.com"
