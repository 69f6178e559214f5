"""`watchword plan documents`, packages, and `watchword document`."""

from __future__ import annotations

import io
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from support.terminals import at_a_terminal
from watchword.access.trusted_documents import LONGEST_DOCUMENT, to_document_id
from watchword.cli.main import main, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Ask = Callable[..., Any]

TEXT = "query A { info { name } }\nquery B { info { version } }\n"
ID = to_document_id(TEXT)
USUAL = {
    "tokens": 2_000,
    "depth": 15,
    "aliases": 30,
    "root_fields": 20,
    "list_size": 100,
    "cost": 25_000,
    "introspection": False,
    "trusted_only": False,
}


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "people.graphql"
    path.write_text(TEXT, "utf-8", newline="")
    return str(path)


def give_input(monkeypatch: pytest.MonkeyPatch, octets: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(octets)))


def test_each_document_limit_is_set_by_its_option_and_the_others_stay(ask: Ask) -> None:
    ask("plan", "add", "gold")
    expected = dict(USUAL)
    for name, value in {
        "tokens": 1,
        "depth": 2,
        "aliases": 3,
        "root_fields": 4,
        "list_size": 5,
        "cost": 6,
    }.items():
        expected[name] = value
        told = ask("plan", "documents", "gold", f"--{name.replace('_', '-')}", str(value))
        assert told == {"plan": "gold", **expected}
    for option, name, value in (
        ("--introspection", "introspection", True),
        ("--trusted-only", "trusted_only", True),
        ("--no-introspection", "introspection", False),
        ("--no-trusted-only", "trusted_only", False),
    ):
        expected[name] = value
        assert ask("plan", "documents", "gold", option) == {"plan": "gold", **expected}

    (shown,) = ask("plan", "show", "gold")
    assert shown["documents"] == expected
    listed = {item["plan"]: item["documents"] for item in ask("plan", "list")}
    assert listed == {"gold": expected, "preview": USUAL}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("preview", "--depth", "0"), "--depth is 1 to "),
        (("preview", "--list-size", "101"), "--list-size is 1 to 100, not 101"),
        (("nope", "--depth", "1"), "there is no plan 'nope'; there is preview"),
    ],
)
def test_a_document_limit_that_cannot_be_is_refused(
    ask: Ask, refused: Callable[..., str], arguments: tuple[str, ...], said: str
) -> None:
    before = ask("plan", "list")

    assert said in refused("plan", "documents", *arguments)

    assert ask("plan", "list") == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("plan", "documents", "preview"), "say what to set: --depth, --introspection"),
        (("plan", "documents", "preview", "--depth", "1.5"), "whole number as 50, not '1.5'"),
        (("document", "add", "profile"), "FILE"),
    ],
)
def test_a_misused_command_exits_with_2(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(list(arguments))

    assert exit_.value.code == 2
    assert said in capsys.readouterr().err


def test_a_terminal_shows_of_a_plan_s_documents_what_is_other_than_usual(
    ask: Ask, folder: str
) -> None:
    ask("plan", "add", "gold")
    ask("plan", "documents", "gold", "--depth", "9", "--introspection")

    shown = at_a_terminal("plan", "list", "--data-dir", folder).shown

    lines = shown.splitlines()
    assert any("gold" in line and "depth=9" in line for line in lines)
    assert any("introspection=yes" in line for line in lines)
    assert any("preview" in line and "as usual" in line for line in lines)
    assert "tokens" not in shown


def test_a_pipe_gets_a_plan_s_documents_whole(
    ask: Ask, tell: Callable[..., tuple[str, str]]
) -> None:
    ask("plan", "set", "preview", "profile", "--rate", "7")

    head, *lines = tell("plan", "show", "preview")[0].splitlines()

    assert head.split("\t")[-1] == "documents"
    assert lines[0].split("\t")[-1] == (
        "tokens=2000 depth=15 aliases=30 root_fields=20 list_size=100 cost=25000 "
        "introspection=no trusted_only=no"
    )


def test_packages_are_granted_and_withdrawn_and_shown(
    ask: Ask, refused: Callable[..., str]
) -> None:
    made = ask("account", "add", "acme", "--package", "wealth", "--package", "giving")

    assert made["packages"] == ["giving", "wealth"]
    assert ask("account", "withdraw-package", "acme", "wealth")["packages"] == ["giving"]
    granted = ask("account", "grant-package", "acme", "personal")
    assert granted["packages"] == ["giving", "personal"]
    assert ask("account", "show", "acme") == granted
    assert ask("account", "list") == [granted]
    for command in ("grant-package", "withdraw-package"):
        said = refused("account", command, "acme", "welth")
        assert "there is no package 'welth'; there are giving, personal, wealth" in said


def test_a_terminal_shows_of_each_account_what_it_has_in_a_width_that_fits(
    ask: Ask, folder: str
) -> None:
    ask("account", "add", "acme", "--service", "profile", "--package", "wealth")
    ask("account", "disable", "acme")

    shown = at_a_terminal("account", "list", "--data-dir", folder).shown.splitlines()

    (line,) = [line for line in shown if "acme" in line]
    assert all(word in line for word in ("disabled", "profile", "wealth"))
    assert len(shown[0]) <= 80, "the first line is a frame, without colours"


def test_a_document_is_registered_listed_shown_and_removed(
    ask: Ask, file: str, refused: Callable[..., str]
) -> None:
    made = ask("document", "add", "profile", file)
    again = ask("document", "add", "profile", file)

    assert (made["document"], made["service"], made["account"]) == (ID, "profile", None)
    assert again == made
    (listed,) = ask("document", "list")
    assert listed == {**made, "size": len(TEXT), "beginning": TEXT}
    assert ask("document", "show", "profile", ID) == {**made, "text": TEXT}
    assert ask("document", "remove", "profile", ID) == made
    assert ask("document", "list") == []
    said = f"there is no document '{ID}' of profile for everybody\n"
    assert said in refused("document", "remove", "profile", ID)
    assert said in refused("document", "show", "profile", ID)


@pytest.mark.parametrize("beginning", [ID, ID[:19], f"{ID[:19]}…", ID[7:12]])
def test_the_beginning_of_an_id_is_enough_where_no_other_has_it(
    ask: Ask, refused: Callable[..., str], file: str, beginning: str
) -> None:
    made = ask("document", "add", "profile", file)

    assert ask("document", "show", "profile", beginning)["document"] == ID
    assert ask("document", "remove", "profile", beginning) == made

    assert "there is no document" in refused("document", "show", "profile", beginning)


def test_a_beginning_of_several_ids_is_refused(
    ask: Ask, refused: Callable[..., str], file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask("document", "add", "profile", file)
    give_input(monkeypatch, b"{ info { name } }")
    ask("document", "add", "profile", "-")

    said = refused("document", "remove", "profile", "sha256:")

    assert "2 documents of profile begin with 'sha256:': name more" in said
    assert len(ask("document", "list")) == 2


def test_whoever_does_not_find_a_document_is_told_whose_it_is(
    ask: Ask, refused: Callable[..., str], file: str
) -> None:
    ask("account", "add", "acme")
    ask("account", "add", "zeta")
    ask("document", "add", "profile", file, "--account", "acme")

    assert "for everybody; it is acme's: add --account acme" in refused(
        "document", "show", "profile", ID
    )
    assert "for zeta; it is acme's: add --account acme" in refused(
        "document", "remove", "profile", ID, "--account", "zeta"
    )
    ask("document", "add", "profile", file)
    assert "it is everybody's: leave out --account" in refused(
        "document", "show", "profile", ID, "--account", "zeta"
    )


def test_the_text_stands_below_the_record_and_alone_to_the_byte(
    ask: Ask,
    folder: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    octets = "{ info { name } } # \N{GREEK SMALL LETTER ALPHA}\r\n\n".encode()
    give_input(monkeypatch, octets)
    assert run(["document", "add", "profile", "-", "--data-dir", folder]) == 0
    capsys.readouterr()

    named = ["document", "show", "profile", to_document_id(octets.decode()), "--data-dir", folder]
    assert run([*named, "--text"]) == 0
    assert capsys.readouterr().out.encode() == octets
    assert run(named) == 0

    record, _, text = capsys.readouterr().out.encode().partition(b"\n\n")
    assert text == octets
    assert record.startswith(b"document\tsha256:")
    del ask


def test_a_document_of_an_account_is_kept_apart_from_everybody_s(ask: Ask, file: str) -> None:
    ask("account", "add", "acme")
    own = ask("document", "add", "profile", file, "--account", "acme")
    ask("document", "add", "profile", file)

    assert own["account"] == "acme"
    assert [item["account"] for item in ask("document", "list")] == [None, "acme"]
    assert [item["account"] for item in ask("document", "list", "--account", "acme")] == ["acme"]
    assert ask("document", "show", "profile", ID, "--account", "acme")["account"] == "acme"
    ask("document", "remove", "profile", ID, "--account", "acme")
    assert [item["account"] for item in ask("document", "list", "--service", "profile")] == [None]


def test_a_document_is_read_from_standard_input_to_the_byte(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "{ info { name } } # \N{GREEK SMALL LETTER ALPHA}\r\n\n"
    give_input(monkeypatch, text.encode())

    assert ask("document", "add", "profile", "-")["document"] == to_document_id(text)


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (b"{ nonsense }", "line 1 of the document: Cannot query field 'nonsense'"),
        (b"{\n info {", "line 2 of the document: Syntax Error"),
        (b"\xff", "- is not UTF-8"),
        (b"#" * (LONGEST_DOCUMENT + 1), "a document is at most 65,536 bytes long"),
        (b"", "Syntax Error"),
    ],
)
def test_what_is_no_document_of_the_service_is_refused_with_the_reason(
    ask: Ask,
    refused: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    octets: bytes,
    said: str,
) -> None:
    give_input(monkeypatch, octets)

    assert said in refused("document", "add", "profile", "-")

    assert ask("document", "list") == []


def test_a_service_a_file_and_an_account_that_are_not_there_are_named(
    ask: Ask, refused: Callable[..., str], file: str
) -> None:
    assert ask("document", "list") == []

    added = refused("document", "add", "nope", file)
    assert "there is no service 'nope'; there are events, profile" in added
    assert "there is no service 'nope'" in refused("document", "list", "--service", "nope")
    assert "No such file" in refused("document", "add", "profile", f"{file}x")
    assert "Is a directory" in refused("document", "add", "profile", file.rpartition("/")[0])
    added = refused("document", "add", "profile", file, "--account", "nope")
    assert "there is no account 'nope'" in added


def test_whoever_registers_for_a_service_elsewhere_is_told_that_watchword_does_not_read_it(
    ask: Ask, tell: Callable[..., tuple[str, str]], file: str
) -> None:
    ask("service", "add", "orders", "--upstream", "http://127.0.0.1:1/")

    _, elsewhere = tell("document", "add", "orders", file)
    _, here = tell("document", "add", "profile", file)

    assert "orders is not answered by watchword itself" in elsewhere
    assert here == ""


def test_a_narrow_terminal_shows_whole_lines_of_documents_and_whole_ids_of_one(
    ask: Ask, folder: str, file: str, tell: Callable[..., tuple[str, str]]
) -> None:
    assert "watchword document add SERVICE FILE" in tell("document", "list")[1]
    ask("document", "add", "profile", file)

    listed = at_a_terminal("document", "list", "--data-dir", folder, columns=80).shown
    shown = at_a_terminal("document", "show", "profile", ID, "--data-dir", folder, columns=80).shown

    assert any(
        f"{ID[:19]}…" in line and "query A { info { name }" in line for line in listed.splitlines()
    )
    assert ID in shown
    assert TEXT.replace("\n", "\r\n") in shown
