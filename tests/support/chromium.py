"""Debian's Chromium, driven through our pages, with the network cut off but for this machine."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect, sync_playwright
from pyotp.totp import TOTP

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from typing import Any

    from playwright.sync_api import Browser, ConsoleMessage, Request

PROGRAM = "/usr/bin/chromium"
_ARGUMENTS = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No name leads anywhere but to this machine, whatever a page asks for.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
_TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`content security policy: ${event.violatedDirective} ${event.blockedURI}`));
"""
_OURS = frozenset({"127.0.0.1", "localhost"})
SECONDS = 20_000.0


@contextmanager
def open_chromium() -> Generator[Browser]:
    """Run a browser for the length of a block."""
    # A machine with much to do takes its time; what is right at once is not waited for.
    expect.set_options(timeout=SECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A page that is looked at, and what its browser complains of.

    Attributes:
        problems: Errors of scripts, violations of the policy, requests to other hosts.
        expected: Texts of complaints that a test provokes.
        asked: The method and path of every request.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        self.expected: list[str] = []
        self.asked: list[str] = []
        page.set_default_timeout(SECONDS)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        page.on("request", self._see)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.problems.append(f"{message.type}: {message.text}")

    def _see(self, request: Request) -> None:
        parts = urlsplit(request.url)
        self.asked.append(f"{request.method} {parts.path}")
        if parts.scheme in {"blob", "data"}:
            return
        host = parts.hostname or ""
        if host not in _OURS and not host.endswith(".localhost"):
            self.problems.append(f"asked another host: {request.url}")

    def require_quiet(self) -> None:
        """Pass when nothing was complained of but what the test provoked."""
        unexpected = [
            problem
            for problem in self.problems
            if not any(expected in problem for expected in self.expected)
        ]
        assert unexpected == []

    def forget(self) -> None:
        """Begin anew, for the next test of the same page."""
        for kept in (self.problems, self.expected, self.asked):
            kept.clear()


@contextmanager
def watch(browser: Browser, base_url: str, **context: Any) -> Generator[Watched]:
    """Open a page in a browser of its own, and look at its end whether all was quiet."""
    opened = browser.new_context(base_url=base_url, **context)
    opened.add_init_script(_TELL_VIOLATIONS)
    try:
        watched = Watched(opened.new_page())
        yield watched
        watched.require_quiet()
    finally:
        opened.close()


def enter_console(page: Page, made: Mapping[str, str], next_page: str = "/console") -> None:
    """Sign in to the console as somebody who was just invited."""
    page.goto(f"/console/sign-in?next={next_page}")
    page.get_by_label("Name").fill(made["name"])
    page.get_by_label("Password", exact=True).fill(made["password"])
    page.get_by_label("Code of your authenticator app").fill(TOTP(made["factor"]).now())
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{next_page}")


def sign_in(page: Page, username: str, password: str) -> None:
    """Sign in on the page that asks for it."""
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
