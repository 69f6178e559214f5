"""What GraphiQL prints of a query as a program runs as it is printed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from clients.conftest import Served
    from support.customers import RemoteCustomer

_FOLDER = Path(__file__).parent
_NODE = str(Path(sys.executable).parent / "node")
_SECONDS = 60
_COMMANDS = {
    "curl": ("program.sh", ["sh"]),
    "node": ("program.mjs", [_NODE]),
    "python": ("program.py", [sys.executable, "-W", "error"]),
}
_LANGUAGES = sorted(_COMMANDS)
_PERSON = "query Ask($id: String!) {\n  personIdSearch(id: $id) { ... on Person { name } }\n}\n"
_ODD = """# 'one' "two" `three` \\four \\\\n five\\
# $HOME ${HOME} $(id) %s {six} #{seven} !! \\u0041 ''' \\''' \\"\\"\\" é — 𝄞
BODY
query Odd($text: String = "a\\"b\\\\c\\n$x", $block: String = \"\"\"
  it's "here" `${PATH}` \\t
\"\"\") { info { name } }
# the end is a quote'"""
_ODD_VARIABLES: dict[str, Any] = {
    "text": "it's \"quoted\"\n\t\\ $HOME `x` ${y} ''' é 𝄞",
    "nested": {"yes": True, "no": False, "none": None, "list": [1, 2.5, [], {}], "__proto__": 1},
    "key with 'quotes\"": [],
}


def print_program(language: str, asked: dict[str, Any], url: str, user: str) -> str:
    place = {
        "callUrl": f"{url}/profile/v1/graphql",
        "tokenUrl": f"{url}/oauth2/token",
        "user": user,
    }
    return subprocess.run(
        [_NODE, "exported.mjs", language],
        cwd=_FOLDER,
        input=json.dumps(
            {"asked": {"variables": {}, "operationName": None, **asked}, "place": place}
        ),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=True,
    ).stdout


def run_program(
    language: str, program: str, folder: Path, key: str, password: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    name, command = _COMMANDS[language]
    (folder / name).write_text(program)
    given = {"WATCHWORD_KEY": key, "WATCHWORD_PASSWORD": password, **variables}
    return subprocess.run(
        [*command, name],
        cwd=folder,
        env=os.environ | given,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )


@pytest.mark.parametrize("language", _LANGUAGES)
def test_a_printed_program_gets_the_answer(
    language: str, served: Served, users: dict[str, RemoteCustomer], tmp_path: Path
) -> None:
    asked = {"query": _PERSON, "variables": {"id": "no-such-person"}, "operationName": "Ask"}
    user = users["plain"]
    program = print_program(language, asked, served.url, user.username)

    done = run_program(language, program, tmp_path, served.api_key, user.password)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "personIdSearch" in json.loads(done.stdout)["data"]


@pytest.mark.parametrize("language", _LANGUAGES)
def test_the_environment_may_name_another_service_user(
    language: str, served: Served, users: dict[str, RemoteCustomer], tmp_path: Path
) -> None:
    user = users["plain"]
    program = print_program(language, {"query": "{ info { name } }"}, served.url, "it's nobody")

    done = run_program(
        language,
        program,
        tmp_path,
        served.api_key,
        user.password,
        WATCHWORD_USER=user.username,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["data"] == {"info": {"name": "profile"}}


@pytest.mark.parametrize("language", _LANGUAGES)
def test_a_refused_program_fails_and_says_what_the_server_said(
    language: str, served: Served, users: dict[str, RemoteCustomer], tmp_path: Path
) -> None:
    program = print_program(
        language, {"query": "{ info { name } }"}, served.url, users["plain"].username
    )

    done = run_program(language, program, tmp_path, served.api_key, "not the password")

    assert done.returncode != 0
    assert "401" in done.stdout + done.stderr


@pytest.mark.parametrize("language", _LANGUAGES)
def test_no_sign_of_a_query_means_anything_to_the_language_around_it(
    language: str, tmp_path: Path
) -> None:
    asked = {"query": _ODD, "variables": _ODD_VARIABLES, "operationName": "Odd"}
    with keeping() as keeper:
        program = print_program(language, asked, keeper.url, "user")
        done = run_program(language, program, tmp_path, "key", "password")

    assert done.returncode == 0, done.stdout + done.stderr
    assert keeper.asked == [asked]


class Keeper(HTTPServer):
    """Gives out a token, and keeps what it is asked with it.

    Attributes:
        asked: The body of every call of the service.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[Any] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Keeper

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        if self.path == "/oauth2/token":
            answer: dict[str, Any] = {"access_token": "token", "expires_in": 28800}
        else:
            assert self.headers["Authorization"] == "Bearer token"
            self.server.asked.append(json.loads(body))
            answer = {"data": None}
        encoded = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(encoded)))
        self.end_headers()
        self.wfile.write(encoded)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def keeping() -> Generator[Keeper]:
    """Run a keeper for the length of a block."""
    with Keeper() as keeper:
        thread = Thread(target=keeper.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield keeper
        finally:
            keeper.shutdown()
            thread.join()
