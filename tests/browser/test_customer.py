"""A customer in a browser: runs what the guide shows, rotates a key, sees its requests come."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from support.chromium import sign_in
from support.commands import operate_apart
from support.customers import RemoteCustomer, connect

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from support.chromium import Watched
    from support.processes import Server

pytestmark = pytest.mark.slow
PROGRAMS = {
    "curl": ["bash", "-eu"],
    "Node.js": [str(Path(sys.executable).parent / "node")],
    "Python": [sys.executable],
}
SUFFIXES = {"curl": "sh", "Node.js": "mjs", "Python": "py"}


@pytest.fixture
def customer(folder: Path, served: tuple[Server, RemoteCustomer]) -> RemoteCustomer:
    """One whom no other test has rotate or run out of anything."""
    del served  # the data directory is made with it
    where = ("--data-dir", str(folder))
    number = len(list(folder.parent.glob("customer-*")))
    (folder.parent / f"customer-{number}").touch()
    name = f"customer-{number}"
    operate_apart("account", "add", name, "--service", "profile", *where)
    user = operate_apart("user", "add", f"svc-{name}", "--account", name, *where)
    key = operate_apart("key", "add", "--account", name, "--plan", "roomy", *where)
    return RemoteCustomer(f"svc-{name}", user["password"], key["api_key"])


def enter(page: Page, customer: RemoteCustomer, path: str) -> None:
    page.goto(path)
    if "/sign-in" not in page.url:
        page.goto(f"/sign-in?next={path}")
    sign_in(page, customer.username, customer.password)
    page.wait_for_url(f"**{path}")


def test_what_the_guide_has_copied_runs_and_is_answered_as_the_page_shows(
    watched: Watched, customer: RemoteCustomer, tmp_path: Path
) -> None:
    page = watched.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    enter(page, customer, "/guides/authentication")
    call = page.locator(".sample").nth(1)
    shown = json.loads(call.locator(".response pre").inner_text())

    for tab in PROGRAMS:
        call.get_by_role("tab", name=tab).click()
        call.get_by_role("button", name="Copy").locator("visible=true").first.click()
        program = page.evaluate("async () => navigator.clipboard.readText()")
        answered = run_program(tab, program, customer, tmp_path)

        assert shape_of(answered) == shape_of(shown), tab


def run_program(tab: str, text: str, customer: RemoteCustomer, folder: Path) -> object:
    """Run a program as a reader does, and return what it printed."""
    program = folder / f"program.{SUFFIXES[tab]}"
    program.write_text(text, "utf-8")
    done = subprocess.run(
        [*PROGRAMS[tab], str(program)],
        env={
            "PATH": os.defpath + ":/usr/local/bin",
            "WATCHWORD_KEY": customer.api_key,
            "WATCHWORD_PASSWORD": customer.password,
        },
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def shape_of(value: object) -> object:
    """Return an answer without what differs from one person to the next."""
    if isinstance(value, dict):
        return {name: shape_of(member) for name, member in value.items()}
    return type(value).__name__


def test_a_key_that_is_rotated_with_an_hours_overlap_works_and_so_does_the_new_one(
    watched: Watched, served: tuple[Server, RemoteCustomer], customer: RemoteCustomer
) -> None:
    page, (server, _) = watched.page, served
    enter(page, customer, "/account/keys")

    page.locator("summary").filter(has_text="Rotate").click()
    page.get_by_label("The old key stays valid").select_option(label="one hour")
    page.get_by_role("button", name="Make the new key").click()
    new_key = page.locator("pre[data-copy]").inner_text().strip()
    renewed = RemoteCustomer(customer.username, customer.password, new_key)

    assert re.fullmatch(r"ww[0-9A-Za-z]{40}", new_key)
    with connect(server.url) as client:
        token = renewed.token(client)
        assert renewed.call(client, token).status_code == 200
        assert customer.call(client, token).status_code == 200
    page.goto("/account/keys")
    expect(page.get_by_text("usable", exact=True)).to_have_count(2)
    assert new_key not in page.content()


def test_a_call_by_another_program_comes_into_the_open_page(
    watched: Watched, served: tuple[Server, RemoteCustomer], customer: RemoteCustomer
) -> None:
    page, (server, _) = watched.page, served
    enter(page, customer, "/account/requests")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()

    with connect(server.url) as client:
        answered = customer.call(client, customer.token(client))

    correlation_id = answered.headers["x-correlation-id"]
    expect(page.get_by_role("row").filter(has_text=correlation_id)).to_be_visible()
