"""A refusal as a browser shows it: for whoever has come, with the way on."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING

import pytest

from support.browsing import Browser
from support.console import ConsoleBrowser, invite
from watchword.access.sessions import LIVES, SessionKind

if TYPE_CHECKING:
    from support.deployment import Deployment

_SIGN_IN = re.compile(r'<a href="([^"]*/sign-in[^"]*)">Sign in again</a>')
HOST = "127.0.0.1:8080"


@pytest.mark.parametrize("path", ["/nosuch", "/nosuch/at/all", "/services/nosuch"])
def test_a_mistyped_address_is_told_on_a_page_to_browsers_and_in_json_to_programs(
    deployment: Deployment, path: str
) -> None:
    page = Browser(deployment).get(path)
    told = Browser(deployment).send("GET", path, accept="*/*")

    assert (page.status_code, told.status_code) == (404, 404)
    assert "<h1>Not Found</h1>" in page.text
    assert told.headers["content-type"].startswith("application/")


@pytest.mark.parametrize("path", ["/nosuch", "/services/nosuch"])
def test_a_refusal_page_knows_who_has_signed_in(signed_in: Browser, path: str) -> None:
    page = signed_in.get(path).text

    assert 'href="/account"' in page
    assert 'href="/sign-in"' not in page
    assert signed_in.post("/sign-out").status_code == 303


def test_a_refusal_in_the_console_leads_nobody_into_the_portal(deployment: Deployment) -> None:
    browser = ConsoleBrowser(deployment)
    browser.enter(invite(deployment))

    page = browser.get("/console/nosuch").text

    assert 'href="/sign-in"' not in page
    assert 'href="/account"' not in page
    assert 'href="/console"' in page


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        (f"http://{HOST}/account/keys?x=1", "/account/keys%3Fx%3D1"),
        (f"http://{HOST}/account/keys/add", "/account"),
        ("http://elsewhere.example/account/keys", "/account"),
        ("", "/account"),
    ],
)
def test_who_signs_in_again_is_led_back_to_the_page_of_the_form(
    deployment: Deployment, signed_in: Browser, referer: str, back: str
) -> None:
    deployment.clock.advance(LIVES[SessionKind.USER].absolute + timedelta(seconds=1))

    page = signed_in.post("/account/token/revoke", ("referer", referer), ("host", HOST))

    assert page.status_code == 401
    found = _SIGN_IN.search(page.text)
    assert found is not None
    assert unescape(found[1]) == f"/sign-in?next={back}"


def test_who_signs_in_again_in_the_console_stays_there(deployment: Deployment) -> None:
    browser = ConsoleBrowser(deployment)
    browser.enter(invite(deployment))
    deployment.clock.advance(LIVES[SessionKind.CONSOLE].absolute + timedelta(seconds=1))

    page = browser.post("/console/do/add_account", account="acme")

    found = _SIGN_IN.search(page.text)
    assert found is not None
    assert found[1] == "/console/sign-in?next=/console"
