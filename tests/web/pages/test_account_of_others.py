"""Another account's service user sees and changes nothing of ours, whatever it asks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from support.browsing import Browser
from support.calls import make_call
from watchword.access.sessions import SessionKind
from watchword.deployment import open_request_log
from watchword.web.pages.account.table import ROUTES

if TYPE_CHECKING:
    from support.deployment import Customer, Deployment

GETS = sorted(
    route.path for route in ROUTES if route.method == "GET" and not route.path.endswith("/stream")
)
POSTS = sorted(route.path for route in ROUTES if route.method == "POST")


@pytest.fixture
def stranger(deployment: Deployment, customer: Customer) -> Browser:
    """Another account's user, in a deployment in which ours has left traces everywhere."""
    other = deployment.make_customer("beta", "svc-beta")
    token = deployment.token(customer)
    deployment.call(token, customer.api_key, content='{"query": "query Ours { info { name } }"}')

    async def add() -> None:
        async with open_request_log(deployment.settings) as log:
            assert log is not None
            await log.add_calls([make_call(1, key=customer.key_id)], {})

    deployment.run(add())
    deployment.run(deployment.application.shutdown())
    deployment.run(deployment.application.startup())
    browser = Browser(deployment)
    browser.sign_in(other)
    browser.get("/account/keys")
    return browser


def traces(customer: Customer) -> list[str]:
    call = make_call(1)
    return [
        customer.account,
        customer.username,
        customer.key_id,
        customer.api_key[-4:],
        "Ours",
        call.correlation_id,
    ]


@pytest.mark.parametrize("path", GETS)
def test_no_page_shows_anything_of_another_account(
    stranger: Browser, customer: Customer, path: str
) -> None:
    call = make_call(1)
    for query in (
        "",
        "?scope=account",
        f"?scope=account&key={customer.key_id}",
        f"?scope=account&id={call.correlation_id}",
        f"?account={customer.account}&username={customer.username}&service=profile",
    ):
        page = stranger.get(path + query)
        shown = page.text.replace(customer.key_id, "", 1) if "key=" in query else page.text
        shown = shown.replace(call.correlation_id, "", 1) if "id=" in query else shown
        # What the visitor typed stands in the form and in the address of the stream again.
        shown = shown.replace(f"key={customer.key_id}", "").replace(f"id={call.correlation_id}", "")
        assert page.status_code in {200, 404}
        assert not [trace for trace in traces(customer) if trace in shown], path + query


@pytest.mark.parametrize("path", [path for path in POSTS if "{key}" in path])
def test_another_accounts_key_reads_as_unknown(
    deployment: Deployment, stranger: Browser, customer: Customer, path: str
) -> None:
    form = {"overlap": "0"}

    theirs = stranger.post(path.replace("{key}", customer.key_id), **form)
    nobodys = stranger.post(path.replace("{key}", "key_nobodys"), **form)

    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    ids = {page.headers["x-correlation-id"]: page for page in (theirs, nobodys)}
    assert len({page.text.replace(of, "") for of, page in ids.items()}) == 1
    token = deployment.token(customer)
    assert deployment.call(token, customer.api_key).status_code == 200


@pytest.mark.parametrize("path", POSTS)
def test_nothing_is_changed_by_a_form_of_another_site(stranger: Browser, path: str) -> None:
    url = path.replace("{key}", "key_1")

    assert stranger.post(url, csrf="0" * 64).status_code == 403
    assert stranger.send("POST", url, ("sec-fetch-site", "cross-site")).status_code == 403


@pytest.mark.parametrize("path", [*GETS, "/account/requests/stream"])
def test_nobody_sees_a_page_without_a_session(deployment: Deployment, path: str) -> None:
    answered = Browser(deployment).get(path)

    assert answered.status_code == 303 or answered.headers.get("hx-refresh") == "true"
    assert answered.text == ""


def test_every_page_but_the_look_at_the_bucket_needs_a_service_users_session() -> None:
    free = {route.path for route in ROUTES if route.needs is not SessionKind.USER}

    assert free == {"/account/bucket"}


def test_no_page_but_those_that_show_once_has_a_secret(
    deployment: Deployment, customer: Customer
) -> None:
    browser = Browser(deployment)
    browser.sign_in(customer)
    browser.get("/account/keys")
    token = deployment.token(customer)
    made = browser.post("/account/keys", plan="roomy").text
    rotated = browser.post("/account/password", password=customer.password, overlap="86400").text
    shown_once = re.findall(r"<pre[^>]*data-copy[^>]*>([^<]+)</pre>", made + rotated)
    secrets = [token, customer.api_key, customer.password, *shown_once, *browser.cookies.values()]

    pages = {path: browser.get(path).text for path in GETS}

    assert len(shown_once) == 2
    for path, text in pages.items():
        assert not [secret for secret in secrets if secret in text], path
