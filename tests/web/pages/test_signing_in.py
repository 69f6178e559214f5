"""Service users sign in to pages: as limited as at the token endpoint, and for no other site."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from support.browsing import OWN_PAGE, Browser
from support.deployment import Deployment
from watchword.access.audit import HERE
from watchword.access.sessions import LIVES, SessionKeeper, SessionKind
from watchword.web.pages import assets
from watchword.web.visits import Visitor

if TYPE_CHECKING:
    from pathlib import Path

    from support.deployment import Customer

GRAPHIQL = "/profile/v1/graphiql/"


@pytest.fixture
def browser(deployment: Deployment) -> Browser:
    return Browser(deployment)


@pytest.fixture
def signed_in(browser: Browser, customer: Customer) -> Browser:
    browser.sign_in(customer, GRAPHIQL)
    browser.get(GRAPHIQL)
    return browser


def test_who_has_not_signed_in_is_sent_to_do_so_and_back(
    browser: Browser, customer: Customer
) -> None:
    asked = browser.get(f"{GRAPHIQL}?query=%7Binfo%7D")
    form = browser.get(asked.headers["location"])
    answered = browser.post(
        "/sign-in",
        username=customer.username,
        password=customer.password,
        next=f"{GRAPHIQL}?query=%7Binfo%7D",
    )

    assert (asked.status_code, form.status_code, answered.status_code) == (303, 200, 303)
    assert answered.headers["location"] == f"{GRAPHIQL}?query=%7Binfo%7D"
    assert browser.get(GRAPHIQL).status_code == 200


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:x",
        "/a\r\nb: c",
        "",
    ],
)
def test_signing_in_leads_to_no_other_site(
    browser: Browser, customer: Customer, elsewhere: str
) -> None:
    browser.get("/sign-in")

    answered = browser.post(
        "/sign-in", username=customer.username, password=customer.password, next=elsewhere
    )

    assert answered.headers.get("location", "/services") == "/services"


def test_wrong_password_unknown_and_disabled_user_look_alike(
    deployment: Deployment, browser: Browser, customer: Customer
) -> None:
    other = deployment.make_customer("beta", "svc-beta")
    deployment.operate(
        lambda registry: registry.set_service_user_enabled("svc-beta", is_enabled=False)
    )
    browser.get("/sign-in")

    pages = [
        browser.post("/sign-in", username=name, password=password, next="/services")
        for name, password in (
            (customer.username, "wrong"),
            ("nobody-1", "wrong"),
            (other.username, other.password),
        )
    ]

    names = (customer.username, "nobody-1", other.username)
    texts = {page.text.replace(name, "") for page, name in zip(pages, names, strict=True)}
    assert [page.status_code for page in pages] == [401, 401, 401]
    assert len(texts) == 1


def test_signing_in_is_limited_as_the_token_endpoint_is_and_by_the_same_count(
    deployment: Deployment, browser: Browser, customer: Customer
) -> None:
    browser.get("/sign-in")
    for _ in range(deployment.settings.failures_by_name):
        browser.post("/sign-in", username=customer.username, password="wrong")

    refused = browser.post("/sign-in", username=customer.username, password=customer.password)
    token = deployment.request_token(customer)

    assert (refused.status_code, token.status_code) == (429, 429)
    assert int(refused.headers["retry-after"]) > 0


def test_another_sites_form_signs_nobody_in(browser: Browser, customer: Customer) -> None:
    browser.get("/sign-in")
    form = {"username": customer.username, "password": customer.password}

    for headers, csrf in (
        ([("sec-fetch-site", "cross-site")], None),
        ([("sec-fetch-site", "same-site")], None),
        ([("origin", "https://evil.example")], None),
        ([], None),
        ([OWN_PAGE], "0" * 64),
        ([OWN_PAGE], ""),
    ):
        body = "&".join(
            f"{name}={value}"
            for name, value in {**form, "csrf": browser.csrf if csrf is None else csrf}.items()
        )
        refused = browser.send(
            "POST",
            "/sign-in",
            *headers,
            ("content-type", "application/x-www-form-urlencoded"),
            content=body,
        )
        assert refused.status_code == 403
        assert "watchword_session" not in browser.cookies


def test_a_browser_that_knows_no_fetch_metadata_is_known_by_its_origin(
    browser: Browser, customer: Customer
) -> None:
    browser.get("/sign-in")
    body = f"csrf={browser.csrf}&username={customer.username}&password={customer.password}"

    answered = browser.send("POST", "/sign-in", ("origin", "http://127.0.0.1:8080"), content=body)

    assert answered.status_code == 303


def test_the_session_is_another_one_each_time(deployment: Deployment, customer: Customer) -> None:
    secrets: set[str] = set()
    for _ in range(3):
        browser = Browser(deployment)
        browser.cookies["watchword_session"] = "x" * 43
        browser.sign_in(customer)
        secrets.add(browser.cookies["watchword_session"])

    assert len(secrets) == 3
    assert "x" * 43 not in secrets


def test_scripts_and_other_sites_do_not_get_the_cookie(
    browser: Browser, customer: Customer
) -> None:
    answered = browser.sign_in(customer)

    cookie = answered.headers["set-cookie"]
    for attribute in ("HttpOnly", "SameSite=Lax", "Path=/"):
        assert attribute in cookie


def test_over_https_the_cookie_goes_nowhere_else(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path / "secure", base_url="https://api.example.com")
    try:
        answered = Browser(deployment).sign_in(deployment.make_customer())
    finally:
        deployment.close()

    cookie = answered.headers["set-cookie"]
    assert cookie.startswith("__Host-watchword_session=")
    assert "; Secure" in cookie


def test_a_session_ends_when_it_is_not_used(deployment: Deployment, signed_in: Browser) -> None:
    deployment.clock.advance(LIVES[SessionKind.USER].idle - timedelta(seconds=1))
    before = signed_in.get(GRAPHIQL)
    deployment.clock.advance(LIVES[SessionKind.USER].idle)

    assert before.status_code == 200
    assert signed_in.get(GRAPHIQL).status_code == 303
    assert (
        signed_in.ask(GRAPHIQL, "{ info { name } }").json()["errors"][0]["extensions"]["code"]
        == "SESSION_ENDED"
    )


def test_signing_out_ends_the_session_for_whoever_has_kept_the_cookie(
    deployment: Deployment, signed_in: Browser
) -> None:
    thief = Browser(deployment)
    thief.cookies = dict(signed_in.cookies)

    signed_in.post("/sign-out")

    assert "watchword_session" not in signed_in.cookies
    assert thief.get(GRAPHIQL).status_code == 303


def test_signing_out_everywhere_ends_every_browser_of_the_user_and_nobody_elses(
    deployment: Deployment, signed_in: Browser, customer: Customer
) -> None:
    second, other = Browser(deployment), Browser(deployment)
    second.sign_in(customer)
    other.sign_in(deployment.make_customer("beta", "svc-beta"))

    signed_in.post("/sign-out/everywhere")

    assert second.get(GRAPHIQL).status_code == 303
    assert other.get(GRAPHIQL).status_code == 200


def test_a_disabled_user_is_signed_out_on_the_next_request(
    deployment: Deployment, signed_in: Browser, customer: Customer
) -> None:
    deployment.operate(
        lambda registry: registry.set_service_user_enabled(customer.username, is_enabled=False)
    )

    page = signed_in.get(GRAPHIQL)
    asked = signed_in.ask(GRAPHIQL, "{ info { name } }")

    assert page.status_code == 303
    assert page.headers["location"].startswith("/sign-in?")
    assert asked.json()["errors"][0]["extensions"]["code"] == "SESSION_ENDED"


def test_a_disabled_user_is_refused_though_a_session_of_its_were_left(
    deployment: Deployment, signed_in: Browser, customer: Customer
) -> None:
    deployment.operate(
        lambda registry: registry.set_service_user_enabled(customer.username, is_enabled=False)
    )
    left = deployment.ask_store(
        lambda store: SessionKeeper(
            store, clock=deployment.clock, randomness=deployment.dice
        ).begin(SessionKind.USER, customer.username, HERE)
    )
    signed_in.cookies["watchword_session"] = left.secret
    signed_in.csrf = Visitor(left.session, left.secret).csrf

    page = signed_in.get(GRAPHIQL)
    asked = signed_in.ask(GRAPHIQL, "{ info { name } }")

    assert page.status_code == 401
    assert signed_in.get("/account").status_code == 401
    assert asked.json()["errors"][0]["extensions"]["code"] == "ACCOUNT_DISABLED"


def test_secrets_of_a_sign_in_are_in_no_page_and_no_url(
    browser: Browser, customer: Customer
) -> None:
    browser.get("/sign-in")
    # Typed into the wrong field.
    page = browser.post("/sign-in", username=customer.password, password=customer.username)

    assert customer.password not in page.text


def test_another_method_is_told_which_there_are(browser: Browser) -> None:
    answered = browser.send("DELETE", "/sign-in")

    assert answered.status_code == 405
    assert answered.headers["allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize(
    "cookies",
    [
        # As one cookie of another host of the site, whose value has ours.
        "tracker=x,{name}={stranger}; {name}={mine}",
        't="x,{name}={stranger}"; {name}={mine}',
        "{name} = {mine}",
        "other=1;{name}={mine};more=2",
    ],
)
def test_a_cookie_of_another_host_opens_no_other_session(
    deployment: Deployment, customer: Customer, cookies: str
) -> None:
    mine, stranger = Browser(deployment), Browser(deployment)
    mine.sign_in(customer)
    stranger.sign_in(deployment.make_customer("beta", "svc-beta"))
    name = "watchword_session"
    secrets = {"mine": mine.cookies[name], "stranger": stranger.cookies[name]}

    page = Browser(deployment).get("/services", ("cookie", cookies.format(name=name, **secrets)))

    assert "svc-acme" in page.text
    assert "svc-beta" not in page.text


@pytest.mark.parametrize(
    "cookies", ["{name}={other}; {name}={mine}", "{name}={mine}; {name}={other}"]
)
def test_a_cookie_that_comes_twice_counts_for_nobody(
    deployment: Deployment, customer: Customer, cookies: str
) -> None:
    browser = Browser(deployment)
    browser.sign_in(customer)
    secret = browser.cookies["watchword_session"]

    page = Browser(deployment).get(
        GRAPHIQL,
        ("cookie", cookies.format(name="watchword_session", mine=secret, other="x" * 43)),
    )

    assert page.status_code == 303


@pytest.mark.parametrize("origin", ["null", "http://[", "https://127.0.0.1:8080", "", "//", "é"])
def test_another_origin_is_refused_and_breaks_nothing(browser: Browser, origin: str) -> None:
    browser.get("/sign-in")

    refused = browser.send("POST", "/sign-in", ("origin", origin), content=f"csrf={browser.csrf}")

    assert refused.status_code == 403


@pytest.mark.parametrize("path", ["//services", "///sign-in", "/services//", "/services//profile"])
def test_an_empty_part_of_a_path_is_no_page(deployment: Deployment, path: str) -> None:
    answered = Browser(deployment).get(f"http://127.0.0.1:8080{path}")

    assert answered.status_code in {200, 404}
    assert 'href="//' not in answered.text


def test_names_that_are_no_files_are_kept_nowhere(deployment: Deployment) -> None:
    browser = Browser(deployment)

    for number in range(200):
        assert browser.get(f"/assets/nothing-{number}.js").status_code == 404
    assert assets._read.cache_info().currsize < 128
