"""The scripts of the portal in a real browser, on a page made for the purpose."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Protocol

import httpx2
import pytest
from playwright.sync_api import expect

from watchword.web.pages.rendering import SAFE

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

    from support.chromium import Watched
    from support.customers import RemoteCustomer
    from support.processes import Server

pytestmark = pytest.mark.slow
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
_LIVE = """
<table data-live-url="rows" data-live-empty="#none"><tbody></tbody></table>
<p id="none">None yet</p>"""
_POLICY = {name.decode(): value.decode() for name, value in SAFE}


class Show(Protocol):
    """Shows a page of these parts; `answers` stand at other paths, by their last segment."""

    def __call__(self, main: str, **answers: tuple[str, str]) -> Page: ...


@pytest.fixture(scope="module")
def head(served: tuple[Server, RemoteCustomer]) -> str:
    """What loads the scripts and styles of the server."""
    page = httpx2.get(f"{served[0].url}/sign-in", headers={"accept": "text/html"}).text
    return page[page.index("<head>") : page.index("<body")]


@pytest.fixture
def show(watched: Watched, head: str) -> Show:
    def show(main: str, **answers: tuple[str, str]) -> Page:
        def answer(route: Route) -> None:
            name = route.request.url.rsplit("/", 1)[1]
            html = f"<!doctype html><html lang=en>{head}<body><main>{main}</main></body>"
            kind, text = answers.get(name, ("text/html", html))
            route.fulfill(status=200, headers={"content-type": kind, **_POLICY}, body=text)

        watched.page.route("**/made-up/**", answer)
        watched.page.goto("/made-up/page")
        return watched.page

    return show


def test_sections_become_tabs_for_mouse_and_keyboard_and_the_choice_is_kept(show: Show) -> None:
    page = show(_TABS + _TABS)
    curl, python = page.get_by_role("tab", name="curl"), page.get_by_role("tab", name="Python")
    expect(curl.first).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tabpanel")).to_have_count(2)

    curl.first.press("ArrowRight")

    expect(python.first).to_be_focused()
    expect(page.get_by_role("tabpanel", name="Python")).to_have_count(2)
    page.reload()
    expect(python.nth(1)).to_have_attribute("aria-selected", "true")


def test_without_scripts_every_section_is_shown_with_its_heading(
    watched: Watched, show: Show
) -> None:
    watched.expected.append("ERR_FAILED")
    watched.page.route("**/*.js", lambda route: route.abort())
    page = show(_TABS)

    expect(page.get_by_role("heading", name="curl")).to_be_visible()
    expect(page.get_by_role("heading", name="Python")).to_be_visible()


def test_a_sample_is_copied_as_it_stands_and_that_is_said(show: Show) -> None:
    page = show(_TABS)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    page.get_by_role("button", name="Copy").click()

    expect(page.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    assert page.evaluate("navigator.clipboard.readText()") == 'curl "$URL"'


def test_a_form_that_asks_is_sent_by_the_second_press_alone(show: Show) -> None:
    form = (
        '<form action="sent" data-confirm="Revoke it?"><button>Revoke</button></form>'
        '<a href="/">x</a>'
    )
    page = show(form, **{"sent?": ("text/plain", "sent")})

    page.get_by_role("button", name="Revoke", exact=True).click()
    page.get_by_role("link", name="x").focus()
    expect(page.get_by_role("button", name="Revoke", exact=True)).to_be_visible()
    page.get_by_role("button", name="Revoke", exact=True).click()
    expect(page).to_have_url(re.compile("/made-up/page$"))
    page.get_by_role("button", name="Revoke it?").click()

    expect(page.get_by_text("sent")).to_be_visible()


def test_a_double_click_is_one_press_of_a_form_that_asks(show: Show) -> None:
    page = show('<form action="sent" data-confirm="Really?"><button>Revoke</button></form>')

    page.get_by_role("button", name="Revoke").dblclick()

    expect(page.get_by_role("button", name="Really?")).to_be_visible()
    expect(page).to_have_url(re.compile("/made-up/page$"))


def test_rows_of_a_stream_come_on_top_and_the_oldest_go(show: Show) -> None:
    rows = "".join(f"event: row\ndata: <tr><td>row {n}</td></tr>\n\n" for n in range(205))
    page = show(_LIVE, rows=("text/event-stream", rows + "retry: 1000000\n\n"))

    expect(page.locator("tbody tr")).to_have_count(200)
    expect(page.locator("tbody tr").first).to_have_text("row 204")
    expect(page.get_by_text("None yet")).to_have_count(0)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("status")).to_have_text("Paused")


def test_a_stream_that_the_server_ends_is_over_and_that_is_said(
    watched: Watched, show: Show
) -> None:
    told = ("text/event-stream", "retry: 1\nevent: end\ndata: SESSION_ENDED\n\n")
    page = show(_LIVE, rows=told)

    expect(page.get_by_role("status")).to_contain_text("no longer kept up to date")
    expect(page.get_by_role("button")).to_have_count(0)
    expect(page.get_by_text("None yet")).to_be_visible()
    assert watched.asked.count("GET /made-up/rows") == 1


def test_a_chart_is_drawn_beside_the_table_that_says_the_same(show: Show) -> None:
    usage: dict[str, Any] = {
        "days": ["2026-11-01", "2026-11-02"],
        "series": [{"label": "profile", "values": [3, 5]}, {"label": "events", "values": [1, 0]}],
        "quota": 10,
    }
    place = (
        '<div class="chart" data-chart-url="usage" data-chart-title="Requests a day">'
        "<details><summary>As a table</summary></details></div>"
    )
    page = show(place, usage=("application/json", json.dumps(usage)))

    expect(page.get_by_role("img", name="Chart: Requests a day")).to_be_visible()
    expect(page.locator(".plot canvas")).to_be_visible()
    expect(page.locator(".u-legend")).to_contain_text("events")
    expect(page.locator(".u-legend")).to_contain_text("quota")
    # Nothing is pointed at: the newest day is told.
    expect(page.locator(".u-legend")).to_contain_text("2 Nov")
    expect(page.get_by_text("As a table")).to_be_visible()


def test_what_scrolls_to_the_side_is_a_stop_with_a_name_and_what_fits_is_none(show: Show) -> None:
    table = '<div class="scroll" tabindex="0"><table><tr><td>{}</td></tr></table></div>'
    wide = table.format(f"<code>{'wide' * 90}</code>")
    sample = f"<pre data-copy>{'long ' * 90}</pre>"

    page = show(f"<h2>Keys</h2>{table.format('x')}{wide}<h2>Step 1</h2>{sample}")

    expect(page.get_by_role("region", name="Table: Keys")).to_have_count(1)
    expect(page.get_by_role("region", name="Sample: Step 1")).to_have_attribute("tabindex", "0")
    expect(page.locator(".scroll").first).not_to_have_attribute("tabindex", "0")


def test_a_dictionary_is_narrowed_to_what_holds_every_word(show: Show) -> None:
    page = show(_DICTIONARY)
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
