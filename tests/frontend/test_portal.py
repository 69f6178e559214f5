"""The scripts of the portal in a real browser, on a page made for the purpose."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from watchword.web.pages.rendering import SAFE

if TYPE_CHECKING:
    from playwright.sync_api import Route

    from frontend.conftest import Visit

_TABS = """
<div data-tabs="Language">
  <section data-tab="curl"><h3>curl</h3><pre data-copy>curl "$URL"
</pre></section>
  <section data-tab="python"><h3>Python</h3><p>import this</p></section>
</div>"""
_DICTIONARY = """
<form role="search" hidden><label>Find <input data-find="#types"></label><span role="status"></span>
</form>
<div id="types">
  <section><h3>Person</h3><table><tbody><tr><td>name</td></tr><tr><td>born</td></tr></tbody></table></section>
  <section><h3>Gift</h3><table><tbody><tr><td>date</td></tr></tbody></table></section>
  <section><h3>Day</h3><p>A scalar.</p></section>
</div>"""
_POLICY = {name.decode(): value.decode() for name, value in SAFE}


def show(visit: Visit, main: str, **answers: tuple[str, str]) -> None:
    """Show a page of these parts with the scripts and styles of the server.

    Args:
        visit: The browser.
        main: The page's part.
        answers: Kind and text of what stands at other paths, by their last segment.
    """
    visit.page.goto(f"{visit.demo.url}/sign-in")
    head = visit.page.locator("head").inner_html()

    def answer(route: Route) -> None:
        name = route.request.url.rsplit("/", 1)[1]
        html = f"<!doctype html><html lang=en><head>{head}</head><body><main>{main}</main></body>"
        kind, text = answers.get(name, ("text/html", html))
        route.fulfill(status=200, headers={"content-type": kind, **_POLICY}, body=text)

    visit.page.route("**/made-up/**", answer)
    visit.page.goto(f"{visit.demo.url}/made-up/page")


def test_sections_become_tabs_for_mouse_and_keyboard_and_the_choice_is_kept(visit: Visit) -> None:
    page = visit.page
    show(visit, _TABS + _TABS)
    curl, python = page.get_by_role("tab", name="curl"), page.get_by_role("tab", name="Python")
    expect(curl.first).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tabpanel")).to_have_count(2)

    curl.first.press("ArrowRight")

    expect(python.first).to_be_focused()
    expect(page.get_by_role("tabpanel", name="Python")).to_have_count(2)
    page.reload()
    expect(python.nth(1)).to_have_attribute("aria-selected", "true")
    assert visit.faults == []


def test_without_scripts_every_section_is_shown_with_its_heading(visit: Visit) -> None:
    page = visit.page
    page.route("**/*.js", lambda route: route.abort())
    show(visit, _TABS)

    expect(page.get_by_role("heading", name="curl")).to_be_visible()
    expect(page.get_by_role("heading", name="Python")).to_be_visible()


def test_a_sample_is_copied_as_it_stands_and_that_is_said(visit: Visit) -> None:
    page = visit.page
    show(visit, _TABS)

    page.get_by_role("button", name="Copy").click()

    expect(page.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    assert page.evaluate("navigator.clipboard.readText()") == 'curl "$URL"'


def test_a_form_that_asks_is_sent_by_the_second_press_alone(visit: Visit) -> None:
    page = visit.page
    form = (
        '<form action="sent" data-confirm="Revoke it?"><button>Revoke</button></form>'
        '<a href="/">x</a>'
    )
    show(visit, form, **{"sent?": ("text/plain", "sent")})

    page.get_by_role("button", name="Revoke", exact=True).click()
    page.get_by_role("link", name="x").focus()
    expect(page.get_by_role("button", name="Revoke", exact=True)).to_be_visible()
    page.get_by_role("button", name="Revoke", exact=True).click()
    expect(page).to_have_url(f"{visit.demo.url}/made-up/page")
    page.get_by_role("button", name="Revoke it?").click()

    expect(page.get_by_text("sent")).to_be_visible()
    assert visit.faults == []


def test_a_double_click_is_one_press_of_a_form_that_asks(visit: Visit) -> None:
    page = visit.page
    show(visit, '<form action="sent" data-confirm="Really?"><button>Revoke</button></form>')

    page.get_by_role("button", name="Revoke").dblclick()

    expect(page.get_by_role("button", name="Really?")).to_be_visible()
    assert visit.count_asked("GET /made-up/sent") == 0


def test_rows_of_a_stream_come_on_top_and_the_oldest_go(visit: Visit) -> None:
    page = visit.page
    table = (
        '<table data-live-url="rows"><tbody><tr data-empty><td>None yet</td></tr></tbody></table>'
    )
    rows = "".join(f"event: row\ndata: <tr><td>row {n}</td></tr>\n\n" for n in range(205))
    show(visit, table, rows=("text/event-stream", rows + "retry: 1000000\n\n"))

    expect(page.locator("tbody tr")).to_have_count(200)
    expect(page.locator("tbody tr").first).to_have_text("row 204")
    expect(page.get_by_text("None yet")).to_have_count(0)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("status")).to_have_text("Paused")
    assert visit.faults == []


def test_a_chart_is_drawn_beside_the_table_that_says_the_same(visit: Visit) -> None:
    page = visit.page
    usage: dict[str, Any] = {
        "days": ["2026-11-01", "2026-11-02"],
        "series": [{"label": "profile", "values": [3, 5]}, {"label": "events", "values": [1, 0]}],
        "quota": 10,
    }
    place = (
        '<div class="chart" data-chart-url="usage" data-chart-title="Requests a day">'
        "<details><summary>As a table</summary></details></div>"
    )
    show(visit, place, usage=("application/json", json.dumps(usage)))

    expect(page.get_by_role("img", name="Chart: Requests a day")).to_be_visible()
    expect(page.locator(".plot canvas")).to_be_visible()
    expect(page.locator(".u-legend")).to_contain_text("events")
    expect(page.locator(".u-legend")).to_contain_text("quota")
    expect(page.get_by_text("As a table")).to_be_visible()
    assert visit.faults == []


def test_a_dictionary_is_narrowed_to_what_holds_every_word(visit: Visit) -> None:
    page = visit.page
    show(visit, _DICTIONARY)
    rows, box = page.locator("tr:visible"), page.get_by_label("Find")
    expect(rows).to_have_count(3)

    box.fill("person NAME")

    expect(rows).to_have_text(["name"])
    expect(page.get_by_role("heading")).to_have_text(["Person"])
    expect(page.get_by_role("status")).to_have_text("1 of 3 types")
    box.fill("day")
    expect(page.get_by_role("heading")).to_have_text(["Day"])
    box.fill("")
    expect(rows).to_have_count(3)
    assert visit.faults == []
