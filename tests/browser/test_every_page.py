"""Every page that links lead to: whole, quiet, readable by all, and no wider than a phone.

Each is loaded once, and looked at in two widths. With WATCHWORD_SCREENSHOTS, a folder, each is kept
as a picture, light and dark: `make screenshots`.
"""

from __future__ import annotations

import os
import re
from collections import deque
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urldefrag, urljoin, urlsplit

import httpx2
import pytest
from playwright.sync_api import expect

from support.chromium import enter_console, sign_in
from support.commands import operate_apart
from support.processes import REPOSITORY
from watchword.access.sessions import SessionKind
from watchword.web.pages.library import GUIDES
from watchword.web.pages.table import ROUTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from support.chromium import Watched
    from support.customers import RemoteCustomer
    from support.processes import Server

pytestmark = pytest.mark.slow
AXE: Final = REPOSITORY / "tests/clients/node_modules/axe-core/axe.min.js"
QUERY: Final = "query Mine { info { name } }"
# Where another page is shown, what is a piece of one, and what lasts.
NO_PAGES: Final = {"/", "/account/requests/stream", "/account/usage.json", "/account/bucket"}
NEEDS: Final = {"stranger": None, "user": SessionKind.USER, "operator": SessionKind.CONSOLE}
FIGHTERS: Final = ("127.0.0.1", "127.0.0.2")
MOST: Final = 80
WIDTHS: Final = {"desk": 1280, "phone": 390}
SOME: Final = [("stranger", "light"), ("user", "dark"), ("operator", "light")]
ALL: Final = [(who, scheme) for who, _ in SOME for scheme in ("light", "dark")]
KNOW_THEIR_READER: Final = ("/account", "/guides/authentication", "/services")
PICTURES: Final = os.environ.get("WATCHWORD_SCREENSHOTS")
_GUIDE: Final = "/guides/{guide}"
_FILES = re.compile(r"\.(md|txt|graphql|svg|json|csv)$")
_LINKS = "() => [...document.querySelectorAll('a[href]')].map((link) => link.href)"
# What answers to a new width, as the boxes that scroll and the charts, has done so a frame later.
_LAID_OUT = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
_TOO_WIDE = "() => document.documentElement.scrollWidth - window.innerWidth"


@cache
def axe() -> str:
    return AXE.read_text("utf-8")


def route_of(path: str) -> str:
    """Return what one page of each kind is known by; guides are all of their own kind."""
    if path.startswith("/guides"):
        return path
    segments = tuple(path.strip("/").split("/"))
    found = (route.path for route in ROUTES if route.method == "GET" and route.match(segments))
    return next(found, re.sub(r"^/[a-z0-9-]+(?=/v1/)", "", path))


def follow(
    page: Page, starts: tuple[str, ...], look: Callable[[str], None], within: tuple[str, ...]
) -> list[str]:
    """Visit one page of each kind that links lead to, and whose address begins so."""
    waiting, known, visited = deque(starts), set[str](), list[str]()
    while waiting:
        path = waiting.popleft()
        kind = route_of(urlsplit(path).path)
        if not path.startswith(within) or kind in known or _FILES.search(kind):
            continue
        known.add(kind)
        response = page.goto(path)
        assert response is not None
        assert response.status == 200, path
        visited.append(path)
        look(kind)
        for link in page.evaluate(_LINKS):
            url = urldefrag(urljoin(page.url, link)).url
            if urlsplit(url).netloc == urlsplit(page.url).netloc:
                waiting.append(url.removeprefix(f"http://{urlsplit(url).netloc}"))
        assert len(visited) <= MOST
    return visited


def require_accessible(page: Page, *, has_colours: bool) -> None:
    """Pass where axe finds nothing serious; `has_colours` where it is to look at contrast, too."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(axe())
    rules = {"color-contrast": {"enabled": has_colours}}
    found = page.evaluate(
        "(rules) => axe.run(document, { resultTypes: ['violations'], rules })", rules
    )
    serious = [
        f"{each['id']}: {node['html']} ({node['failureSummary']})"
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
    ]
    assert serious == [], page.url


def look_at(page: Page, who: str, scheme: str, kind: str) -> None:
    """Look at a page as wide as a desk and as wide as a phone."""
    page.wait_for_load_state("load")
    if urlsplit(page.url).path.endswith("/graphiql/"):
        expect(page.locator(".view-lines").first).to_be_visible()
        expect(page.locator(".ww-deprecated")).to_be_visible()
    # One is drawn when it comes into view.
    for chart in page.locator("[data-chart-url]").all():
        chart.scroll_into_view_if_needed()
        expect(chart.locator("canvas")).to_be_visible()
    for name, width in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(_LAID_OUT)
        assert page.evaluate(_TOO_WIDE) <= 0, f"{page.url} is wider than a {name}"
        # They are the same at any width, and take axe longest.
        require_accessible(page, has_colours=name == "desk")
        if PICTURES:
            file = re.sub(r"[^a-z0-9]+", "-", kind.lower()).strip("-") or "home"
            picture = Path(PICTURES) / who / f"{file}.{scheme}.{name}.png"
            page.screenshot(path=picture, full_page=True)


@pytest.fixture(scope="module")
def lively(folder: Path, served: tuple[Server, RemoteCustomer]) -> RemoteCustomer:
    """The customer, after calls and refusals, a fight for the token, and with documents."""
    server, customer = served
    where = ("--data-dir", str(folder))
    roomy = operate_apart("key", "add", "--account", "acme", "--plan", "roomy", *where)
    for address in FIGHTERS * 2:
        transport = httpx2.HTTPTransport(local_address=address)
        with httpx2.Client(base_url=server.url, transport=transport) as client:
            caller = replace(customer, api_key=roomy["api_key"])
            token = caller.token(client)
            for query in (QUERY, "query { nothing }", "query Other { info { status } }"):
                caller.call(client, token, query)
            caller.call(client, "none", QUERY)
    document = folder.parent / "document.graphql"
    document.write_text(QUERY, "utf-8")
    add = ("document", "add", "profile", str(document), *where)
    operate_apart(*add)
    operate_apart(*add, "--account", "acme")
    # GraphiQL is counted in the plan of the newest key that can be used.
    operate_apart("key", "disable", roomy["key_id"], *where)
    return customer


def list_kinds(who: str) -> set[str]:
    """Return every kind of page that somebody may see."""
    paths = {
        route.path
        for route in ROUTES
        if route.method == "GET"
        and route.needs == NEEDS[who]
        and route.path not in NO_PAGES
        and not route.path.startswith("/assets/")
        and not _FILES.search(route.path)
    }
    # A guide is of its own kind.
    guides = {f"/guides/{name}" for name in GUIDES}
    return paths - {_GUIDE} | guides if _GUIDE in paths else paths


@pytest.mark.parametrize(("who", "scheme"), ALL if PICTURES else SOME)
def test_every_page_is_whole_quiet_and_accessible(
    watched: Watched,
    lively: RemoteCustomer,
    folder: Path,
    who: str,
    scheme: Literal["light", "dark"],
) -> None:
    page, customer = watched.page, lively
    page.emulate_media(color_scheme=scheme)
    within: tuple[str, ...] = ("/console",) if who == "operator" else ("/",)
    starts = ["/services", "/guides", "/llms.txt"]
    if who == "stranger":
        starts += ["/sign-in", "/console/sign-in"]
    elif who == "operator":
        # One for each: a code works once, and the next one is half a minute away.
        invited = ("console", "invite", f"looker-{scheme}", "--role", "admin")
        enter_console(page, operate_apart(*invited, "--data-dir", str(folder)))
        starts = ["/console"]
    else:
        page.goto("/sign-in")
        sign_in(page, customer.username, customer.password)
        page.wait_for_url("**/services")
        # Of the pages that strangers see, those that know their reader; pictures of all.
        starts = [*KNOW_THEIR_READER, "/profile/v1/graphiql/"]
        within = ("/",) if PICTURES else tuple(starts)

    visited = follow(page, tuple(starts), lambda kind: look_at(page, who, scheme, kind), within)

    kinds = {route_of(urlsplit(path).path) for path in visited}
    assert list_kinds(who) - kinds == set()
