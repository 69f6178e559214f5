"""A demo server, and a real browser that writes down whatever a page should not do."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import sync_playwright

from support.processes import Server, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error("policy", event.violatedDirective, event.blockedURI, event.sample));
"""


@dataclass(slots=True)
class Visit:
    """A page of the browser.

    Attributes:
        page: Drives it.
        demo: The server.
        faults: Errors of scripts, what the policy refused, and requests to another host.
        asked: The method and path of every request.
    """

    page: Page
    demo: Server
    faults: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def sign_in(self, then: str = "/services") -> None:
        """Sign in as the demo's service user, and go to a page."""
        self.page.goto(f"{self.demo.url}/sign-in")
        self.page.get_by_label("User name").fill(str(self.demo.ready["username"]))
        self.page.get_by_label("Password").fill(str(self.demo.ready["password"]))
        self.page.get_by_role("button", name="Sign in").click()
        self.page.goto(self.demo.url + then)

    def count_asked(self, request: str) -> int:
        """Return how often the page made a request, as "POST /x"."""
        return self.asked.count(request)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("demo")
    arguments = ["demo", "--port", "0", "--plan", "preview", "--data-dir", str(folder / "data")]
    with running(arguments, folder / "server.log") as server:
        yield server


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium")
    assert program, "chromium is not installed: run `make setup`"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield context
    context.close()


@pytest.fixture
def visit(demo: Server, context: BrowserContext) -> Visit:
    page = context.new_page()
    visit = Visit(page, demo)
    page.add_init_script(_REPORT_VIOLATIONS)
    page.on("pageerror", lambda error: visit.faults.append(str(error)))
    page.on(
        "console",
        lambda message: (
            visit.faults.append(message.text) if message.text.startswith("policy ") else None
        ),
    )

    def keep(url: str, method: str) -> None:
        parts = urlsplit(url)
        visit.asked.append(f"{method} {parts.path}")
        if parts.scheme != "data" and not url.startswith(demo.url):
            visit.faults.append(f"asked {url}")

    page.on("request", lambda request: keep(request.url, request.method))
    return visit
