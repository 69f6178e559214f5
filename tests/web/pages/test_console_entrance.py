"""People sign in to the console with two factors, and are out when they are barred."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pyotp
import pytest

from support.browsing import Browser
from support.console import ConsoleBrowser, invite, operate_console
from watchword.access.sessions import LIVES, SessionKind

if TYPE_CHECKING:
    from support.deployment import Customer, Deployment
    from watchword.access.console_users import NewConsoleUser

pytestmark = pytest.mark.usefixtures("quick_argon2")
HALF_MINUTE = timedelta(seconds=30)


@pytest.fixture
def alice(deployment: Deployment) -> NewConsoleUser:
    return invite(deployment)


@pytest.fixture
def browser(deployment: Deployment) -> ConsoleBrowser:
    return ConsoleBrowser(deployment)


def test_who_has_not_signed_in_is_sent_to_do_so_and_back(
    browser: ConsoleBrowser, alice: NewConsoleUser
) -> None:
    asked = browser.get("/console/accounts?begins=ac")
    answered = browser.enter(alice, "/console/accounts?begins=ac")

    assert asked.headers["location"] == "/console/sign-in?next=/console/accounts%3Fbegins%3Dac"
    assert answered.headers["location"] == "/console/accounts?begins=ac"
    assert browser.get("/console").status_code == 200


def test_who_asked_for_an_encoded_path_is_led_back_there(
    browser: ConsoleBrowser, alice: NewConsoleUser
) -> None:
    asked = browser.get("/console/accounts/a%20b")
    form = browser.get(asked.headers["location"])
    answered = browser.enter(alice, "/console/accounts/a%20b")

    assert 'name="next" value="/console/accounts/a%20b"' in form.text
    assert answered.headers["location"] == "/console/accounts/a%20b"


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/consoles", "/services", "/console\r\nb: c", ""],
)
def test_signing_in_leads_nowhere_but_into_the_console(
    browser: ConsoleBrowser, alice: NewConsoleUser, elsewhere: str
) -> None:
    answered = browser.enter(alice, elsewhere)

    assert answered.headers.get("location", "/console") == "/console"


def test_wrong_password_wrong_code_unknown_and_disabled_look_alike(
    deployment: Deployment, browser: ConsoleBrowser, alice: NewConsoleUser
) -> None:
    carol = invite(deployment, "carol")
    operate_console(deployment, lambda users: users.set_enabled("carol", is_enabled=False))
    code = pyotp.TOTP(alice.factor).at(deployment.clock.now())
    browser.get("/console/sign-in")
    pages = [
        browser.post("/console/sign-in", name=name, password=password or "", code=given)
        for name, password, given in (
            ("alice", "wrong", code),
            ("alice", alice.password, "000000"),
            ("alice", alice.password, ""),
            ("dave1", alice.password, code),
            ("carol", carol.password, pyotp.TOTP(carol.factor).at(deployment.clock.now())),
        )
    ]

    texts = {
        page.text.replace(f'value="{name}"', "")
        for page, name in zip(pages, ("alice", "alice", "alice", "dave1", "carol"), strict=True)
    }
    assert {page.status_code for page in pages} == {401}
    assert len(texts) == 1


def test_a_code_that_was_looked_at_over_a_shoulder_opens_nothing(
    deployment: Deployment, browser: ConsoleBrowser, alice: NewConsoleUser
) -> None:
    browser.enter(alice)
    thief = ConsoleBrowser(deployment)

    refused = thief.enter(alice)
    deployment.clock.advance(HALF_MINUTE)

    assert refused.status_code == 401
    assert thief.enter(alice).status_code == 303


def test_too_many_failures_are_told_to_slow_down(
    deployment: Deployment, browser: ConsoleBrowser, alice: NewConsoleUser
) -> None:
    browser.get("/console/sign-in")
    for _ in range(deployment.settings.failures_by_name):
        browser.post("/console/sign-in", name="alice", password="wrong", code="000000")

    refused = browser.enter(alice)

    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0


def test_failures_in_the_console_do_not_lock_out_a_service_user_of_the_name(
    deployment: Deployment, browser: ConsoleBrowser
) -> None:
    customer = deployment.make_customer("acme", "alice")
    browser.get("/console/sign-in")
    for _ in range(deployment.settings.failures_by_name):
        browser.post("/console/sign-in", name="alice", password="wrong", code="000000")

    assert deployment.request_token(customer).status_code == 200


def test_another_sites_form_signs_nobody_in(browser: ConsoleBrowser, alice: NewConsoleUser) -> None:
    browser.get("/console/sign-in")

    refused = browser.post(
        "/console/sign-in", csrf="0" * 64, name="alice", password=alice.password or "", code="1"
    )

    assert refused.status_code == 403
    assert "watchword_console" not in browser.cookies


def test_the_portals_session_does_not_open_the_console_nor_the_other_way_round(
    deployment: Deployment, alice: NewConsoleUser, customer: Customer
) -> None:
    portal, console = Browser(deployment), ConsoleBrowser(deployment)
    portal.sign_in(customer)
    console.enter(alice)
    portal.cookies["watchword_console"] = portal.cookies["watchword_session"]
    console.cookies["watchword_session"] = console.cookies["watchword_console"]

    assert portal.get("/console").status_code == 303
    assert console.get("/profile/v1/graphiql/").status_code == 303


def test_who_is_disabled_is_out_on_the_next_request(
    deployment: Deployment, browser: ConsoleBrowser, alice: NewConsoleUser
) -> None:
    browser.enter(alice)
    browser.get("/console/accounts")
    operate_console(deployment, lambda users: users.set_enabled("alice", is_enabled=False))

    page = browser.get("/console/accounts")
    sent = browser.post("/console/do/add_account", account="beta", page="/console/accounts")

    assert page.headers["location"] == "/console/sign-in?next=/console/accounts"
    assert sent.status_code == 401
    assert browser.get("/console/sign-in").status_code == 200


def test_who_is_reset_is_out_and_gets_in_with_the_new_factor_alone(
    deployment: Deployment, browser: ConsoleBrowser, alice: NewConsoleUser
) -> None:
    browser.enter(alice)
    deployment.clock.advance(HALF_MINUTE)
    again = operate_console(deployment, lambda users: users.reset_user("alice"))

    assert browser.get("/console").status_code == 303
    assert browser.enter(alice).status_code == 401
    assert browser.enter(again).status_code == 303


def test_a_session_ends_when_it_is_not_used_and_at_last_in_any_case(
    deployment: Deployment, browser: ConsoleBrowser, alice: NewConsoleUser
) -> None:
    life = LIVES[SessionKind.CONSOLE]
    browser.enter(alice)
    began = deployment.clock.now()
    while deployment.clock.now() + life.idle / 2 < began + life.absolute:
        deployment.clock.advance(life.idle / 2)
        assert browser.get("/console").status_code == 200
    deployment.clock.advance(life.idle / 2)

    assert browser.get("/console").status_code == 303

    browser.enter(alice)
    deployment.clock.advance(life.idle)
    assert browser.get("/console").status_code == 303


def test_signing_out_everywhere_ends_every_browser_of_the_person_and_nobody_elses(
    deployment: Deployment, browser: ConsoleBrowser, alice: NewConsoleUser
) -> None:
    second, other = ConsoleBrowser(deployment), ConsoleBrowser(deployment)
    browser.enter(alice)
    deployment.clock.advance(HALF_MINUTE)
    second.enter(alice)
    other.enter(invite(deployment, "bob"))
    browser.get("/console")

    browser.post("/console/sign-out/everywhere")

    assert second.get("/console").status_code == 303
    assert other.get("/console").status_code == 200


def test_signing_out_ends_the_session_for_whoever_has_kept_the_cookie(
    deployment: Deployment, browser: ConsoleBrowser, alice: NewConsoleUser
) -> None:
    browser.enter(alice)
    browser.get("/console")
    thief = ConsoleBrowser(deployment)
    thief.cookies = dict(browser.cookies)

    browser.post("/console/sign-out")

    assert "watchword_console" not in browser.cookies
    assert thief.get("/console").status_code == 303


def test_secrets_of_a_sign_in_are_in_no_page_and_no_url(
    browser: ConsoleBrowser, alice: NewConsoleUser
) -> None:
    browser.get("/console/sign-in")
    # Typed into the wrong field.
    page = browser.post(
        "/console/sign-in", name=alice.password or "", password="alice", code=alice.factor
    )

    assert (alice.password or "") not in page.text
    assert alice.factor not in page.text
