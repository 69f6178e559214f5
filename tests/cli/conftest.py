"""The operator's commands in this process, through the program's own entry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from watchword.cli.main import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return str(tmp_path / "data")


@pytest.fixture
def ask(folder: str, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Run commands that succeed and return their JSON, over a fresh deployment."""

    def command(*arguments: str) -> Any:
        assert run([*arguments, "--data-dir", folder, "--json"]) == 0, capsys.readouterr().err
        captured = capsys.readouterr()
        assert captured.err == ""
        return json.loads(captured.out)

    command("init")
    return command


@pytest.fixture
def refused(folder: str, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run a command that is refused and return what it says."""

    def command(*arguments: str) -> str:
        assert run([*arguments, "--data-dir", folder]) == 1
        captured = capsys.readouterr()
        assert captured.out == ""
        assert "Traceback" not in captured.err
        return captured.err

    return command


@pytest.fixture
def tell(folder: str, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[str, str]]:
    """Run a command that succeeds and return its output and its remarks, as a person gets them."""

    def command(*arguments: str) -> tuple[str, str]:
        assert run([*arguments, "--data-dir", folder]) == 0
        captured = capsys.readouterr()
        return captured.out, captured.err

    return command
