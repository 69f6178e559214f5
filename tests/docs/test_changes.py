"""Change notes are found by the program that joins them into the change log."""

from __future__ import annotations

import subprocess
import sys

from docs.pages import REPOSITORY

_CHANGES = REPOSITORY / "changes"


def test_every_change_note_reaches_the_change_log() -> None:
    drafted = subprocess.run(
        [sys.executable, "-m", "towncrier", "build", "--draft", "--version", "0", "--date", "-"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout

    notes = [note.read_text("utf-8").split() for note in _CHANGES.glob("*.md")]
    assert all(" ".join(words) in " ".join(drafted.split()) for words in notes)
    assert "No significant changes" not in drafted or not notes


def test_change_notes_lie_in_no_folder_where_they_would_be_overlooked() -> None:
    assert [path.name for path in _CHANGES.iterdir() if path.is_dir()] == []
