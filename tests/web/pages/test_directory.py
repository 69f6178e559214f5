"""The directory shows what a reader may call, where, and how often."""

from __future__ import annotations

from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from graphql import build_schema, parse, validate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.browsing import Browser
from support.deployment import ROOMY
from support.pages import ReadPage
from watchword.access.model import Limit
from watchword.access.registration.changes import Route
from watchword.services.directory import ANSWERED_HERE, read_examples, read_schema_text

if TYPE_CHECKING:
    from support.deployment import Customer, Deployment


@pytest.fixture
def browser(deployment: Deployment) -> Browser:
    return Browser(deployment)


def text_of(browser: Browser, path: str) -> str:
    response = browser.get(path)
    assert response.status_code == 200
    return response.text


def test_a_stranger_reads_the_limits_of_the_plan_to_begin_with(browser: Browser) -> None:
    text = text_of(browser, "/services.md")

    assert "`http://127.0.0.1:8080/profile/v1/graphql`" in text
    assert "[GraphiQL](/profile/v1/graphiql/)" in text
    assert "The plan `preview`: 5 requests a second, up to 3 at once, 100 a day (UTC)." in text


def test_a_reader_reads_the_limits_of_every_plan_of_its_keys(
    browser: Browser, deployment: Deployment, customer: Customer
) -> None:
    async def add_gold(registry: object) -> None:
        await registry.add_plan("gold", {"profile": Limit(7, 9, 11)})  # type: ignore[attr-defined]
        await registry.add_api_key(customer.account, "gold", "", None)  # type: ignore[attr-defined]

    deployment.operate(add_gold)
    browser.sign_in(customer)

    text = text_of(browser, "/services/profile.md")

    assert "Your plan `gold`: 7 requests a second, up to 9 at once, 11 a day (UTC)." in text
    assert f"Your plan `{ROOMY}`: 1,000,000 requests a second" in text
    assert "preview" not in text


def test_a_key_that_is_disabled_grants_nothing(
    browser: Browser, deployment: Deployment, customer: Customer
) -> None:
    deployment.operate(
        lambda registry: registry.set_api_key_enabled(customer.key_id, is_enabled=False)
    )
    browser.sign_in(customer)

    assert "requests a second" not in text_of(browser, "/services.md")


def test_a_reader_is_told_which_services_the_account_lacks(
    browser: Browser, customer: Customer
) -> None:
    browser.sign_in(customer)

    assert "Not part of your account" in text_of(browser, "/services/events.md")
    assert "Not part of your account" not in text_of(browser, "/services/profile.md")
    assert f"Your plan `{ROOMY}` grants nothing" in text_of(browser, "/services/events.md")


def test_a_service_that_runs_elsewhere_is_shown_without_a_schema(
    browser: Browser, deployment: Deployment
) -> None:
    async def register(registry: object) -> None:
        add = registry.add_service  # type: ignore[attr-defined]
        await add("matching", "Matching", "Finds.", Route("http://127.0.0.1:4000/"))
        await add("carried", "Carried", "By a proxy.")

    deployment.operate(register)

    matching, carried = (
        text_of(browser, "/services/matching"),
        text_of(browser, "/services/carried"),
    )

    assert "/matching/v1/graphiql/" in matching
    assert "/carried/v1/graphiql/" not in carried
    assert "its schema is not known here" in ReadPage(matching).text
    assert browser.get("/services/matching/schema.graphql").status_code == 404


def test_a_disabled_service_is_not_shown(browser: Browser, deployment: Deployment) -> None:
    deployment.operate(lambda registry: registry.set_service_enabled("events", is_enabled=False))

    assert "/services/events" not in text_of(browser, "/services")
    assert browser.get("/services/events").status_code == 404
    assert browser.get("/services/events/schema.graphql").status_code == 404


@pytest.mark.parametrize("service", sorted(ANSWERED_HERE))
def test_the_schema_is_downloaded_as_it_is_published(browser: Browser, service: str) -> None:
    response = browser.get(f"/services/{service}/schema.graphql")

    assert response.text == read_schema_text(service)
    assert response.headers["content-disposition"] == f'attachment; filename="{service}.graphql"'


@pytest.mark.parametrize("service", sorted(ANSWERED_HERE))
def test_every_type_and_field_can_be_linked_to(browser: Browser, service: str) -> None:
    page = ReadPage(text_of(browser, f"/services/{service}"))

    types = build_schema(read_schema_text(service)).type_map
    wanted = {
        f"{name}.{field}".lower()
        for name, kind in types.items()
        if not name.startswith("__")
        for field in getattr(kind, "fields", {})
    }
    assert wanted <= {found.lower() for found in page.ids}


def test_what_is_deprecated_is_marked(browser: Browser) -> None:
    text = text_of(browser, "/services/events.md")

    assert "| `eventDate` | `String!` | **Deprecated.** use eventDateInfo" in text


@pytest.mark.parametrize("service", sorted(ANSWERED_HERE))
def test_every_example_opens_in_graphiql_and_fits_the_schema(
    browser: Browser, service: str
) -> None:
    links = [unescape(link) for link in ReadPage(text_of(browser, f"/services/{service}")).links]

    opened = [
        parse_qs(urlsplit(link).query)["query"][0] for link in links if "/v1/graphiql/?" in link
    ]
    schema = build_schema(read_schema_text(service))
    assert opened == [example.document.strip() for example in read_examples(service)]
    assert [validate(schema, parse(document)) for document in opened] == [[]] * len(opened)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(min_size=1, max_size=40), st.text(max_size=80))
def test_whatever_a_service_is_called_its_page_is_whole(
    browser: Browser, deployment: Deployment, title: str, description: str
) -> None:
    deployment.operate(
        lambda registry: registry.change_service("events", title=title, description=description)
    )

    for path in ("/services", "/services/events", "/llms.txt"):
        response = browser.get(path)
        assert response.status_code == 200
        if path != "/llms.txt":
            assert ReadPage(response.text).problems == []
