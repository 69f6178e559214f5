"""GraphiQL in Chromium: every pane under the policy, counted, kept, and no other host asked.

It is loaded as seldom as can be: to load it takes as long as all the rest. Most tests find the
same page open, with `QUERY` in its editor.
"""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import expect

from support.chromium import sign_in, watch
from support.commands import operate_apart
from support.customers import RemoteCustomer, connect

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from support.chromium import Watched
    from support.processes import Server

pytestmark = pytest.mark.slow
GRAPHIQL = "/profile/v1/graphiql/"
QUERY = "query Info { info { name status } }"
SCRIPT = '"><img src=x onerror=alert(1)>'
EDITOR = ".graphiql-query-editor .view-lines"
DAILY = re.compile("of 100 queries left today")
# In one go: the editor replaces lines when it has found their colours.
BOXES_OF_LINES = """() =>
  [...document.querySelectorAll(".graphiql-query-editor .view-line")]
    .map((line) => [line.getBoundingClientRect().top, line.offsetHeight])"""
KEYS_ONCE_STORED = """async () => {
  const isTabs = (key) => key.endsWith(":tabState");
  while (!Object.keys(localStorage).some(isTabs)) await new Promise(requestAnimationFrame);
  return Object.keys(localStorage);
}"""


@pytest.fixture(scope="module")
def kept(
    chromium: Browser, served: tuple[Server, RemoteCustomer]
) -> Generator[tuple[Watched, RemoteCustomer]]:
    """A browser in which GraphiQL stays open from test to test."""
    server, customer = served
    granted = ["clipboard-read", "clipboard-write"]
    with watch(chromium, server.url, permissions=granted) as watched:
        yield watched, customer


@pytest.fixture
def graphiql(kept: tuple[Watched, RemoteCustomer]) -> Generator[Watched]:
    """GraphiQL without a pane, with the query in its editor."""
    watched, customer = kept
    page = watched.page
    if urlsplit(page.url).path != GRAPHIQL:
        open_graphiql(page, customer)
    # A link's query would be opened beside what was typed.
    page.evaluate("history.replaceState(null, '', location.pathname)")
    pane = page.get_by_role("button", name=re.compile("^Hide (Docu|Expl|Hist|Code)"))
    if pane.count():
        pane.click()
    write(page, QUERY)
    yield watched
    page.unroute_all()
    watched.require_quiet()
    watched.forget()


def open_graphiql(page: Page, customer: RemoteCustomer) -> None:
    page.goto(GRAPHIQL)
    sign_in(page, customer.username, customer.password)
    wait_for_schema(page)


def wait_for_schema(page: Page) -> None:
    expect(page.locator(EDITOR)).to_be_visible()
    expect(page.get_by_text(re.compile("queries left today"))).to_be_visible()
    expect(page.locator(".ww-deprecated")).to_be_visible()


def write(page: Page, query: str) -> None:
    """Put a query into the editor in place of what is there."""
    page.locator(EDITOR).click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(query)
    expect(page.locator(EDITOR)).to_have_text(query.replace("\n", ""), use_inner_text=False)


def run(page: Page) -> None:
    with page.expect_response(lambda response: response.request.method == "POST"):
        page.get_by_role("button", name=re.compile("Execute")).click()


def test_every_pane_works_under_the_policy(graphiql: Watched) -> None:
    page = graphiql.page

    for pane, shown in [
        ("Documentation Explorer", "Root Types"),
        ("Explorer", "personIdSearch"),
        ("History", "History"),
        ("Code", "#!/bin/sh"),
    ]:
        page.get_by_role("button", name=f"Show {pane}", exact=True).click()
        expect(page.locator(".graphiql-plugin")).to_contain_text(shown)
    page.locator(EDITOR).click()
    page.keyboard.press("Control+End")
    page.keyboard.type("\nquery Other { per")
    page.keyboard.press("Control+Space")
    expect(page.locator(".suggest-widget")).to_contain_text("personIdSearch")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Open settings dialog").click()
    expect(page.get_by_role("dialog")).to_contain_text("Theme")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_opening_the_page_takes_nothing_of_the_plan(graphiql: Watched) -> None:
    page = graphiql.page
    graphiql.forget()

    page.reload()
    wait_for_schema(page)

    assert f"POST {GRAPHIQL}" not in graphiql.asked
    expect(page.locator("[data-limit=cost]")).to_have_count(0)


def test_where_the_portal_has_no_schema_the_service_is_asked_and_that_is_not_the_last_query(
    graphiql: Watched,
) -> None:
    page = graphiql.page
    graphiql.expected.append("404")
    page.route("**/schema.graphql", lambda route: route.fulfill(status=404))

    page.reload()
    wait_for_schema(page)

    assert graphiql.asked.count(f"POST {GRAPHIQL}") == 1
    expect(page.locator("[data-limit=cost]")).to_have_count(0)


def test_a_query_that_came_too_soon_is_told_when_to_try_again(graphiql: Watched) -> None:
    page = graphiql.page
    graphiql.expected.append("429")
    refused = {"status": 429, "headers": {"retry-after": "90"}, "body": "{}"}
    page.route(f"**{GRAPHIQL}", lambda route: route.fulfill(**refused))

    page.locator(EDITOR).click()
    page.keyboard.press("Control+Enter")

    expect(page.locator("[data-limit=wait]")).to_have_text("try again in 2 min")


def test_the_lines_of_the_editor_lie_below_one_another(graphiql: Watched) -> None:
    """Monaco places them by style attributes, which the policy refuses in HTML."""
    page = graphiql.page
    page.get_by_role("button", name="Prettify").click()
    expect(page.locator(".graphiql-query-editor .view-line")).to_have_count(7)

    boxes = page.evaluate(BOXES_OF_LINES)

    tops = sorted(top for top, _ in boxes)
    assert [height for _, height in boxes] == [20] * 7
    assert [lower - upper for upper, lower in pairwise(tops)] == [20] * 6


def test_a_query_is_answered_and_the_quota_falls(graphiql: Watched) -> None:
    page = graphiql.page
    left = page.get_by_text(DAILY)
    texts = [left.inner_text()]

    for _ in range(3):
        run(page)
        expect(left).not_to_have_text(texts[-1])
        texts.append(left.inner_text())

    expect(page.locator(".result-window")).to_contain_text('"name": "profile"')
    counts = [int(text.partition(" ")[0]) for text in texts]
    # A new day, and with it a new quota, may begin between two of them.
    assert [before - after for before, after in pairwise(counts)].count(1) >= 2
    expect(page.locator("[data-limit=burst]")).to_contain_text("of 50 at once")


def test_deprecated_fields_are_hidden_until_asked_for_and_showing_them_costs_nothing(
    graphiql: Watched,
) -> None:
    page = graphiql.page
    button = page.get_by_role("button", name="Show deprecated fields")
    expect(button).to_have_attribute("aria-pressed", "false")

    button.click()

    hide = page.get_by_role("button", name="Hide deprecated fields")
    expect(hide).to_have_attribute("aria-pressed", "true")
    hide.click()
    expect(button).to_be_visible()
    assert f"POST {GRAPHIQL}" not in graphiql.asked


def test_the_query_is_printed_as_programs_to_be_copied(
    graphiql: Watched, served: tuple[Server, RemoteCustomer]
) -> None:
    page, (server, customer) = graphiql.page, served
    page.get_by_role("button", name="Show Code").click()

    page.get_by_role("button", name="Python").click()
    page.get_by_role("button", name="Copy", exact=True).click()

    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    copied = str(page.evaluate("navigator.clipboard.readText()"))
    assert QUERY in copied
    assert json.dumps(f"{server.url}/profile/v1/graphql") in copied
    assert customer.password not in copied


def test_what_is_kept_is_kept_for_each_user_and_service_apart(
    graphiql: Watched, served: tuple[Server, RemoteCustomer]
) -> None:
    keys: list[str] = graphiql.page.evaluate(KEYS_ONCE_STORED)

    apart = {key.rsplit(":graphiql:")[0] for key in keys}
    assert apart == {f"watchword:profile:{served[1].username}"}


def test_a_production_token_is_live_after_all_of_this(
    graphiql: Watched, served: tuple[Server, RemoteCustomer]
) -> None:
    server, customer = served
    with connect(server.url) as client:
        token = customer.token(client)
        for _ in range(3):
            run(graphiql.page)

        assert customer.call(client, token).status_code == 200


def test_a_script_in_the_link_is_text(graphiql: Watched) -> None:
    page = graphiql.page

    page.goto(f"{GRAPHIQL}?query={quote(SCRIPT)}")

    wait_for_schema(page)
    expect(page.locator(EDITOR)).to_contain_text("onerror")
    assert page.locator("img[src=x]").count() == 0


def test_a_session_that_ended_is_told_and_nothing_typed_is_lost(
    graphiql: Watched, served: tuple[Server, RemoteCustomer]
) -> None:
    page, (_, customer) = graphiql.page, served
    graphiql.expected.append("401")
    write(page, "query Mine { info { status } }")
    page.context.clear_cookies()

    page.keyboard.press("Control+Enter")

    alert = page.get_by_role("alert").filter(has_text="Your session has ended")
    alert.get_by_role("link", name="Sign in again").click()
    sign_in(page, customer.username, customer.password)
    wait_for_schema(page)
    expect(page.locator(EDITOR)).to_contain_text("query Mine { info { status } }")


def test_signing_out_leads_back_to_the_portal(graphiql: Watched) -> None:
    page = graphiql.page

    page.get_by_role("button", name="Sign out").click()

    page.wait_for_url("**/services")
    main = page.get_by_role("navigation", name="Main")
    expect(main.get_by_role("link", name="Sign in")).to_be_visible()


def test_a_disabled_users_page_refuses(watched: Watched, folder: Path) -> None:
    page, where = watched.page, ("--data-dir", str(folder))
    user = operate_apart("user", "add", "svc-gone", "--account", "acme", *where)
    open_graphiql(page, RemoteCustomer("svc-gone", user["password"], ""))
    operate_apart("user", "disable", "svc-gone", *where)
    watched.expected.append("401")

    run(page)
    expect(page.get_by_role("alert").filter(has_text="session has ended")).to_be_visible()
    page.reload()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
