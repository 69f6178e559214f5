"""The program itself, as a process: demo, serve, import, a terminal."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from typing import TYPE_CHECKING

import pytest

from support.commands import operate
from support.customers import RemoteCustomer, connect
from support.processes import PROGRAM, Server, people_folder, run_json, run_watchword, running

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.measured


def demo(*arguments: str) -> list[str]:
    return ["demo", "--port", "0", *arguments]


def test_the_demo_prints_what_a_program_needs_and_serves_until_sigterm(tmp_path: Path) -> None:
    server = Server(demo("--data-dir", str(tmp_path / "data")), tmp_path / "log")

    assert set(server.ready) == {
        "base_url", "portal_url", "token_url", "api_key", "username", "password", "services",
        "sample_person_id",
    }  # fmt: skip
    assert set(server.ready["services"]) == {"events", "profile"}
    for urls in server.ready["services"].values():
        assert set(urls) == {"graphql_url", "graphiql_url"}
    customer = RemoteCustomer(
        server.ready["username"], server.ready["password"], server.ready["api_key"]
    )
    sample = server.ready["sample_person_id"]
    roles = "rolesEmployment { items { title } }"
    query = f'{{ personIdSearch(id: "{sample}") {{ ... on Person {{ name {roles} }} }} }}'
    with connect(server.url) as client:
        token = customer.token(client)
        person = customer.call(client, token, query).json()["data"]["personIdSearch"]
        bare = client.post(
            server.ready["services"]["profile"]["graphiql_url"],
            json={"query": "{ info { name } }"},
            headers={"x-api-key": customer.api_key, "authorization": token},
        )
    assert person["name"]
    assert person["rolesEmployment"]["items"]
    assert bare.status_code == 200
    plan = run_json("plan", "show", "demo", "--data-dir", str(tmp_path / "data"))
    assert plan[0]["documents"]["introspection"], "clients' tools begin by asking for the schema"
    assert server.stop() == 0


def test_a_second_demo_over_the_same_folder_keeps_the_live_token(tmp_path: Path) -> None:
    arguments = demo("--data-dir", str(tmp_path / "data"))
    with running(arguments, tmp_path / "log") as first, connect(first.url) as client:
        customer = RemoteCustomer(
            first.ready["username"], first.ready["password"], first.ready["api_key"]
        )
        token = customer.token(client)

    with running(arguments, tmp_path / "log") as second, connect(second.url) as client:
        assert customer.call(client, token).status_code == 200
        assert customer.ask(client).status_code == 401, "the password was made anew"


def test_the_demo_removes_the_folder_that_it_made(tmp_path: Path) -> None:
    os.environ["TMPDIR"] = str(tmp_path)
    try:
        server = Server(demo("--plan", "preview"), tmp_path / "log")
    finally:
        del os.environ["TMPDIR"]
    assert list(tmp_path.glob("watchword-demo-*"))

    server.stop()

    assert not list(tmp_path.glob("watchword-demo-*"))


def test_the_demo_tells_a_person_what_to_paste(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [PROGRAM, *demo("--data-dir", str(tmp_path / "data"))], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    told = ""
    while "Ctrl-C" not in told:
        line = process.stdout.readline()
        assert line
        told += line
    commands = [line for line in told.splitlines() if "curl" in line]

    pasted = subprocess.run(
        ["bash", "-euc", "\n".join(commands)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    process.terminate()
    process.stdout.close()

    token, person, events, *refused = pasted.stdout.strip().splitlines()
    assert token.startswith("eyJ")
    assert json.loads(person)["data"]["personIdSearch"]["rolesEmployment"]["items"]
    assert json.loads(events)["data"]["events"]["events"]
    codes = [json.loads(answer)["errors"][0]["extensions"]["code"] for answer in refused]
    assert codes == ["TOKEN_SUPERSEDED"] * 2, "each service refuses it"
    assert process.wait(15) == 0


def test_the_real_people_are_imported_served_and_imported_again(tmp_path: Path) -> None:
    where = ("--data-dir", str(tmp_path / "data"))
    people = str(people_folder())
    query = (
        '{ personKeywordSearch(filter: {searchKeyword: "Cantwell"}) { items { name '
        "rolesEmployment { items { title startDate { date } organization { organizationName } } } "
        "} } }"
    )
    with running(demo(*where, "--people", people), tmp_path / "log") as server:
        customer = RemoteCustomer(
            server.ready["username"], server.ready["password"], server.ready["api_key"]
        )
        with connect(server.url) as client:
            token = customer.token(client)
            before = customer.call(client, token, query).json()
            report = run_json("profile", "import", "congress-legislators", people, *where)
            after = customer.call(client, token, query).json()

    assert (report["people"], report["organizations"], report["roles"]) == (617, 570, 6929)
    assert before == after
    (person,) = before["data"]["personKeywordSearch"]["items"]
    assert person["name"] == "Maria Cantwell"
    roles = {
        (role["organization"]["organizationName"], role["startDate"]["date"])
        for role in person["rolesEmployment"]["items"]
    }
    assert ("House of Representatives", "1993-01-05") in {
        (n.replace("United States ", ""), d) for n, d in roles
    } or roles
    assert {date for _, date in roles} >= {"1993-01-05", "2001-01-03", "2013-01-03"}


def test_a_port_that_is_taken_is_said_with_a_way_out(tmp_path: Path) -> None:
    operate("init", "--data-dir", str(tmp_path / "data"))
    arguments = ["serve", "--port", "0", "--data-dir", str(tmp_path / "data")]
    with running(arguments, tmp_path / "log") as server:
        port = server.url.rpartition(":")[2]

        second = run_watchword("serve", "--port", port, *arguments[3:], check=False)

    assert second.returncode == 1
    assert "choose another with --port" in second.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--host", "0.0.0.0"], "not loopback"),
        (["--base-url", "http://api.example.com"], "base_url is https"),
        (["--base-url", "https://api.example.com/path"], "scheme, host and port alone"),
        (["--workers", "0"], "workers is at least 1"),
    ],
)
def test_a_setting_that_cannot_be_used_is_said(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    operate("init", "--data-dir", str(tmp_path / "data"))

    refused = run_watchword("serve", "--data-dir", str(tmp_path / "data"), *arguments, check=False)

    assert refused.returncode == 1
    assert said in refused.stderr


def show_on_a_terminal(*arguments: str) -> str:
    """Run a command on a terminal of 80 columns and return what it shows."""
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [PROGRAM, *arguments],
        stdout=terminal,
        env={**os.environ, "COLUMNS": "80", "TERM": "xterm"},
    )
    os.close(terminal)
    shown = b""
    while True:
        try:
            chunk = os.read(controller, 65_536)
        except OSError:
            break  # the program has ended, and so has its terminal
        if not chunk:
            break
        shown += chunk
    os.close(controller)

    assert process.wait(15) == 0
    return shown.decode()


def test_a_terminal_gets_a_table_and_ids_in_one_piece(tmp_path: Path) -> None:
    where = ("--data-dir", str(tmp_path / "data"))
    operate("init", *where)
    operate("account", "add", "acme", *where)
    key = operate(
        "key",
        "add",
        "--account",
        "acme",
        "--description",
        "of production",
        "--expires-in",
        "90d",
        *where,
    )

    shown = show_on_a_terminal("key", "list", *where)

    assert "┃" in shown
    assert key["key_id"] in shown
    assert key["expires_at"][:10] in shown
    assert "preview" in shown


def test_a_list_of_services_fits_a_terminal(tmp_path: Path) -> None:
    where = ("--data-dir", str(tmp_path / "data"))
    upstream = "http://127.0.0.1:4000/graphql"
    operate("init", *where)
    operate("service", "add", "orders", "--upstream", upstream, *where)
    operate("service", "disable", "orders", *where)

    lines = show_on_a_terminal("service", "list", *where).splitlines()

    assert any("orders" in line and "disabled" in line and upstream in line for line in lines)
    assert any("profile" in line and "in this process" in line for line in lines)


def test_a_customers_name_is_no_markup(tmp_path: Path) -> None:
    where = ("--data-dir", str(tmp_path / "data"))
    operate("init", *where)
    operate("account", "add", "acme", "--name", "[/red] [b]x\x1b[2J", *where)

    for command in ("list", "show"):
        names = ("acme",) if command == "show" else ()
        assert "[/red] [b]x [2J" in show_on_a_terminal("account", command, *names, *where)


def test_a_reader_that_had_enough_is_no_error(tmp_path: Path) -> None:
    where = ("--data-dir", str(tmp_path / "data"))
    operate("init", *where)

    told = subprocess.run(
        ["bash", "-c", 'exec 3>&1; "$@" 2>&3 | true', "bash", PROGRAM, "plan", "list", *where],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert told.stdout == told.stderr == ""


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_server_that_cannot_start_says_why_and_fails(tmp_path: Path, workers: str) -> None:
    where = ("--data-dir", str(tmp_path / "data"))
    operate("init", *where)
    (tmp_path / "data" / "profile.db").write_text("this is no database" * 100)

    refused = run_watchword("serve", "--port", "0", "--workers", workers, *where, check=False)

    assert refused.returncode == 1
    assert "profile.db: it is no SQLite database" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_import_of_a_broken_file_names_it_and_changes_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    for source in people_folder().glob("*.yaml"):
        (broken / source.name).write_bytes(source.read_bytes())
    (broken / "executive.yaml").write_text("- id: {bioguide: X}\n  name: [\n")
    where = ("--data-dir", str(tmp_path / "data"))
    operate("init", *where)

    refused = run_watchword(
        "profile", "import", "congress-legislators", str(broken), *where, check=False
    )

    assert refused.returncode == 1
    assert "executive.yaml line" in refused.stderr
