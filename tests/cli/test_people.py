"""`watchword profile`: people in, people out, and invented ones."""

from __future__ import annotations

import gzip
import io
import json
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from support.processes import people_folder
from support.terminals import at_a_terminal
from watchword.cli.main import run
from watchword.cli.progress import count
from watchword.services.imports import READING, generate_json_lines

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

    written = ask("profile", "export", str(target))
    first = target.read_bytes()

    assert "add --force" in refused("profile", "export", str(target))
    tell("profile", "export", str(target), "--force")
    assert target.read_bytes() == first
    lines = gzip.decompress(first)
    assert written == {"file": str(target), "lines": lines.count(b"\n"), "bytes": len(lines)}
    ask("profile", "import", "jsonl", str(target))


def test_an_export_of_nobody_is_refused(ask: Ask, refused: Refused) -> None:
    del ask

    said = refused("profile", "export")

    assert said == "watchword: there are no people yet: run 'watchword profile import'\n"


@pytest.mark.parametrize(
    "command", [("export",), ("import", "jsonl", "x"), ("import", "pytickersymbols")]
)
def test_a_folder_that_is_not_initialised_is_told_of_as_everywhere(
    refused: Refused, command: tuple[str, ...]
) -> None:
    said = refused("profile", *command)

    assert "is not initialised: run 'watchword init', or name another folder" in said


@pytest.mark.parametrize(
    "name", ["profile.db", "watchword.db-wal", "secret.key", "usage.db", "requests.db"]
)
def test_no_force_writes_over_the_deployment_s_own_files(
    ask: Ask, refused: Refused, people: str, tmp_path: Path, name: str
) -> None:
    ask("profile", "import", "jsonl", people)
    own = tmp_path / "data" / name
    before = own.read_bytes() if own.exists() else None
    link = tmp_path / "link"
    link.symlink_to(own)

    for path in (str(own), str(link)):
        assert "is the deployment's own" in refused("profile", "export", path, "--force")
        assert run(["profile", "generate", "--people", "1", "--output", path, "--force"]) == 1

    assert (own.read_bytes() if own.exists() else None) == before


def test_generated_people_in_a_file_are_told_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "people.jsonl"

    assert run(["profile", "generate", "--people", "2", "--output", str(target), "--json"]) == 0

    octets = target.read_bytes()
    assert json.loads(capsys.readouterr().out) == {
        "file": str(target),
        "lines": octets.count(b"\n"),
        "bytes": len(octets),
    }


def test_a_command_that_ctrl_c_stops_ends_with_130_and_says_what_remains(
    ask: Ask,
    people: str,
    folder: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    del ask

    def stop(*_: object, **__: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr("watchword.cli.importing.import_json_lines", stop)
    monkeypatch.setattr("watchword.cli.people.write_file", stop)
    target = str(tmp_path / "new.jsonl")

    assert run(["profile", "import", "jsonl", people, "--data-dir", folder]) == 130
    assert capsys.readouterr().err == "watchword: Stopped. Nothing was changed.\n"
    assert run(["profile", "generate", "--people", "9", "--output", target]) == 130
    assert capsys.readouterr().err == "watchword: Stopped. Nothing was written.\n"


def test_progress_counts_bytes_in_megabytes_and_all_else_in_pieces() -> None:
    assert count(READING, 1_234_567, 9_000_000) == "1.2 of 9.0 MB"
    assert count(READING, 1_234_567, None) == "1.2 MB"
    assert count("Inventing people", 1_500, 2_000) == "1,500 of 2,000"
    assert count("Reading files", 3, None) == "3"


def test_people_who_are_written_to_a_terminal_come_without_a_bar() -> None:
    shown = at_a_terminal("profile", "generate", "--people", "2").shown

    assert "Inventing" not in shown
    assert '"record":"end"' in shown


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
