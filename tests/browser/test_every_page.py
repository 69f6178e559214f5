"""Every page that links lead to: whole, quiet, readable by all, and no wider than a phone.

With WATCHWORD_SCREENSHOTS, a folder, each is kept as a picture: `make screenshots`.
"""

from __future__ import annotations

import os
import re
from collections import deque
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest

from support.chromium import enter_console, sign_in, watch
from support.commands import operate_apart
from support.processes import REPOSITORY
from watchword.web.pages.table import ROUTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Page

    from support.customers import RemoteCustomer
    from support.processes import Server

pytestmark = pytest.mark.slow
AXE: Final = REPOSITORY / "tests/clients/node_modules/axe-core/axe.min.js"
MOST: Final = 80
LOOKS: Final[dict[str, dict[str, Any]]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "phone": {
        "color_scheme": "light",
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
    },
}
ALL: Final = [(who, look) for who in ("stranger", "user", "operator") for look in LOOKS]
# Each page in each look at least once, whoever looks: what differs is in the style sheet.
SOME: Final = [
    ("stranger", "light"),
    ("user", "dark"),
    ("user", "phone"),
    ("operator", "light"),
    ("operator", "phone"),
]
_FILES = re.compile(r"\.(md|txt|graphql|svg|json|csv)$")
_LINKS = "() => [...document.querySelectorAll('a[href]')].map((link) => link.href)"
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
    page: Page, starts: tuple[str, ...], look: Callable[[str], None], within: str = "/"
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


def require_accessible(page: Page) -> None:
    """Pass where axe finds nothing serious."""
    page.evaluate(axe())
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    serious = [
        f"{each['id']}: {node['html']} ({node['failureSummary']})"
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
    ]
    assert serious == [], page.url


def take_picture(page: Page, who: str, look: str, kind: str) -> None:
    folder = os.environ.get("WATCHWORD_SCREENSHOTS")
    if folder:
        name = re.sub(r"[^a-z0-9]+", "-", kind.lower()).strip("-") or "home"
        page.screenshot(path=Path(folder) / who / f"{name}.{look}.png", full_page=True)


@pytest.mark.parametrize(("who", "look"), ALL if "WATCHWORD_SCREENSHOTS" in os.environ else SOME)
def test_every_page_is_whole_quiet_and_accessible(
    chromium: Browser,
    served: tuple[Server, RemoteCustomer],
    folder: Path,
    who: str,
    look: str,
) -> None:
    server, customer = served
    with watch(chromium, server.url, **LOOKS[look]) as watched:
        page = watched.page
        within = "/console" if who == "operator" else "/"
        starts = ["/services", "/guides", "/llms.txt"]
        if who == "stranger":
            starts += ["/sign-in", "/console/sign-in"]
        elif who == "operator":
            # One for each: a code works once, and the next one is half a minute away.
            invited = ("console", "invite", f"alice-{look}", "--role", "admin")
            enter_console(page, operate_apart(*invited, "--data-dir", str(folder)))
            starts = ["/console"]
        else:
            page.goto("/sign-in")
            sign_in(page, customer.username, customer.password)
            page.wait_for_url("**/services")
            starts += ["/account", "/profile/v1/graphiql/"]

        def look_at(kind: str) -> None:
            page.wait_for_load_state("load")
            if look == "phone":
                assert page.evaluate(_TOO_WIDE) <= 0, f"{page.url} is wider than a phone"
            elif "graphiql" not in kind:
                require_accessible(page)
            take_picture(page, who, look, kind)

        visited = follow(page, tuple(starts), look_at, within)

    assert len(visited) >= len(starts) - 1
