"""`watchword audit`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw
import pytest

from support.processes import PROGRAM, STOP_SECONDS, run_watchword
from support.terminals import at_a_terminal
from watchword.cli.main import run

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    Ask = Callable[..., Any]
    Tell = Callable[..., tuple[str, str]]

MADE = ["signing.rotated", "service.added", "service.added", "plan.added"]
"""What the making of a deployment records."""
LAST = len(MADE) + 1
"""The number of the record that `filled` adds."""


@pytest.fixture
def filled(ask: Ask) -> Ask:
    """A deployment with one record more."""
    ask("account", "add", "acme", "--service", "profile")
    return ask


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def tamper(folder: str, statement: str) -> None:
    with closing(apsw.Connection(str(Path(folder) / "watchword.db"))) as connection:
        connection.execute("DROP TRIGGER IF EXISTS audit_stays_as_it_is")
        connection.execute("DROP TRIGGER IF EXISTS audit_stays")
        connection.execute(statement)


@contextmanager
def following(folder: str, *options: str) -> Generator[subprocess.Popen[str]]:
    # A shell starts what runs in its background with Ctrl-C ignored, and that is inherited.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [PROGRAM, "audit", "tail", "--follow", "--data-dir", folder, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(STOP_SECONDS)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def read_line(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    members: dict[str, Any] = json.loads(process.stdout.readline())
    return members


def test_tail_prints_the_newest_records_oldest_first(filled: Ask, tell: Tell) -> None:
    del filled

    out, _ = tell("audit", "tail", "--json")
    newest, _ = tell("audit", "tail", "--json", "--count", "2")

    assert [line["event"] for line in lines(out)] == [*MADE, "account.added"]
    assert [line["sequence"] for line in lines(newest)] == [LAST - 1, LAST]
    assert lines(newest)[1]["account"] == "acme"
    assert lines(newest)[1]["actor"].startswith("cli:")


def test_tail_of_nothing_prints_nothing(filled: Ask, tell: Tell) -> None:
    del filled

    assert tell("audit", "tail", "--json", "--count", "0") == ("", "")


def test_tail_prints_tabs_in_a_pipe(filled: Ask, tell: Tell) -> None:
    del filled

    out, _ = tell("audit", "tail", "--count", "1")

    head, line = out.splitlines()
    time, event, actor, address, what = line.split("\t")
    assert head.split("\t") == ["time", "event", "actor", "address", "what"]
    assert time.startswith("20")
    assert time.endswith("Z")
    assert event == "account.added"
    assert actor.startswith("cli:")
    assert (address, what) == ("-", "account=acme services=profile")


def test_tail_prints_columns_on_a_terminal(filled: Ask, folder: str) -> None:
    del filled

    shown = at_a_terminal("audit", "tail", "--data-dir", folder).shown.splitlines()

    column = shown[0].index("event")
    assert [line[column:].split()[0] for line in shown[1:]] == [*MADE, "account.added"]


def test_what_a_record_says_is_no_command_for_a_terminal(
    filled: Ask, folder: str, tell: Tell
) -> None:
    del filled
    tampered = json.dumps({"event": "\x1b[2J\tx"})
    tamper(folder, f"UPDATE audit SET record = '{tampered}' WHERE sequence = {LAST}")  # noqa: S608 - ours

    out, _ = tell("audit", "tail", "--count", "1")

    assert "\x1b" not in out
    assert out.splitlines()[1].split("\t")[1] == " [2J x"


def test_export_prints_each_record_as_it_was_recorded(filled: Ask, folder: str, tell: Tell) -> None:
    del filled
    with closing(apsw.Connection(str(Path(folder) / "watchword.db"))) as connection:
        kept = dict(connection.execute("SELECT sequence, record FROM audit"))

    out, _ = tell("audit", "export")

    exported = out.splitlines()
    assert len(exported) == len(kept) == LAST
    for line in exported:
        sequence = json.loads(line)["sequence"]
        assert line == f'{{"sequence":{sequence},{kept[sequence][1:]}'


def test_export_goes_on_behind_what_was_exported(filled: Ask, tell: Tell) -> None:
    del filled

    rest, _ = tell("audit", "export", "--after", str(LAST - 1))
    nothing, _ = tell("audit", "export", "--after", str(LAST))

    assert [line["sequence"] for line in lines(rest)] == [LAST]
    assert nothing == ""


@pytest.mark.parametrize("text", ["no JSON", "[1]", "{}", '{"a":\n1}', "{", "7", ""])
def test_export_prints_a_line_of_json_for_whatever_is_there(
    filled: Ask, folder: str, tell: Tell, text: str
) -> None:
    del filled
    tamper(folder, f"UPDATE audit SET record = '{text}' WHERE sequence = 2")  # noqa: S608 - ours

    out, _ = tell("audit", "export")
    told, _ = tell("audit", "tail")

    assert lines(out)[1] == {"sequence": 2, "unreadable": text}
    assert len(lines(out)) == LAST
    assert "record 2 is no JSON" in told


def test_verify_prints_the_head_and_says_to_note_it(filled: Ask, tell: Tell) -> None:
    found = filled("audit", "verify")

    assert (found["is_sound"], found["problem"]) == (True, None)
    assert (found["first"], found["last"]) == (1, LAST)
    sequence, _, link = found["head"].partition(":")
    assert sequence == str(LAST)
    assert len(bytes.fromhex(link)) == 32
    _, remarks = tell("audit", "verify")
    assert "Note the head outside this machine" in remarks


def test_verify_finds_a_head_that_was_noted(filled: Ask) -> None:
    head = filled("audit", "verify")["head"]
    filled("account", "disable", "acme")

    found = filled("audit", "verify", "--head", head)

    assert found["is_sound"]
    assert found["last"] == LAST + 1


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE audit SET record = '{}' WHERE sequence = 3", "record 3 was changed"),
        ("DELETE FROM audit WHERE sequence = 2", "record 2 is missing"),
        (
            "DELETE FROM audit WHERE sequence = (SELECT max(sequence) FROM audit)",
            f"record {LAST} is missing",
        ),
        ("DELETE FROM audit", "record 1 is missing"),
        ("DELETE FROM audit_edge", "the log is empty"),
        ("UPDATE audit SET record = CAST(x'7bff7d' AS TEXT) WHERE sequence = 1", "record 1 was"),
    ],
)
def test_verify_exits_with_1_and_the_first_problem(
    filled: Ask, folder: str, capsys: pytest.CaptureFixture[str], statement: str, problem: str
) -> None:
    del filled
    tamper(folder, statement)

    assert run(["audit", "verify", "--data-dir", folder, "--json"]) == 1

    found = json.loads(capsys.readouterr().out)
    assert not found["is_sound"]
    assert found["problem"].startswith(problem)


def test_verify_exits_with_1_when_the_noted_head_is_not_there(
    filled: Ask, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    link = filled("audit", "verify")["head"].partition(":")[2]

    for head, problem in ((f"9:{link}", "set back"), (f"3:{link}", "not the one that was noted")):
        assert run(["audit", "verify", "--head", head, "--data-dir", folder, "--json"]) == 1
        assert problem in json.loads(capsys.readouterr().out)["problem"]


@pytest.mark.parametrize("head", ["", "4", "4:", "4:00", "x:" + "0" * 64, "0:" + "0" * 64])
def test_what_is_no_head_is_misuse(
    folder: str, capsys: pytest.CaptureFixture[str], head: str
) -> None:
    assert run(["audit", "verify", "--head", head, "--data-dir", folder]) == 2

    assert "as 'watchword audit verify' printed it" in capsys.readouterr().err


def test_a_long_verification_shows_its_progress_on_a_terminal(filled: Ask, folder: str) -> None:
    del filled

    done = at_a_terminal("audit", "verify", "--data-dir", folder)

    assert done.code == 0
    assert "Verifying" in done.shown


def test_prune_forgets_what_is_older_and_records_it(filled: Ask, tell: Tell) -> None:
    assert filled("audit", "prune", "--older-than", "400d", "--yes") == {"pruned": 0}

    assert filled("audit", "prune", "--older-than", "0s", "--yes") == {"pruned": LAST}

    (left,) = lines(tell("audit", "export")[0])
    assert (left["sequence"], left["event"]) == (LAST + 1, "audit.pruned")
    assert filled("audit", "verify")["first"] == LAST + 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--older-than", "400d"], "forgotten for good"),
        (["--older-than", "400d"], "Add --yes"),
        (["--older-than=-1d", "--yes"], "cannot be negative"),
        (["--older-than", "9999999d", "--yes"], "longer than the calendar"),
    ],
)
def test_prune_refuses_what_is_not_meant(
    filled: Ask, refused: Callable[..., str], options: list[str], said: str
) -> None:
    assert said in refused("audit", "prune", *options)

    assert filled("audit", "verify")["last"] == LAST


@pytest.mark.parametrize(("answer", "first"), [("y", LAST + 1), ("n", 1)])
def test_prune_asks_a_person(filled: Ask, folder: str, answer: str, first: int) -> None:
    options = ("--older-than", "0s", "--data-dir", folder)

    at_a_terminal("audit", "prune", *options, answers=[("Go on?", answer)])

    assert filled("audit", "verify")["first"] == first


def test_a_log_that_was_changed_is_not_pruned(
    filled: Ask, folder: str, refused: Callable[..., str]
) -> None:
    del filled
    tamper(folder, "DELETE FROM audit WHERE sequence = 2")

    assert "before that is explained" in refused("audit", "prune", "--older-than", "0s", "--yes")


def test_follow_prints_what_is_recorded_until_ctrl_c(filled: Ask, folder: str) -> None:
    with following(folder, "--json", "--count", "1") as process:
        assert read_line(process)["event"] == "account.added"
        filled("account", "disable", "acme")
        assert read_line(process)["event"] == "account.disabled"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=STOP_SECONDS)

    assert process.returncode == 0
    assert errors == ""


def test_follow_ends_when_nobody_reads_any_more(filled: Ask, folder: str) -> None:
    del filled
    with following(folder, "--json") as process:
        assert read_line(process)["sequence"] == 1
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        errors = process.stderr.read()  # to its end

    assert errors == ""


def test_follow_does_next_to_nothing_while_nothing_is_recorded(filled: Ask, folder: str) -> None:
    with following(folder, "--json", "--count", "1") as process:
        read_line(process)
        used_before = cpu_ticks(process.pid)
        # As long as it takes to run two commands to their ends.
        for command in ("disable", "enable"):
            run_watchword("account", command, "acme", "--data-dir", folder)
            read_line(process)
        used = cpu_ticks(process.pid) - used_before
    del filled

    assert used < os.sysconf("SC_CLK_TCK") // 4


def cpu_ticks(pid: int) -> int:
    """Return the processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_follow_says_when_the_database_was_replaced(filled: Ask, folder: str) -> None:
    database = Path(folder) / "watchword.db"
    with following(folder, "--json", "--count", "1") as process:
        read_line(process)
        filled("account", "disable", "acme")
        read_line(process)
        database.rename(database.with_suffix(".old"))
        _, errors = process.communicate(timeout=STOP_SECONDS)

    assert process.returncode == 1
    assert "was replaced while it was open" in errors


def test_an_export_that_is_cut_short_by_its_reader_is_no_error(filled: Ask, folder: str) -> None:
    del filled
    cut = subprocess.run(
        ["bash", "-c", 'exec 3>&1; "$@" 2>&3 | head -n 1', "bash", PROGRAM, "audit", "export",
         "--data-dir", folder],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip

    assert lines(cut.stdout)[0]["sequence"] == 1
    assert cut.stderr == ""


def test_doctor_finds_a_log_that_was_changed(
    filled: Ask, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    del filled
    for statement, status in (
        ("SELECT 1", "ok"), ("DELETE FROM audit WHERE sequence = 2", "wrong"),
    ):  # fmt: skip
        tamper(folder, statement)
        run(["doctor", "--data-dir", folder, "--json"])
        found = {item["check"]: item for item in json.loads(capsys.readouterr().out)}
        assert found["audit log"]["status"] == status

    assert found["audit log"]["remark"].startswith("record 2 is missing")


def test_search_finds_records_by_user_account_event_and_text(
    filled: Ask, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    filled("user", "add", "svc-acme", "--account", "acme")
    filled("user", "disable", "svc-acme")

    def search(*options: str) -> list[str]:
        assert run(["audit", "search", *options, "--data-dir", folder, "--json"]) == 0
        return [line["event"] for line in lines(capsys.readouterr().out)]

    assert search("--username", "svc-acme") == ["user.added", "user.disabled"]
    assert search("--username", "svc-acme", "--count", "1") == ["user.disabled"]
    assert search("--account", "acme") == ["account.added", "user.added", "user.disabled"]
    assert search("--event", "user.") == ["user.added", "user.disabled"]
    assert search("--text", "SVC-ACME", "--event", "user.added") == ["user.added"]
    assert search("--username", "nobody") == []


def test_the_tokens_of_a_user_are_listed(filled: Ask) -> None:
    filled("user", "add", "svc-acme", "--account", "acme")

    assert filled("user", "tokens", "svc-acme") == []
