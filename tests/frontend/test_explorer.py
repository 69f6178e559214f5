"""GraphiQL in a real browser, under the policy that the server sends with it."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import quote

from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

    from frontend.conftest import Visit

_PLACE = "/profile/v1/graphiql/"
_QUERY = "query Info {\n  info {\n    name\n    status\n  }\n}"
_WITH_QUERY = f"{_PLACE}?query={quote(_QUERY)}"
_POST = f"POST {_PLACE}"
_SECONDS = 20_000
# In one go: the editor replaces lines when it has found their colours.
_BOXES_OF_LINES = """() =>
  [...document.querySelectorAll(".graphiql-query-editor .view-line")]
    .map((line) => [line.getBoundingClientRect().top, line.offsetHeight])"""
_KEYS_ONCE_STORED = """async () => {
  const isTabs = (key) => key.endsWith(":tabState");
  while (!Object.keys(localStorage).some(isTabs)) await new Promise(requestAnimationFrame);
  return Object.keys(localStorage);
}"""


def run(page: Page) -> None:
    page.get_by_role("button", name="Execute query").click()


def editor_text(page: Page) -> str:
    lines = page.locator(".graphiql-query-editor .view-line").all_inner_texts()
    return "\n".join(lines).replace("\xa0", " ")


def wait_for_schema(page: Page) -> None:
    expect(page.locator(".ww-deprecated")).to_be_visible(timeout=_SECONDS)


def test_every_pane_works_under_the_policy_and_no_other_host_is_asked(visit: Visit) -> None:
    page = visit.page
    visit.sign_in(_WITH_QUERY)
    wait_for_schema(page)

    for pane, shown in [
        ("Documentation Explorer", "Root Types"),
        ("Explorer", "personIdSearch"),
        ("History", "History"),
        ("Code", "#!/bin/sh"),
    ]:
        page.get_by_role("button", name=f"Show {pane}", exact=True).click()
        expect(page.locator(".graphiql-plugin")).to_contain_text(shown, timeout=_SECONDS)
    page.locator(".graphiql-query-editor .view-lines").click()
    page.keyboard.press("Control+End")
    page.keyboard.type("\nquery Other { per")
    page.keyboard.press("Control+Space")
    expect(page.locator(".suggest-widget")).to_contain_text("personIdSearch", timeout=_SECONDS)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Open settings dialog").click()
    expect(page.get_by_role("dialog")).to_contain_text("Theme")

    assert visit.faults == []


def test_opening_the_page_takes_nothing_of_the_plan(visit: Visit) -> None:
    visit.sign_in(_WITH_QUERY)
    wait_for_schema(visit.page)

    assert visit.count_asked(_POST) == 0
    expect(visit.page.locator("[data-limit=cost]")).to_have_count(0)


def test_where_the_portal_has_no_schema_the_service_is_asked_and_that_is_not_the_last_query(
    visit: Visit,
) -> None:
    visit.page.route("**/schema.graphql", lambda route: route.fulfill(status=404))

    visit.sign_in(_WITH_QUERY)
    wait_for_schema(visit.page)

    assert visit.count_asked(_POST) == 1
    expect(visit.page.locator("[data-limit=cost]")).to_have_count(0)


def test_a_query_that_came_too_soon_is_told_when_to_try_again(visit: Visit) -> None:
    page = visit.page
    visit.sign_in(_WITH_QUERY)
    wait_for_schema(page)
    page.route(
        f"**{_PLACE}",
        lambda route: route.fulfill(status=429, headers={"retry-after": "90"}, body="{}"),
    )

    run(page)

    expect(page.locator("[data-limit=wait]")).to_have_text("try again in 2 min")


def test_the_lines_of_the_editor_lie_below_one_another(visit: Visit) -> None:
    """Monaco places them by style attributes, which the policy refuses in HTML."""
    visit.sign_in(_WITH_QUERY)
    wait_for_schema(visit.page)
    lines = visit.page.locator(".graphiql-query-editor .view-line")
    expect(lines).to_have_count(6, timeout=_SECONDS)

    boxes = visit.page.evaluate(_BOXES_OF_LINES)

    tops = sorted(top for top, _ in boxes)
    assert [height for _, height in boxes] == [20] * 6
    assert [lower - upper for upper, lower in pairwise(tops)] == [20] * 5


def test_a_query_is_answered_and_the_quota_falls(visit: Visit) -> None:
    page = visit.page
    visit.sign_in(_WITH_QUERY)
    wait_for_schema(page)
    daily = page.locator("[data-limit=daily]")
    before = int(daily.inner_text().split(" of 100 ")[0])

    run(page)

    expect(page.locator(".result-window")).to_contain_text('"name": "profile"', timeout=_SECONDS)
    expect(daily).to_contain_text(f"{before - 1} of 100 queries left today")
    expect(page.locator("[data-limit=burst]")).to_contain_text("of 3 at once")
    assert visit.faults == []


def test_deprecated_fields_are_hidden_until_asked_for_and_showing_them_costs_nothing(
    visit: Visit,
) -> None:
    page = visit.page
    visit.sign_in(_PLACE)
    wait_for_schema(page)
    asked = visit.count_asked(_POST)
    button = page.get_by_role("button", name="Show deprecated fields")
    expect(button).to_have_attribute("aria-pressed", "false")

    button.click()

    hide = page.get_by_role("button", name="Hide deprecated fields")
    expect(hide).to_have_attribute("aria-pressed", "true")
    assert visit.count_asked(_POST) == asked


def test_a_session_that_ended_is_told_and_nothing_typed_is_lost(
    visit: Visit, context: BrowserContext
) -> None:
    page = visit.page
    visit.sign_in(_PLACE)
    wait_for_schema(page)
    page.locator(".graphiql-query-editor .view-lines").click()
    page.keyboard.press("Control+A")
    page.keyboard.type("query Mine { info { status ")
    context.clear_cookies()

    page.keyboard.press("Control+Enter")

    alert = page.get_by_role("alert").filter(has_text="Your session has ended")
    expect(alert).to_be_visible(timeout=_SECONDS)
    alert.get_by_role("link", name="Sign in again").click()
    page.get_by_label("User name").fill(str(visit.demo.ready["username"]))
    page.get_by_label("Password").fill(str(visit.demo.ready["password"]))
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".graphiql-query-editor")).to_contain_text("Mine", timeout=_SECONDS)
    assert "info { status" in editor_text(page)


def test_tabs_are_kept_for_each_user_and_service_apart(visit: Visit) -> None:
    page = visit.page
    visit.sign_in(_WITH_QUERY)
    wait_for_schema(page)
    expect(page.get_by_role("button", name="Info", pressed=True)).to_be_visible(timeout=_SECONDS)

    keys: list[str] = page.evaluate(_KEYS_ONCE_STORED)

    assert {key.rsplit(":graphiql:")[0] for key in keys} == {"watchword:profile:svc-demo"}


def test_the_query_is_printed_as_programs_to_be_copied(visit: Visit) -> None:
    page = visit.page
    visit.sign_in(_WITH_QUERY)
    wait_for_schema(page)
    page.get_by_role("button", name="Show Code").click()

    page.get_by_role("button", name="Python").click()
    page.get_by_role("button", name="Copy", exact=True).click()

    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    copied = str(page.evaluate("navigator.clipboard.readText()"))
    assert _QUERY in copied
    assert json.dumps(f"{visit.demo.url}/profile/v1/graphql") in copied
    assert str(visit.demo.ready["password"]) not in copied


def test_signing_out_leads_back_to_the_portal(visit: Visit) -> None:
    page = visit.page
    visit.sign_in(_PLACE)

    page.get_by_role("button", name="Sign out").click()

    expect(page).to_have_url(f"{visit.demo.url}/services")
    menu = page.get_by_role("navigation", name="Main")
    expect(menu.get_by_role("link", name="Sign in")).to_be_visible()


def test_a_phone_scrolls_down_and_not_to_the_side(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 390, "height": 800})
    visit.sign_in(_WITH_QUERY)
    wait_for_schema(visit.page)

    width, shown = visit.page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )

    assert width == shown
    assert visit.faults == []
