"""The overview of my account: what is left, what was used, and nothing that costs anything."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.browsing import Browser
from watchword.access.model import AccountId, KeyId, ServiceName
from watchword.access.usage import OTHERS, UsageKey
from watchword.web.pages.charts import MOST_SERIES, Count, make_chart

if TYPE_CHECKING:
    from support.deployment import Customer, Deployment
    from watchword.access.ports import Store
    from watchword.access.registration import Registry

NAMED = '{"query": "query Roles { info { name } }", "operationName": "Roles"}'


def restart(deployment: Deployment) -> None:
    """Have the server hand over what it has counted."""
    deployment.run(deployment.application.shutdown())
    deployment.run(deployment.application.startup())


@pytest.fixture
def small(deployment: Deployment) -> tuple[Browser, Customer]:
    """A customer on the small plan, which calls twice: one call of its burst of three is left."""
    customer = deployment.make_customer(plan="preview")
    token = deployment.token(customer)
    for _ in range(2):
        assert deployment.call(token, customer.api_key, content=NAMED).status_code == 200
    restart(deployment)
    browser = Browser(deployment)
    browser.sign_in(customer)
    return browser, customer


def test_the_overview_tells_what_is_used_today_and_left_now(
    small: tuple[Browser, Customer],
) -> None:
    browser, _ = small

    page = browser.get("/account")

    assert page.status_code == 200
    assert '<progress value="2" max="100"' in page.text
    assert "1 of 3 requests" in page.text
    assert "98; the day ends at 00:00 UTC" in page.text
    assert "counts here" in page.text


def test_looking_takes_nothing(small: tuple[Browser, Customer]) -> None:
    browser, _ = small

    looks = [browser.get("/account/bucket").text for _ in range(5)]
    browser.get("/account")

    assert looks == [looks[0]] * 5
    assert "1 of 3 requests" in browser.get("/account/bucket").text


def test_the_bucket_refills_while_one_looks(
    deployment: Deployment, small: tuple[Browser, Customer]
) -> None:
    browser, _ = small

    deployment.clock.advance(timedelta(milliseconds=200))

    assert "2 of 3 requests" in browser.get("/account/bucket").text


def test_a_look_after_the_session_has_ended_loads_the_page_anew(
    small: tuple[Browser, Customer],
) -> None:
    browser, _ = small
    browser.cookies.clear()

    answered = browser.get("/account/bucket")

    assert answered.headers["hx-refresh"] == "true"
    assert answered.text == ""


def test_each_plan_of_the_account_is_told_apart(
    deployment: Deployment, small: tuple[Browser, Customer]
) -> None:
    browser, customer = small
    deployment.make_customer("other", "svc-other")  # makes the plan
    deployment.operate(lambda registry: registry.add_api_key(customer.account, "roomy", "", None))

    page = browser.get("/account/bucket").text

    assert "plan preview" in page
    assert "plan roomy" in page
    assert page.count("counts here") == 1


def test_usage_comes_as_the_chart_reads_it(small: tuple[Browser, Customer]) -> None:
    browser, _ = small

    answered = browser.get("/account/usage.json?service=profile")
    told = answered.json()

    assert answered.headers["content-type"].startswith("application/json")
    assert answered.headers["cache-control"] == "no-store"
    assert len(told["days"]) == 30
    assert told["days"][-1] == "2026-11-23"
    assert told["series"] == [{"label": "Roles", "values": [0] * 29 + [2]}]
    assert told["quota"] == 100


def test_the_chart_has_its_numbers_in_a_table(small: tuple[Browser, Customer]) -> None:
    browser, _ = small

    page = browser.get("/account").text

    assert 'data-chart-url="/account/usage.json?service=profile"' in page
    assert "<td>2026-11-23</td>" in page
    assert ">Roles</th>" in page


def test_a_name_that_a_caller_made_up_is_no_markup(
    deployment: Deployment, customer: Customer, signed_in: Browser
) -> None:
    key = UsageKey(
        deployment.clock.now().date(),
        AccountId(customer.account),
        KeyId(customer.key_id),
        ServiceName("profile"),
        "<script>alert(1)</script>",
    )

    async def add(store: Store) -> None:
        await store.add_usage({key: 1})

    deployment.ask_store(add)

    assert "<script>alert" not in signed_in.get("/account").text


@pytest.mark.parametrize("what", ["user", "account"])
def test_whoever_is_disabled_sees_nothing_from_the_next_page_on(
    deployment: Deployment, customer: Customer, signed_in: Browser, what: str
) -> None:
    if what == "user":
        deployment.operate(
            lambda registry: registry.set_service_user_enabled(customer.username, is_enabled=False)
        )
    else:
        deployment.operate(
            lambda registry: registry.set_account_enabled(customer.account, is_enabled=False)
        )

    for path in ("/account", "/account/keys", "/account/requests", "/account/token"):
        answered = signed_in.get(path)
        assert answered.status_code == 303, path
        assert customer.key_id not in answered.text


@pytest.mark.parametrize("what", ["user", "account"])
def test_a_session_of_before_does_not_come_back_with_who_is_enabled_again(
    deployment: Deployment, customer: Customer, signed_in: Browser, what: str
) -> None:
    other = Browser(deployment)
    other.sign_in(deployment.make_customer("beta", "svc-beta"))

    async def disable_and_enable(registry: Registry) -> None:
        for is_enabled in (False, True):
            if what == "user":
                await registry.set_service_user_enabled(customer.username, is_enabled=is_enabled)
            else:
                await registry.set_account_enabled(customer.account, is_enabled=is_enabled)

    deployment.operate(disable_and_enable)

    assert signed_in.get("/account").status_code == 303
    assert other.get("/account").status_code == 200


def test_a_page_that_asks_by_itself_does_not_keep_a_session(
    deployment: Deployment, signed_in: Browser
) -> None:
    for _ in range(13):
        deployment.clock.advance(timedelta(minutes=10))
        signed_in.get("/account/bucket")

    assert signed_in.get("/account/bucket").headers.get("hx-refresh") == "true"
    assert signed_in.get("/account").status_code == 303


def test_whoever_opens_pages_or_asks_in_graphiql_keeps_the_session(
    deployment: Deployment, signed_in: Browser
) -> None:
    for _ in range(7):
        deployment.clock.advance(timedelta(hours=1))
        assert signed_in.get("/account").status_code == 200
        deployment.clock.advance(timedelta(minutes=20))
        assert signed_in.ask("/profile/v1/graphiql/", "{ info { name } }").status_code == 200


_SUMS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 14), st.integers(1, 1_000)), max_size=60
)


@given(_SUMS)
def test_a_chart_shows_every_request_of_its_days_once(listed: list[tuple[int, int, int]]) -> None:
    today = date(2026, 11, 23)
    first = today - timedelta(days=29)
    counted = [
        Count(today - timedelta(days=ago), f"Op{name}" if name else OTHERS, requests)
        for ago, name, requests in listed
    ]

    chart = make_chart(counted, today, 30)

    within = [count for count in counted if count.day >= first]
    assert chart.total == sum(count.requests for count in within)
    assert len(chart.days) == 30
    assert len(chart.series) <= MOST_SERIES
    assert len({series.label for series in chart.series}) == len(chart.series)
