"""GraphiQL's queries: counted as any other, without a token, and without ending one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from support.browsing import OWN_PAGE, Browser
from support.deployment import code_of
from watchword.access.model import Limit

if TYPE_CHECKING:
    import httpx2

    from support.deployment import Customer, Deployment
    from watchword.access.registration import Registry

GRAPHIQL = "/profile/v1/graphiql/"
QUERY = "{ info { name } }"
SCHEMA = "{ __schema { queryType { name } } }"


@pytest.fixture
def customer(deployment: Deployment) -> Customer:
    async def make(registry: Registry) -> None:
        await registry.add_plan("small", {"profile": Limit(rate=100, burst=300, quota=250)})

    deployment.operate(make)
    return deployment.make_customer(plan="small")


@pytest.fixture
def browser(deployment: Deployment, customer: Customer) -> Browser:
    browser = Browser(deployment)
    browser.sign_in(customer, GRAPHIQL)
    browser.get(GRAPHIQL)
    return browser


def quota_left(response: httpx2.Response) -> int:
    found = re.search(r'"daily";r=(\d+)', response.headers["ratelimit"])
    assert found is not None
    return int(found[1])


def test_a_hundred_queries_leave_the_live_token_live_throughout(
    deployment: Deployment, browser: Browser, customer: Customer
) -> None:
    token = deployment.token(customer)
    statuses: set[int] = set()

    for _ in range(100):
        statuses.add(browser.ask(GRAPHIQL, QUERY).status_code)
        statuses.add(deployment.call(token, customer.api_key).status_code)

    assert statuses == {200}


def test_queries_are_counted_in_the_same_plan_as_calls(
    deployment: Deployment, browser: Browser, customer: Customer
) -> None:
    token = deployment.token(customer)

    first = quota_left(deployment.call(token, customer.api_key))
    second = quota_left(browser.ask(GRAPHIQL, QUERY))
    third = quota_left(deployment.call(token, customer.api_key))

    assert (second, third) == (first - 1, first - 2)


def test_queries_are_refused_when_the_quota_is_used_up(browser: Browser) -> None:
    answers = [browser.ask(GRAPHIQL, QUERY) for _ in range(251)]

    assert {answer.status_code for answer in answers[:250]} == {200}
    assert answers[-1].status_code == 429
    assert code_of(answers[-1]) == "QUOTA_EXCEEDED"


def test_the_page_tells_what_is_left_and_takes_nothing(browser: Browser) -> None:
    browser.ask(GRAPHIQL, QUERY)

    for _ in range(3):
        page = browser.get(GRAPHIQL)
        assert 'data-quota="249"' in page.text
        assert 'data-quota-limit="250"' in page.text


def test_the_page_names_the_key_that_it_counts_with(browser: Browser, customer: Customer) -> None:
    assert f'data-key-hint="…{customer.api_key[-4:]}"' in browser.get(GRAPHIQL).text


def test_explorers_may_ask_for_the_schema_where_the_plan_lets_no_client(
    deployment: Deployment, browser: Browser, customer: Customer
) -> None:
    token = deployment.token(customer)

    by_token = deployment.call(token, customer.api_key, query=SCHEMA)
    by_session = browser.ask(GRAPHIQL, SCHEMA)

    assert "errors" in by_token.json()
    assert by_session.json()["data"] == {"__schema": {"queryType": {"name": "Query"}}}


def test_a_session_is_no_token_anywhere_else(browser: Browser, customer: Customer) -> None:
    for url in ("/profile/v1/graphql", "/profile/authorize"):
        answered = browser.ask(url, QUERY)
        assert answered.status_code == 401, url

    key = ("x-api-key", customer.api_key)
    assert code_of(browser.ask("/profile/v1/graphql", QUERY, OWN_PAGE, key)) == "TOKEN_MISSING"


@pytest.mark.parametrize(
    "headers",
    [
        [("sec-fetch-site", "cross-site")],
        [("origin", "https://evil.example")],
        [OWN_PAGE, ("x-csrf-token", "0" * 64)],
        [OWN_PAGE],
    ],
)
def test_another_sites_page_has_nothing_asked_and_nothing_counted(
    browser: Browser, headers: list[tuple[str, str]]
) -> None:
    sent = headers if OWN_PAGE in headers else [*headers, ("x-csrf-token", browser.csrf)]

    refused = browser.ask(GRAPHIQL, QUERY, *sent)

    assert refused.status_code == 403
    assert code_of(refused) == "CROSS_SITE"
    assert quota_left(browser.ask(GRAPHIQL, QUERY)) == 249


def test_a_token_wins_over_a_session(
    deployment: Deployment, browser: Browser, customer: Customer
) -> None:
    old = deployment.token(customer)
    deployment.token(customer)

    refused = browser.ask(
        GRAPHIQL, QUERY, ("authorization", f"Bearer {old}"), ("x-api-key", customer.api_key)
    )

    assert code_of(refused) == "TOKEN_SUPERSEDED"


def test_the_published_way_by_headers_stays_open_without_a_session(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)

    assert deployment.call(token, customer.api_key, url=GRAPHIQL).status_code == 200


def test_the_newest_key_whose_plan_grants_the_service_counts(
    deployment: Deployment, browser: Browser
) -> None:
    async def make(registry: Registry) -> None:
        await registry.add_plan("wide", {"profile": Limit(rate=10, burst=10, quota=77)})
        await registry.add_plan("elsewhere", {"events": Limit(rate=10, burst=10, quota=5)})
        await registry.add_api_key("acme", "wide", "", None)
        await registry.add_api_key("acme", "elsewhere", "", None)

    deployment.operate(make)

    assert quota_left(browser.ask(GRAPHIQL, QUERY)) == 76


def test_without_a_usable_key_or_entitlement_the_page_says_why(
    deployment: Deployment, browser: Browser, customer: Customer
) -> None:
    events = browser.get("/events/v1/graphiql/")
    deployment.operate(
        lambda registry: registry.set_api_key_enabled(customer.key_id, is_enabled=False)
    )
    profile = browser.get(GRAPHIQL)

    assert (events.status_code, profile.status_code) == (403, 403)
    assert "SERVICE_NOT_ALLOWED" in events.text
    assert "API_KEY_MISSING" in profile.text


def test_the_page_is_at_the_services_own_host_too(deployment: Deployment, browser: Browser) -> None:
    page = browser.get("http://profile.localhost:8080/v1/graphiql/")
    stranger = Browser(deployment).get("http://profile.localhost:8080/v1/graphiql")

    assert 'data-endpoint="/v1/graphiql/"' in page.text
    assert stranger.headers["location"] == "/sign-in?next=/v1/graphiql"


def test_what_stands_in_the_link_is_text_and_nothing_else(browser: Browser) -> None:
    page = browser.get(f"{GRAPHIQL}?query=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")

    assert "<script>alert" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


def test_there_is_no_page_for_a_service_that_is_not_there(browser: Browser) -> None:
    assert browser.get("/nothing/v1/graphiql/").status_code == 404
