"""An operator works in the console in a real browser, and a customer calls with what it printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
import pytest
from playwright.sync_api import expect

from support.chromium import enter_console
from support.commands import operate_apart
from support.customers import RemoteCustomer

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from support.chromium import Watched
    from support.processes import Server

pytestmark = pytest.mark.slow


def invite(folder: Path, name: str, role: str = "admin") -> dict[str, str]:
    made: dict[str, str] = operate_apart(
        "console", "invite", name, "--role", role, "--data-dir", str(folder)
    )
    return made


def make(page: Page, summary: str, button: str, **fields: str) -> str:
    """Fill in a form that is folded away, send it, and return the secret that it printed."""
    page.get_by_role("group").filter(has_text=summary).locator("summary").first.click()
    form = page.locator("form").filter(has=page.get_by_role("button", name=button))
    for label, text in fields.items():
        form.get_by_label(label.replace("_", " "), exact=True).fill(text)
    form.get_by_role("button", name=button).click()
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    secret = page.locator("pre[data-copy] code").inner_text()
    page.get_by_role("link", name="Go on").click()
    return secret


def test_a_token_is_had_with_what_the_console_printed(
    watched: Watched, served: tuple[Server, RemoteCustomer], folder: Path
) -> None:
    server, _ = served
    page = watched.page
    enter_console(page, invite(folder, "maker"), "/console/accounts")

    page.get_by_text("Make an account", exact=True).click()
    page.get_by_label("Account", exact=True).fill("newcomer")
    page.get_by_label("Name", exact=True).fill("Newcomer Ltd")
    page.get_by_label("profile", exact=True).check()
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_role("heading", name="Newcomer Ltd")).to_be_visible()
    password = make(page, "Make a service user", "Make the service user", Username="svc-newcomer")
    page.goto("/console/accounts/newcomer")
    api_key = make(page, "Make an API key", "Make the API key", Description="first")

    customer = RemoteCustomer("svc-newcomer", password, api_key)
    with httpx2.Client(base_url=server.url) as client:
        assert customer.call(client, customer.token(client)).status_code == 200


def test_a_key_is_disabled_only_when_the_operator_is_sure(watched: Watched, folder: Path) -> None:
    page = watched.page
    where = ("--data-dir", str(folder))
    key = operate_apart("key", "add", "--account", "acme", *where)["key_id"]
    enter_console(page, invite(folder, "stopper"), f"/console/keys/{key}")

    form = page.locator("form[action='/console/do/disable_key']")
    form.get_by_role("button").click()
    before = operate_apart("key", "show", key, *where)["disabled_at"]
    form.get_by_label("I am sure").check()
    form.get_by_role("button").click()
    expect(page.get_by_role("button", name="Enable")).to_be_visible()

    assert before is None
    assert operate_apart("key", "show", key, *where)["disabled_at"] is not None


def test_who_is_barred_is_shown_the_door_on_the_next_page(watched: Watched, folder: Path) -> None:
    page = watched.page
    enter_console(page, invite(folder, "leaver", "viewer"), "/console/accounts")
    expect(page.get_by_text("Make an account")).to_have_count(0)
    operate_apart("console", "disable", "leaver", "--data-dir", str(folder))

    page.get_by_role("link", name="Audit log").click()

    expect(page.get_by_role("heading", name="Sign in to the console")).to_be_visible()
