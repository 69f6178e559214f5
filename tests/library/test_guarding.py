"""An app behind `watchword.Guard` is called exactly when the built-in endpoint would answer."""

from __future__ import annotations

import logging
from datetime import date
from typing import TYPE_CHECKING

import pytest

from library.apps import Guarded, Recorder, credentials, without_ids
from support.deployment import code_of
from support.scraping import scrape
from watchword.access.model import Limit
from watchword.deployment import open_deployment

if TYPE_CHECKING:
    from support.deployment import Customer, Deployment, Headers
    from watchword.web.http import Receive, Scope, Send


def set_limit(deployment: Deployment, limit: Limit) -> None:
    deployment.operate(lambda registry: registry.set_limit("roomy", "profile", limit))


def usage_of(deployment: Deployment) -> list[tuple[str, str, int]]:
    async def read() -> list[tuple[str, str, int]]:
        async with open_deployment(deployment.settings, deployment.clock) as opened:
            rows = await opened.store.read_usage(date.min, date.max, None, None, 100)
            return [(row.key.account, row.key.operation, row.requests) for row in rows]

    return deployment.run(read())


def test_an_admitted_call_is_answered_by_the_app(
    deployment: Deployment, customer: Customer, guarded: Guarded, app: Recorder
) -> None:
    response = guarded.call(deployment.token(customer), customer.api_key)

    assert response.status_code == 202
    assert response.json() == {"data": {"orders": []}}
    assert app.bodies == [b'{"query": "{ info { name } }"}']


@pytest.mark.parametrize(
    ("with_token", "with_key", "extra", "status"),
    [
        pytest.param(False, True, [], 401, id="no token"),
        pytest.param(False, False, [], 401, id="neither token nor key"),
        pytest.param(False, True, [("authorization", "Bearer eyJh.e.30")], 401, id="no such token"),
        pytest.param(False, True, [("authorization", "eyJh.e.30")], 401, id="a bare token"),
        pytest.param(False, True, [("authorization", "Basic YTpi")], 401, id="another scheme"),
        pytest.param(True, False, [], 403, id="no key"),
        pytest.param(True, False, [("x-api-key", "unknown")], 403, id="an unknown key"),
        pytest.param(True, True, [("authorization", "Bearer x")], 400, id="two tokens"),
        pytest.param(True, True, [("x-api-key", "unknown")], 400, id="two keys"),
    ],
)
def test_a_refusal_is_the_built_in_endpoints_to_the_byte(
    deployment: Deployment,
    customer: Customer,
    guarded: Guarded,
    app: Recorder,
    with_token: bool,
    with_key: bool,
    extra: Headers,
    status: int,
) -> None:
    token = deployment.token(customer) if with_token else None
    key = customer.api_key if with_key else None

    refused = guarded.call(token, key, extra)

    assert refused.status_code == status
    assert without_ids(refused) == without_ids(deployment.call(token, key, extra=extra))
    assert app.scopes == []


def test_a_superseded_token_is_refused_as_the_built_in_endpoint_refuses_it(
    deployment: Deployment, customer: Customer, guarded: Guarded
) -> None:
    first = deployment.token(customer)
    assert guarded.call(first, customer.api_key).status_code == 202
    second = deployment.token(customer)

    refused = guarded.call(first, customer.api_key)

    assert code_of(refused) == "TOKEN_SUPERSEDED"
    assert without_ids(refused) == without_ids(deployment.call(first, customer.api_key))
    assert guarded.call(second, customer.api_key).status_code == 202


def test_an_account_that_loses_the_service_is_refused_as_at_the_built_in_endpoint(
    deployment: Deployment, customer: Customer, guarded: Guarded
) -> None:
    token = deployment.token(customer)
    deployment.operate(
        lambda registry: registry.set_entitlement("acme", "profile", is_granted=False)
    )

    refused = guarded.call(token, customer.api_key)

    assert code_of(refused) == "SERVICE_NOT_ALLOWED"
    assert without_ids(refused) == without_ids(deployment.call(token, customer.api_key))


@pytest.mark.parametrize("query", ["access_token=x", "x-api-key=x", "a=1&X-Api-Key=x"])
def test_a_secret_in_the_url_is_400_and_never_reaches_the_app(
    deployment: Deployment, customer: Customer, guarded: Guarded, app: Recorder, query: str
) -> None:
    headers = credentials(deployment.token(customer), customer)

    response = guarded.request("GET", f"/graphql?{query}", headers)

    assert (response.status_code, code_of(response)) == (400, "BAD_REQUEST")
    assert app.scopes == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/graphql", "/healthz", "/.well-known/jwks.json"])
def test_no_path_and_no_method_leads_past_the_guard(
    guarded: Guarded, app: Recorder, method: str, path: str
) -> None:
    response = guarded.request(method, path, [])

    assert response.status_code == 401
    assert app.scopes == []


def test_every_admitted_answer_says_what_is_left_of_the_plan(
    deployment: Deployment, customer: Customer, guarded: Guarded
) -> None:
    set_limit(deployment, Limit(rate=1, burst=3, quota=10))
    token = deployment.token(customer)

    answers = [guarded.call(token, customer.api_key) for _ in range(2)]

    assert [answer.headers["ratelimit"] for answer in answers] == [
        '"burst";r=2;t=1,"daily";r=9;t=43200',
        '"burst";r=1;t=2,"daily";r=8;t=43200',
    ]
    policies = {answer.headers["ratelimit-policy"] for answer in answers}
    assert policies == {'"burst";q=3;w=3,"daily";q=10;w=86400'}


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        (Limit(rate=1, burst=2, quota=None), "RATE_LIMITED"),
        (Limit(rate=9, burst=9, quota=2), "QUOTA_EXCEEDED"),
    ],
)
def test_a_plan_is_counted_together_with_the_servers_own_calls(
    deployment: Deployment, customer: Customer, guarded: Guarded, limit: Limit, code: str
) -> None:
    set_limit(deployment, limit)
    token = deployment.token(customer)
    assert deployment.call(token, customer.api_key).status_code == 200
    assert guarded.call(token, customer.api_key).status_code == 202

    refused = guarded.call(token, customer.api_key)

    assert (refused.status_code, code_of(refused)) == (429, code)
    assert without_ids(refused) == without_ids(deployment.call(token, customer.api_key))
    assert "ratelimit" in refused.headers
    assert "retry-after" in refused.headers


def test_what_an_app_says_of_the_limits_is_replaced_by_the_truth(
    deployment: Deployment, customer: Customer
) -> None:
    set_limit(deployment, Limit(rate=1, burst=3, quota=None))
    guarded = Guarded(deployment, Recorder([("RateLimit", "lies"), ("content-language", "en")]))

    response = guarded.call(deployment.token(customer), customer.api_key)
    guarded.close()

    assert response.headers.get_list("ratelimit") == ['"burst";r=2;t=1']
    assert response.headers["content-language"] == "en"


def test_an_admitted_request_is_counted_once_and_a_refused_one_never(
    deployment: Deployment, customer: Customer, app: Recorder
) -> None:
    guarded = Guarded(deployment, app)
    token = deployment.token(customer)

    statuses = [
        guarded.call(sent, customer.api_key).status_code for sent in (token, None, token, "x")
    ]
    guarded.close()

    assert statuses == [202, 401, 202, 401]
    assert usage_of(deployment) == [("acme", "", 2)]


def test_what_was_taken_ahead_is_given_back_when_the_guard_closes(
    deployment: Deployment, customer: Customer, app: Recorder
) -> None:
    set_limit(deployment, Limit(rate=1, burst=1_000, quota=None))
    token = deployment.token(customer)
    guarded = Guarded(deployment, app)
    for _ in range(5):
        guarded.call(token, customer.api_key)
    guarded.close()

    left = deployment.call(token, customer.api_key).headers["ratelimit"]

    assert left == '"burst";r=994;t=6'


def test_an_app_that_fails_fails_as_without_the_guard_and_is_counted(
    deployment: Deployment, customer: Customer
) -> None:
    async def fail(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ZeroDivisionError("the app's own")

    guarded = Guarded(deployment, fail)
    token = deployment.token(customer)

    with pytest.raises(ZeroDivisionError, match="the app's own"):
        guarded.call(token, customer.api_key)
    guarded.close()

    assert usage_of(deployment) == [("acme", "", 1)]


def test_a_refusal_is_logged_with_its_code_and_no_secret(
    deployment: Deployment,
    customer: Customer,
    guarded: Guarded,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first = deployment.token(customer)
    deployment.token(customer)

    with caplog.at_level(logging.INFO, "watchword"):
        refused = guarded.call(first, customer.api_key)

    (record,) = [item for item in caplog.records if item.message == "refused"]
    logged = vars(record)
    assert (logged["code"], logged["path"]) == ("TOKEN_SUPERSEDED", "/graphql")
    assert logged["correlation_id"] == refused.headers["x-correlation-id"]
    assert first not in str(logged)
    assert customer.api_key not in str(logged)


def test_what_is_admitted_and_refused_is_counted_with_the_servers_own(
    deployment: Deployment, customer: Customer, guarded: Guarded
) -> None:
    token = deployment.token(customer)
    guarded.call(token, customer.api_key)
    guarded.call(None, customer.api_key)
    guarded.close()  # hands over what is left
    deployment.call(token, customer.api_key)

    metrics = scrape(deployment)

    assert metrics.value("watchword_admitted_total", service="profile") == 2
    assert metrics.value("watchword_refused_total", code="TOKEN_MISSING") == 1
    assert metrics.value("watchword_request_seconds_count", endpoint="app") == 2
