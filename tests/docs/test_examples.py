"""The published examples run as printed, with the real programs."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from docs.pages import EXAMPLES, all_examples
from docs.servers import NODE, clean_environment

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from docs.servers import Server

# Those that call. An app is called, and a proxy's file passes on: they hold no secrets.
_PROGRAMS = [
    path
    for path in all_examples()
    if path.suffix in {".py", ".mjs", ".sh"} and not path.stem.endswith("_app")
]
_PERSON = {"personIdSearch": {"name": "Obsidian Notareal"}}
_HEALTH = {"info": {"name": "profile", "status": "UP"}}
_LIMIT = 25_000
_PUBLISHED = (
    'curl -X POST -H "Content-Type: application/x-www-form-urlencoded" -H "x-api-key: K" '
    '"URL/oauth2/token?grant_type=client_credentials" -u "U:P"\n'
)


def _told(data: object, cost: int) -> dict[str, object]:
    """Return an answer as the service words it, with what it cost."""
    return {"data": data, "extensions": {"cost": {"requested": cost, "limit": _LIMIT}}}


def run(demo: Server, *command: str, **changes: str) -> subprocess.CompletedProcess[str]:
    environment = clean_environment(
        WATCHWORD_URL=demo.base_url,
        WATCHWORD_KEY=demo.ready["api_key"],
        WATCHWORD_USER=demo.ready["username"],
        WATCHWORD_PASSWORD=demo.ready["password"],
    )
    return subprocess.run(
        command,
        env=environment | changes,
        cwd=EXAMPLES,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def answer_of(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def load(name: str) -> ModuleType:
    specification = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def load_ask() -> ModuleType:
    return load("ask")


def client_of(module: ModuleType, demo: Server) -> Any:
    ready = demo.ready
    return module.Client(demo.base_url, ready["api_key"], ready["username"], ready["password"])


def test_the_token_request_is_the_published_one_to_the_letter() -> None:
    text = (EXAMPLES / "token.sh").read_text("utf-8")

    names = {"KEY": "K", "URL": "URL", "USER": "U", "PASSWORD": "P"}
    assert re.sub(r"\$WATCHWORD_([A-Z]+)", lambda found: names[found[1]], text) == _PUBLISHED


@pytest.mark.parametrize(
    "command", [("sh", "token.sh"), (NODE, "token.mjs")], ids=["curl", "Node.js"]
)
def test_the_token_example_gets_a_bearer_token_of_eight_hours(
    demo: Server, command: tuple[str, ...]
) -> None:
    answer = answer_of(run(demo, *command))

    assert answer.keys() == {"access_token", "expires_in", "token_type"}
    assert (answer["expires_in"], answer["token_type"]) == (28_800, "Bearer")


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("sh", "graphql.sh"), _told(_PERSON, 6)),
        ((NODE, "graphql.mjs"), _PERSON),
        ((NODE, "graphiql-post.mjs"), _told(_HEALTH, 3)),
    ],
    ids=["curl", "Node.js", "Node.js, posted to graphiql"],
)
def test_the_query_example_gets_an_answer(
    demo: Server, command: tuple[str, ...], expected: object
) -> None:
    answer = answer_of(run(demo, *command))

    assert answer == expected


def test_the_python_example_finds_people_by_keyword(demo: Server) -> None:
    people = answer_of(run(demo, sys.executable, "ask.py", "Notareal"))

    assert "Obsidian Notareal" in {person["name"] for person in people}
    assert all(person["rolesEmployment"]["items"] is not None for person in people)


def test_the_python_example_gets_over_a_superseded_token(demo: Server) -> None:
    ask = load_ask()
    first, second = client_of(ask, demo), client_of(ask, demo)
    first.token = first.request_token()
    superseded = first.token
    second.token = second.request_token()

    data = first.ask("{ info { name status } }", {})

    assert data == _HEALTH
    assert first.token != superseded


def test_the_python_example_asks_for_a_token_once_and_keeps_it(demo: Server) -> None:
    ask = load_ask()
    client = client_of(ask, demo)
    client.ask("{ info { name } }", {})
    kept = client.token

    client.ask("{ info { status } }", {})

    assert client.token == kept


@pytest.mark.parametrize("name", ["token.mjs", "graphql.mjs"])
def test_a_node_example_says_why_it_was_refused(demo: Server, name: str) -> None:
    done = run(demo, NODE, name, WATCHWORD_PASSWORD="wrong")

    assert done.returncode != 0
    assert "invalid_client: Client authentication failed." in done.stderr


def test_the_python_example_says_why_it_was_refused(demo: Server) -> None:
    done = run(demo, sys.executable, "ask.py", "Notareal", WATCHWORD_PASSWORD="wrong")

    assert done.returncode != 0
    assert "401: invalid_client: Client authentication failed." in done.stderr


@pytest.mark.parametrize("example", _PROGRAMS, ids=lambda path: str(path.name))
def test_an_example_reads_its_secrets_from_the_environment(example: Path) -> None:
    text = example.read_text("utf-8")

    read = set(re.findall(r"WATCHWORD_[A-Z]+", text))

    assert read == {"WATCHWORD_URL", "WATCHWORD_KEY", "WATCHWORD_USER", "WATCHWORD_PASSWORD"}


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b"\xff", b"7"])
def test_the_upstream_example_refuses_what_is_no_question(body: bytes) -> None:
    sent: list[Any] = []
    headers = [(f"x-watchword-{name}".encode(), b"a") for name in ("user", "account", "plan")]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(load("upstream_app").app({"type": "http", "headers": headers}, receive, send))

    assert sent[0]["status"] == 400
    assert (b"content-type", b"application/json") in sent[0]["headers"]
    assert json.loads(sent[1]["body"])["errors"]
