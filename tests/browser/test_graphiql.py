"""GraphiQL in Chromium: signed in by name and password, counted, quiet, and kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from support.chromium import sign_in, watch
from support.commands import operate_apart
from support.customers import RemoteCustomer, connect

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from support.chromium import Watched
    from support.processes import Server

pytestmark = pytest.mark.slow
GRAPHIQL = "/profile/v1/graphiql/"
EDITOR = ".graphiql-query-editor .view-lines"
EXAMPLE = f"{GRAPHIQL}?query=%7B%20info%20%7B%20name%20%7D%20%7D"


def open_graphiql(page: Page, customer: RemoteCustomer, url: str = EXAMPLE) -> None:
    page.goto(url)
    sign_in(page, customer.username, customer.password)
    expect(page.locator(EDITOR)).to_be_visible()
    expect(page.get_by_text(re.compile("queries left today"))).to_be_visible()


def run(page: Page) -> None:
    with page.expect_response(lambda response: response.request.method == "POST"):
        page.get_by_role("button", name=re.compile("Execute")).click()


def test_an_example_from_a_link_is_run_and_the_quota_falls(
    watched: Watched, served: tuple[Server, RemoteCustomer]
) -> None:
    page, (_, customer) = watched.page, served
    open_graphiql(page, customer)
    left = page.get_by_text(re.compile("of 100 queries left today"))
    expect(left).to_be_visible()

    run(page)
    expect(page.locator(".result-window")).to_contain_text('"name": "profile"')
    before = re.match(r"\d+", left.inner_text())
    run(page)

    assert before is not None
    expect(left).to_have_text(re.compile(rf"^{int(before[0]) - 1} of 100"))


def test_a_script_in_the_link_is_text(
    watched: Watched, served: tuple[Server, RemoteCustomer]
) -> None:
    page, (_, customer) = watched.page, served

    open_graphiql(page, customer, f"{GRAPHIQL}?query=%22%3E%3Cimg+src%3Dx+onerror%3Dalert(1)%3E")

    expect(page.locator(EDITOR)).to_contain_text("onerror")
    assert page.locator("img[src=x]").count() == 0


def test_what_was_typed_is_there_again_for_the_same_user(
    chromium: Browser, served: tuple[Server, RemoteCustomer]
) -> None:
    server, customer = served
    with watch(chromium, server.url) as watched:
        page = watched.page
        open_graphiql(page, customer)
        page.goto(GRAPHIQL)

        expect(page.locator(EDITOR)).to_contain_text("info")


def test_a_production_token_is_live_after_all_of_this(
    watched: Watched, served: tuple[Server, RemoteCustomer]
) -> None:
    page, (server, customer) = watched.page, served
    with connect(server.url) as client:
        token = customer.token(client)
        open_graphiql(page, customer)
        for _ in range(3):
            run(page)

        assert customer.call(client, token).status_code == 200


def test_a_disabled_users_page_refuses(watched: Watched, folder: Path) -> None:
    page, where = watched.page, ("--data-dir", str(folder))
    user = operate_apart("user", "add", "svc-gone", "--account", "acme", *where)
    open_graphiql(page, RemoteCustomer("svc-gone", user["password"], ""))
    operate_apart("user", "disable", "svc-gone", *where)
    watched.expected.append("401")

    run(page)
    expect(page.get_by_text("ACCOUNT_DISABLED").first).to_be_visible()
    page.reload()

    expect(page.get_by_role("heading", name="Unauthorized")).to_be_visible()
