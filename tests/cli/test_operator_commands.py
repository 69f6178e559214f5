"""The operator's commands, run in this process through the program's own entry."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import apsw
import pytest

from watchword.cli.main import main, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Ask = Callable[..., Any]

NOTHING = {"plan": "gold", "service": None, "rate": None, "burst": None, "quota": None}


def without_documents(item: dict[str, Any]) -> dict[str, Any]:
    """Return a line of a plan without what documents it lets through."""
    return {name: value for name, value in item.items() if name != "documents"}


def test_init_twice_changes_nothing(ask: Ask, folder: str) -> None:
    keys = ask("plan", "list")

    assert ask("init")["is_new"] is False
    assert ask("plan", "list") == keys
    assert folder in ask("init")["data_dir"]


def test_init_of_an_older_deployment_says_which_services_are_new_in_it(
    folder: str, ask: Ask
) -> None:
    database = apsw.Connection(f"{folder}/watchword.db")
    database.execute("DELETE FROM service WHERE name = 'events'")
    database.close()

    made = ask("init")

    assert (made["is_new"], made["registered"]) == (False, ["events"])
    assert ask("init")["registered"] == []


def test_init_makes_what_the_contract_names(ask: Ask) -> None:
    assert [service["service"] for service in ask("service", "list")] == ["events", "profile"]
    limits = {
        (item["plan"], item["service"]): (item["rate"], item["burst"], item["quota"])
        for item in ask("plan", "list")
    }
    assert limits == {
        ("preview", "profile"): (5, 3, 100),
        ("preview", "matching"): (100, 50, 1_000_000),
        ("preview", "events"): (2, 2, None),
        ("preview", "relationships"): (100, 50, None),
    }


def test_an_account_is_made_shown_disabled_and_enabled(ask: Ask) -> None:
    made = ask("account", "add", "acme", "--name", "Acme Inc.", "--service", "profile")

    assert (made["account"], made["name"], made["services"]) == ("acme", "Acme Inc.", ["profile"])
    assert ask("account", "show", "acme") == made
    assert ask("account", "list") == [made]
    assert ask("account", "disable", "acme")["disabled_at"] is not None
    assert ask("account", "enable", "acme")["disabled_at"] is None
    assert ask("account", "withdraw", "acme", "profile")["services"] == []
    assert ask("account", "grant", "acme", "profile")["services"] == ["profile"]


def test_a_users_password_is_shown_by_the_command_that_made_it_alone(ask: Ask) -> None:
    ask("account", "add", "acme")
    made = ask("user", "add", "svc-odd", "--account", "acme")
    password = made.pop("password")

    assert len(password) == 43
    assert ask("user", "show", "svc-odd") == made
    assert ask("user", "list", "--account", "acme") == [made]
    assert ask("user", "rotate", "svc-odd", "--overlap", "0s")["password"] != password
    assert ask("user", "revoke", "svc-odd") == {"username": "svc-odd", "generation": 1}
    assert ask("user", "disable", "svc-odd")["disabled_at"] is not None
    assert ask("user", "enable", "svc-odd")["disabled_at"] is None


def test_a_key_is_shown_by_the_command_that_made_it_alone(ask: Ask) -> None:
    ask("account", "add", "acme")
    made = ask("key", "add", "--account", "acme", "--description", "production")
    key = made.pop("api_key")

    assert len(key) == 42
    assert made["last_four"] == key[-4:]
    assert made["plan"] == "preview"
    assert ask("key", "show", made["key_id"]) == made
    rotated = ask("key", "rotate", made["key_id"], "--overlap", "1h")
    assert rotated["api_key"] != key
    assert rotated["description"] == "production"
    assert ask("key", "show", made["key_id"])["expires_at"] is not None
    assert len(ask("key", "list", "--account", "acme")) == 2
    assert ask("key", "disable", made["key_id"])["disabled_at"] is not None
    assert ask("key", "enable", made["key_id"])["disabled_at"] is None
    assert ask("key", "add", "--account", "acme", "--expires-in", "90d")["expires_at"]


def test_a_key_is_moved_to_another_plan(ask: Ask, refused: Callable[..., str]) -> None:
    ask("account", "add", "acme")
    ask("plan", "add", "gold")
    key = ask("key", "add", "--account", "acme")["key_id"]

    moved = ask("key", "set", key, "--plan", "gold")

    assert moved["plan"] == "gold"
    assert ask("key", "show", key) == moved
    assert "there is no plan 'nope'" in refused("key", "set", key, "--plan", "nope")


def test_a_plan_is_made_and_set(ask: Ask) -> None:
    assert ask("plan", "add", "gold") == {"plan": "gold"}
    limits = ask("plan", "set", "gold", "profile", "--rate", "50", "--burst", "10")

    limit = {"plan": "gold", "service": "profile", "rate": 50, "burst": 10, "quota": None}
    assert [without_documents(item) for item in limits] == [limit]
    assert ask("plan", "show", "gold") == limits


def test_setting_a_part_of_a_limit_leaves_the_rest_as_it_is(ask: Ask) -> None:
    def limit(*arguments: str) -> tuple[Any, ...]:
        (found,) = ask("plan", "set", "gold", "profile", *arguments)
        return found["rate"], found["burst"], found["quota"]

    ask("plan", "add", "gold")

    assert limit("--rate", "50", "--burst", "10", "--quota", "9") == (50, 10, 9)
    assert limit("--rate", "60") == (60, 10, 9)
    assert limit("--burst", "20", "--quota", "0") == (60, 20, 0)
    assert limit("--no-quota") == (60, 20, None)


def test_a_limit_is_taken_away_again(ask: Ask, refused: Callable[..., str]) -> None:
    ask("plan", "add", "gold")
    ask("plan", "set", "gold", "profile", "--rate", "5", "--burst", "5")

    left = ask("plan", "unset", "gold", "profile")

    assert [without_documents(item) for item in left] == [NOTHING]
    assert "has no limit for 'profile'" in refused("plan", "unset", "gold", "profile")
    assert "there is no plan 'nope'" in refused("plan", "unset", "nope", "profile")


def test_a_limit_for_a_service_that_is_not_there_is_remarked(
    ask: Ask, tell: Callable[..., tuple[str, str]]
) -> None:
    ask("plan", "add", "gold")

    _, remark = tell("plan", "set", "gold", "proflie", "--rate", "5", "--burst", "5")
    _, nothing = tell("plan", "set", "gold", "profile", "--rate", "5", "--burst", "5")

    assert "There is no service 'proflie' yet; the limit holds once it is registered" in remark
    assert nothing == ""


def test_whoever_grants_what_cannot_be_used_is_told_before_the_customer_is_refused(
    ask: Ask, tell: Callable[..., tuple[str, str]]
) -> None:
    ask("service", "add", "matching")
    ask("plan", "add", "gold")

    _, without_key = tell("account", "add", "acme", "--service", "profile")
    _, on_empty_plan = tell("key", "add", "--account", "acme", "--plan", "gold")
    _, on_good_plan = tell("key", "add", "--account", "acme")
    ask("plan", "unset", "preview", "matching")
    _, granted = tell("account", "grant", "acme", "matching")
    ask("plan", "set", "gold", "matching", "--rate", "1", "--burst", "1")
    _, usable = tell("account", "grant", "acme", "matching")

    assert "Make one: watchword key add --account acme" in without_key
    assert "No key of acme is on a plan with a limit for profile" in on_empty_plan
    assert "watchword plan set PLAN profile --rate N --burst N" in on_empty_plan
    assert "No key of acme" not in on_good_plan
    assert "a limit for matching" in granted
    assert usable == ""


def test_a_key_that_opens_nothing_makes_no_service_usable(
    ask: Ask, tell: Callable[..., tuple[str, str]]
) -> None:
    ask("account", "add", "acme")
    ask("key", "disable", ask("key", "add", "--account", "acme")["key_id"])

    _, remark = tell("account", "grant", "acme", "profile")

    assert "acme has no usable API key yet" in remark


def test_whoever_makes_an_empty_plan_is_told_that_it_grants_nothing(
    ask: Ask, tell: Callable[..., tuple[str, str]]
) -> None:
    assert ask("plan", "list")

    for command in ("add", "show"):
        _, remark = tell("plan", command, "gold")
        assert remark == (
            "Plan gold grants nothing yet: every call is refused. Give it a limit: "
            "watchword plan set gold SERVICE --rate N --burst N\n"
        )


def test_a_plan_without_limits_is_listed_and_shown(ask: Ask) -> None:
    ask("plan", "add", "gold")

    shown = ask("plan", "show", "gold")
    assert [without_documents(item) for item in shown] == [NOTHING]
    assert [item for item in ask("plan", "list") if item["plan"] == "gold"] == shown


def test_a_service_is_made_shown_disabled_and_enabled(ask: Ask) -> None:
    made = ask("service", "add", "matching", "--title", "Matching")

    assert made["graphql_urls"] == [], "nothing answers there"
    assert ask("service", "show", "profile")["graphql_urls"] == [
        "http://127.0.0.1:8080/profile/v1/graphql",
        "http://profile.localhost:8080/v1/graphql",
    ]
    assert ask("service", "show", "matching") == made
    assert ask("service", "add", "orders")["title"] == "orders"
    assert ask("service", "disable", "matching")["disabled_at"] is not None
    assert ask("service", "enable", "matching")["disabled_at"] is None


def test_a_service_with_an_upstream_has_urls_and_is_routed_elsewhere(ask: Ask) -> None:
    upstream = "http://127.0.0.1:4000/graphql"
    made = ask("service", "add", "matching", "--upstream", upstream, "--preflight")
    signed = ask("service", "set", "matching", "--identity-jwt")
    moved = ask("service", "set", "matching", "--upstream", "https://other/", "--no-preflight")
    gone = ask("service", "set", "matching", "--no-upstream", "--no-identity-jwt")

    def route(service: Any) -> tuple[Any, ...]:
        return service["upstream"], service["allows_preflight"], service["signs_identity"]

    assert made["graphql_urls"] == [
        "http://127.0.0.1:8080/matching/v1/graphql",
        "http://matching.localhost:8080/v1/graphql",
    ]
    assert route(made) == (upstream, True, False)
    assert route(signed) == (upstream, True, True)
    assert route(moved) == ("https://other/", False, True)
    assert route(gone) == (None, False, False)
    assert gone["graphql_urls"] == []
    assert ask("service", "show", "matching") == gone
    named = ask("service", "set", "matching", "--title", "Matching", "--description", "All.")
    assert named == {**gone, "title": "Matching", "description": "All."}


def test_whoever_adds_a_service_is_told_what_is_still_to_do(
    ask: Ask, tell: Callable[..., tuple[str, str]]
) -> None:
    assert ask("service", "list")

    _, remark = tell("service", "add", "matching", "--upstream", "http://127.0.0.1:4000/graphql")

    assert "watchword account grant ACCOUNT matching" in remark
    assert "watchword plan set PLAN matching" in remark


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["service", "set", "profile", "--upstream", "http://h/"], "answered by watchword itself"),
        (["service", "set", "nope", "--upstream", "http://h/"], "there is no service 'nope'"),
        (["service", "set", "profile", "--upstream", ""], "cannot be an upstream"),
        (["service", "add", "matching", "--upstream", "ftp://h/"], "cannot be an upstream"),
        (["service", "add", "matching", "--upstream", "http://u:p@h/"], "no user, password"),
        (["service", "set", "profile", "--identity-jwt"], "no upstream that could get"),
        (["account", "show", "nope"], "there is no account 'nope'"),
        (["account", "add", "A B"], "lower-case letters, digits and hyphens"),
        (["account", "add", "acme", "--service", "nope"], "there is no service 'nope'"),
        (["user", "add", "a b", "--account", "acme"], "1 to 100 letters, digits"),
        (["user", "add", "svc", "--account", "nope"], "there is no account 'nope'"),
        (["user", "list", "--account", "nope"], "there is no account 'nope'"),
        (["user", "rotate", "nope"], "there is no service user 'nope'"),
        (["user", "revoke", "nope"], "there is no service user 'nope'"),
        (["key", "add", "--account", "nope"], "there is no account 'nope'"),
        (["key", "show", "nope"], "there is no API key 'nope'"),
        (["plan", "show", "nope"], "there is no plan 'nope'"),
        (["plan", "set", "preview", "profile", "--rate", "0", "--burst", "1"], "--rate is 1 to "),
        (["plan", "set", "preview", "orders", "--rate", "5"], "needs a rate and a burst"),
        (["plan", "set", "nope", "profile", "--rate", "5"], "there is no plan 'nope'"),
        (["service", "show", "nope"], "there is no service 'nope'"),
        (["service", "add", "profile"], "exists already"),
        (["key", "add", "--account", "nope", "--expires-in", "0s"], "expires at once"),
        (["key", "add", "--account", "nope", "--expires-in", "-90d"], "cannot be negative"),
        (["plan", "set", "preview", "profile", "--rate", "-1"], "--rate is 1 to "),
        (["user", "rotate", "nope", "--overlap", "999999999d"], "longer than the calendar"),
        (["profile", "import", "congress-legislators", "/nowhere"], "/nowhere"),
    ],
)
def test_a_refused_command_says_why_in_one_line(
    ask: Ask, refused: Callable[..., str], arguments: list[str], said: str
) -> None:
    del ask

    text = refused(*arguments)

    assert text.startswith("watchword: ")
    assert said in text
    assert text.count("\n") == 1


def test_a_key_that_is_over_is_not_rotated(ask: Ask, refused: Callable[..., str]) -> None:
    ask("account", "add", "acme")
    key = ask("key", "add", "--account", "acme")["key_id"]
    ask("key", "disable", key)

    assert "make a new one" in refused("key", "rotate", key)


def test_an_overlap_has_a_length(ask: Ask, refused: Callable[..., str]) -> None:
    ask("account", "add", "acme")
    ask("user", "add", "svc", "--account", "acme")

    assert "cannot be negative" in refused("user", "rotate", "svc", "--overlap=-1h")
    assert "longer than the calendar" in refused("user", "rotate", "svc", "--overlap=4000000d")


def test_a_folder_that_cannot_be_made_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "--data-dir", "/proc/nowhere"]) == 1

    assert "name another folder with --data-dir" in capsys.readouterr().err


def test_a_folder_without_init_says_what_to_do(refused: Callable[..., str]) -> None:
    assert "run 'watchword init'" in refused("account", "list")
    assert "run 'watchword init'" in refused("serve")


def test_a_secret_that_others_may_read_is_refused(
    ask: Ask, refused: Callable[..., str], tmp_path: Path
) -> None:
    del ask
    (tmp_path / "data" / "secret.key").chmod(0o644)

    assert "chmod 600" in refused("account", "list")


def test_a_lost_or_broken_secret_is_never_made_anew(
    ask: Ask, refused: Callable[..., str], tmp_path: Path
) -> None:
    del ask
    secret = tmp_path / "data" / "secret.key"
    kept = secret.read_text()

    for broken in ("", "zz", kept[:-2]):
        secret.write_text(broken)
        assert "restore it from your backup" in refused("account", "list")
    secret.write_text("00" * 32)
    assert "another secret" in refused("account", "list")
    assert "another secret" in refused("serve")
    assert "another secret" in refused("init")
    assert "another secret" in refused_doctor(tmp_path)
    secret.unlink()
    assert "restore it from your backup" in refused("init")
    assert not secret.exists()


def test_a_lost_database_is_never_made_anew(
    ask: Ask, refused: Callable[..., str], tmp_path: Path
) -> None:
    del ask
    database = tmp_path / "data" / "watchword.db"
    database.unlink()

    assert "restore it from your backup" in refused("account", "list")
    assert "restore it from your backup" in refused_doctor(tmp_path)
    assert not database.exists()


def refused_doctor(tmp_path: Path) -> str:
    with redirect_stdout(io.StringIO()) as output:
        assert run(["doctor", "--data-dir", str(tmp_path / "data"), "--json"]) == 1
    return output.getvalue()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nope"], "nope"),
        (["account", "nope"], "nope"),
        (["user", "add", "svc"], "--account"),
        (["serve", "--port", "x"], "--port"),
        (["serve", "--workers", "1.5"], "whole number as 50, not '1.5'"),
        (["demo", "--port", "1e3"], "whole number as 50, not '1e3'"),
        (["audit", "tail", "--count", "2.5"], "whole number as 50, not '2.5'"),
        (["audit", "tail", "--count", "-2"], "--count"),
        (["plan", "set", "gold", "profile", "--rate", "1.5"], "whole number as 50, not '1.5'"),
        (["plan", "set", "gold", "profile", "--quota", "1_000"], "not '1_000'"),
        (["usage", "--since", "20261125"], "write a day as 2026-11-01"),
        (["usage", "--since", "2026-W48-3"], "write a day as 2026-11-01"),
        (["plan", "set", "gold", "profile"], "say what to set"),
        (["service", "set", "profile"], "say what to set"),
        (
            ["service", "set", "profile", "--upstream", "http://h/", "--no-upstream"],
            "--upstream or --no-upstream, not both",
        ),
        (["plan", "set", "gold", "profile", "--quota", "1", "--no-quota"], "not both"),
        (["user", "rotate", "svc", "--overlap", "90"], "as 30m, 24h or 7d"),
        (["key", "add", "--account", "acme", "--expires-in", "soon"], "as 30m, 24h or 7d"),
    ],
)
def test_a_misused_command_exits_with_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)

    assert exit_.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("watchword: ")
    assert said in captured.err


def test_lists_are_tabs_in_a_pipe_and_say_when_there_is_nothing(
    ask: Ask, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["account", "list", "--data-dir", folder]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "watchword account add" in captured.err
    ask("account", "add", "acme", "--name", "Acme\tInc.")

    run(["account", "list", "--data-dir", folder])
    run(["account", "show", "acme", "--data-dir", folder])

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "account\tname\tservices\tpackages\tcreated_at\tdisabled_at"
    assert lines[1].startswith("acme\tAcme Inc.\t-\t-\t20")
    assert lines[2] == "account\tacme"


def test_doctor_finds_nothing_wrong_with_a_sound_deployment(
    ask: Ask, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    del ask
    assert run(["doctor", "--data-dir", folder, "--json"]) == 1
    findings = {item["check"]: item for item in json.loads(capsys.readouterr().out)}

    assert [name for name, item in findings.items() if item["status"] != "ok"] == ["people"]
    assert "watchword profile import" in findings["people"]["remark"]


@pytest.fixture
def examine(folder: str, capsys: pytest.CaptureFixture[str]) -> Callable[[], dict[str, Any]]:
    """Return what doctor finds, by what it looked at."""

    def look() -> dict[str, Any]:
        run(["doctor", "--data-dir", folder, "--json"])
        return {item["check"]: item for item in json.loads(capsys.readouterr().out)}

    return look


@pytest.mark.parametrize(
    "command",
    [
        ["service", "disable", "profile"],
        ["service", "add", "orders", "--upstream", "http://127.0.0.1:4000/graphql"],
    ],
)
def test_doctor_misses_no_people_where_profile_is_not_meant_to_be_served(
    ask: Ask, examine: Callable[[], dict[str, Any]], command: list[str]
) -> None:
    assert examine()["people"]["status"] == "wrong"

    ask(*command)

    assert examine()["people"]["status"] == "ok"


def test_doctor_names_what_is_granted_and_has_no_limit(
    ask: Ask, examine: Callable[[], dict[str, Any]]
) -> None:
    ask("account", "add", "acme", "--service", "profile")
    assert examine()["plans"]["status"] == "ok"
    ask("plan", "add", "gold")
    ask("key", "add", "--account", "acme", "--plan", "gold")

    wrong = examine()["plans"]

    assert wrong["status"] == "wrong"
    assert "acme profile" in wrong["remark"]
    ask("plan", "set", "gold", "profile", "--rate", "1", "--burst", "1")
    assert examine()["plans"]["status"] == "ok"


def test_doctor_asks_for_no_trusted_proxy_behind_a_unix_socket(
    ask: Ask, examine: Callable[[], dict[str, Any]], tmp_path: Path
) -> None:
    assert ask("plan", "list")
    settings = tmp_path / "data" / "watchword.toml"
    settings.write_text('base_url = "https://api.example.com"\n', "utf-8")
    assert "trusted_proxies" in examine()["URL"]["remark"]

    settings.write_text('base_url = "https://api.example.com"\nunix_socket = "/run/w"\n', "utf-8")

    assert examine()["URL"]["status"] == "ok"


def test_doctor_says_of_a_folder_that_is_not_there_what_to_do(
    examine: Callable[[], dict[str, Any]],
) -> None:
    found = examine()

    assert "watchword init" in found["data directory"]["remark"]
    assert not any("Errno" in item["remark"] for item in found.values())


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.strip() == "0.1.0"
