"""`watchword profile`: people in, people out, and invented ones."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

import pytest

from support.processes import people_folder
from watchword.cli.main import run
from watchword.services.imports import generate_json_lines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Ask = Callable[..., Any]
    Refused = Callable[..., str]
    Tell = Callable[..., tuple[str, str]]


@pytest.fixture
def people(tmp_path: Path) -> str:
    """A file of five invented people."""
    file = tmp_path / "people.jsonl"
    file.write_bytes(b"".join(generate_json_lines(1, 5)))
    return str(file)


def test_an_import_reports_what_is_held(ask: Ask, people: str) -> None:
    report = ask("profile", "import", "jsonl", people)

    assert (report["people"], report["organizations"], report["sources"]) == (5, 15, ["invented"])
    assert report["organization_types"]["Political party"] == 2


@pytest.mark.slow
def test_an_import_of_the_congress_tells_organizations_by_type(ask: Ask, tell: Tell) -> None:
    del ask

    output, remarks = tell("profile", "import", "congress-legislators", str(people_folder()))

    assert "people\t617\norganizations\t570\n" in output
    assert "181 Subcommittee 49 Committee" in output
    assert remarks == ""


@pytest.mark.slow
def test_what_an_import_left_out_is_remarked(ask: Ask, tell: Tell) -> None:
    del ask

    output, remarks = tell("profile", "import", "pytickersymbols")

    assert "1837 Listed company" in output
    assert "entries of key people are left out" in remarks


def test_generated_people_are_imported_from_standard_input(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["profile", "generate", "--people", "7", "--seed", "3"]) == 0
    lines = capsys.readouterr().out.encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines)))

    report = ask("profile", "import", "jsonl", "-")

    assert (report["people"], report["sources"]) == (7, ["invented"])


def test_an_export_is_written_once_and_over_only_when_forced(
    ask: Ask, refused: Refused, tell: Tell, people: str, tmp_path: Path
) -> None:
    ask("profile", "import", "jsonl", people)
    target = tmp_path / "export.jsonl.gz"

    tell("profile", "export", str(target))
    first = target.read_bytes()

    assert "add --force" in refused("profile", "export", str(target))
    tell("profile", "export", str(target), "--force")
    assert target.read_bytes() == first
    ask("profile", "import", "jsonl", str(target))


def test_an_export_of_nobody_is_refused(ask: Ask, refused: Refused) -> None:
    del ask

    assert "profile.db" in refused("profile", "export")


def test_a_lone_header_empties_the_database_only_when_told_to(
    ask: Ask, refused: Refused, people: str, tmp_path: Path
) -> None:
    ask("profile", "import", "jsonl", people)
    file = tmp_path / "nobody.jsonl"
    file.write_text('{"record":"dataset","format":1,"invented":true}\n', "utf-8")

    assert "--allow-empty" in refused("profile", "import", "jsonl", str(file))

    assert ask("profile", "import", "jsonl", str(file), "--allow-empty")["people"] == 0


def test_a_bad_line_is_told_by_file_and_number(ask: Ask, refused: Refused, tmp_path: Path) -> None:
    del ask
    file = tmp_path / "mine.jsonl"
    file.write_text('{"record":"person"}\n', "utf-8")

    said = refused("profile", "import", "jsonl", str(file))

    assert "mine.jsonl line 1: 'source' is missing" in said


def test_real_people_are_refused_beside_invented_ones(
    ask: Ask, refused: Refused, people: str
) -> None:
    ask("profile", "import", "jsonl", people)

    said = refused("profile", "import", "congress-legislators", str(people_folder()))

    assert "real people never share a database" in said
