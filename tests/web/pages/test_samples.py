"""The programs of the guides run as a reader's page shows them, and are answered as it says."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from support.commands import operate_apart, run_apart
from support.customers import OWN_PAGE, SECONDS, make_deployment
from support.pages import ReadPage, get_csrf
from support.processes import people_folder, running
from watchword.services.directory import ANSWERED_HERE, read_examples

if TYPE_CHECKING:
    from collections.abc import Generator

pytestmark = pytest.mark.slow
NODE = str(Path(sys.executable).parent / "node")
PROGRAMS = {
    "curl": ("sh", [*("bash", "-eu", "-o", "pipefail")]),
    "Node.js": ("mjs", [NODE]),
    "Python": ("py", [sys.executable]),
}


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who has signed in, and has the two secrets."""

    url: str
    username: str
    browser: httpx2.Client
    secrets: dict[str, str]

    def read(self, path: str) -> ReadPage:
        return ReadPage(self.browser.get(path).text)

    def run(self, page: ReadPage, number: int, folder: Path) -> tuple[str, Any]:
        """Run a program of a page; return what it is and what it printed."""
        tab, code = [found for found in page.code if found[0]][number]
        suffix, command = PROGRAMS[tab]
        program = folder / f"program.{suffix}"
        program.write_text(code, "utf-8")
        done = subprocess.run(
            [*command, str(program)],
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(folder), **self.secrets},
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, f"{code}\n{done.stderr}"
        assert done.stderr == ""
        return tab, [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Generator[Reader]:
    folder = tmp_path_factory.mktemp("served") / "data"
    customer = run_apart(lambda: make_deployment(folder, ("profile", "events")))
    where = ("--data-dir", str(folder))
    operate_apart("profile", "import", "congress-legislators", str(people_folder()), *where)
    arguments = ["serve", "--port", "0", *where]
    with (
        running(arguments, folder.parent / "log") as server,
        httpx2.Client(base_url=server.url, timeout=SECONDS, headers=OWN_PAGE) as browser,
    ):
        customer.sign_in(browser)
        secrets = {
            "WATCHWORD_KEY": customer.api_key,
            "WATCHWORD_PASSWORD": customer.password,
        }
        yield Reader(server.url, customer.username, browser, secrets)


def is_alike(shown: Any, told: Any) -> bool:
    """Tell whether an answer has the shape that a page shows; `...` stands for any text."""
    if isinstance(shown, dict) and isinstance(told, dict):
        return shown.keys() == told.keys() and all(
            is_alike(value, told[name]) for name, value in shown.items()
        )
    if isinstance(shown, list) and isinstance(told, list):
        return len(shown) == len(told) and all(map(is_alike, shown, told))
    if isinstance(shown, str) and shown.endswith("..."):
        return isinstance(told, str) and told.startswith(shown.removesuffix("..."))
    return bool(shown == told)


def responses_of(page: ReadPage) -> list[Any]:
    """Return what a page says programs are answered, in order."""
    return [json.loads(code) for tab, code in page.code if not tab and code.startswith(("{", "["))]


@pytest.mark.parametrize("number", range(6))
def test_a_program_of_the_guide_is_answered_as_the_page_says(
    reader: Reader, tmp_path: Path, number: int
) -> None:
    page = reader.read("/guides/authentication")

    tab, printed = reader.run(page, number, tmp_path)

    assert tab == list(PROGRAMS)[number % 3]
    assert len(printed) == 1
    assert is_alike(responses_of(page)[number // 3], printed[0]), printed


@pytest.mark.parametrize("number", range(3))
def test_a_program_reads_page_by_page(reader: Reader, tmp_path: Path, number: int) -> None:
    page = reader.read("/guides/paging")

    tab, printed = reader.run(page, number, tmp_path)

    if tab == "curl":
        found = [
            person["id"] for page in printed for person in page["data"]["personSearch"]["items"]
        ]
    else:
        (found,) = printed
    assert found == responses_of(page)[0]


def test_workers_share_a_token_until_it_ends(reader: Reader, tmp_path: Path) -> None:
    page = reader.read("/guides/one-live-token")
    kept = tmp_path / "token.json"

    _, first = reader.run(page, 0, tmp_path)
    token = json.loads(kept.read_text())["token"]
    reader.run(page, 0, tmp_path)
    shared = json.loads(kept.read_text())["token"]
    reader.run(reader.read("/guides/authentication"), 0, tmp_path)
    _, last = reader.run(page, 0, tmp_path)

    assert is_alike(responses_of(page)[-1], first[0])
    assert shared == token
    assert json.loads(kept.read_text())["token"] != token
    assert last == first
    assert kept.stat().st_mode & 0o077 == 0


def test_the_programs_carry_the_readers_name_and_a_hint_at_the_key_and_no_secret(
    reader: Reader,
) -> None:
    page = reader.read("/guides/authentication")

    programs = [code for tab, code in page.code if tab]
    hint = f"your key that ends in {reader.secrets['WATCHWORD_KEY'][-4:]}"
    assert len(programs) == 6
    for program in programs:
        assert hint in program
        assert reader.username in program
        assert reader.url in program
        assert "your-user" not in program
        assert not any(secret in program for secret in reader.secrets.values())


@pytest.mark.parametrize("service", sorted(ANSWERED_HERE))
def test_every_example_is_answered_from_real_records(reader: Reader, service: str) -> None:
    url = f"/{service}/v1/graphiql/"
    headers = {"x-csrf-token": get_csrf(reader.browser.get(url).text)}

    for example in read_examples(service):
        asked = reader.browser.post(url, json={"query": example.document}, headers=headers)
        answer = asked.json()
        assert "errors" not in answer, example.name
        assert "errorMessage" not in asked.text, example.name
