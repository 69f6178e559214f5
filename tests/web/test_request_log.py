"""Which calls are kept, and what of them: whose they are, what came of them, and no secret."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from support.browsing import Browser
from support.deployment import Deployment
from watchword.access.model import AccountId
from watchword.access.request_log import CallFilter
from watchword.deployment import open_request_log

if TYPE_CHECKING:
    from pathlib import Path

    from support.deployment import Customer
    from watchword.access.request_log import Call

_A_DAY = timedelta(days=1)
NAMED = '{"query": "query Roles { info { name } }", "operationName": "Roles"}'


def read(deployment: Deployment, account: str) -> list[Call]:
    """Return what is kept of an account, oldest first, after the server has stopped."""

    async def find() -> list[Call]:
        async with open_request_log(deployment.settings) as log:
            assert log is not None
            page = await log.find_calls(CallFilter(account=AccountId(account)), None, 100)
            return [item.call for item in reversed(page.items)]

    deployment.run(deployment.application.shutdown())
    calls = deployment.run(find())
    deployment.run(deployment.application.startup())
    return calls


def test_an_admitted_call_is_kept_with_its_operation_and_correlation_id(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)

    answered = deployment.call(token, customer.api_key, content=NAMED)

    (call,) = read(deployment, customer.account)
    assert (call.username, call.key) == (customer.username, customer.key_id)
    assert (call.service, call.operation) == ("profile", "Roles")
    assert (call.status, call.code, call.is_explorer) == (200, None, False)
    assert call.correlation_id == answered.headers["x-correlation-id"]
    assert call.at == deployment.clock.now()


@pytest.mark.parametrize("query", ["query Roles { info { name } }", "query Roles { nothing }"])
def test_a_call_that_names_no_operation_is_kept_under_the_name_in_its_document(
    deployment: Deployment, customer: Customer, query: str
) -> None:
    token = deployment.token(customer)

    deployment.call(token, customer.api_key, content=json.dumps({"query": query}))

    (call,) = read(deployment, customer.account)
    assert call.operation == "Roles"


def test_refused_calls_are_kept_where_the_token_says_whose_they_are(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)
    deployment.call(token, None)
    deployment.call(token, "no key")
    deployment.call(None, customer.api_key)
    deployment.call("no.to.ken", customer.api_key)
    deployment.token(customer)
    deployment.call(token, customer.api_key)

    calls = read(deployment, customer.account)

    told = [(call.status, call.code) for call in calls]
    assert told == [
        (403, "API_KEY_MISSING"),
        (403, "API_KEY_INVALID"),
        (401, "TOKEN_SUPERSEDED"),
    ]


def test_an_expired_tokens_call_is_kept_under_its_account(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)
    deployment.clock.advance(_A_DAY)

    deployment.call(token, customer.api_key)

    assert [call.code for call in read(deployment, customer.account)] == ["TOKEN_EXPIRED"]


def test_what_graphiql_asks_is_kept_as_such(deployment: Deployment, customer: Customer) -> None:
    browser = Browser(deployment)
    browser.sign_in(customer, "/profile/v1/graphiql/")
    browser.get("/profile/v1/graphiql/")

    browser.ask("/profile/v1/graphiql/", "{ info { name } }")

    (call,) = read(deployment, customer.account)
    assert (call.is_explorer, call.key, call.status) == (True, customer.key_id, 200)


def test_what_a_proxy_asks_is_kept(deployment: Deployment, customer: Customer) -> None:
    token = deployment.token(customer)

    deployment.call(token, customer.api_key, url="/profile/authorize", method="GET", content=b"")

    (call,) = read(deployment, customer.account)
    assert (call.service, call.status) == ("profile", 200)


def test_neither_tokens_nor_keys_nor_queries_are_kept(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)
    deployment.call(token, customer.api_key, query="{ info { name } } # needle")
    deployment.call(token, "wwneedle", query="{ info { name } } # needle")
    deployment.run(deployment.application.shutdown())

    kept = b"".join(file.read_bytes() for file in deployment.settings.data_dir.glob("requests.db*"))
    deployment.run(deployment.application.startup())

    assert customer.username.encode() in kept
    for secret in (token, customer.api_key, customer.password, "needle"):
        assert secret.encode() not in kept


def test_nothing_is_kept_where_the_operator_wants_none(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path / "quiet", request_log_days=0)
    customer = deployment.make_customer()

    answered = deployment.call(deployment.token(customer), customer.api_key)
    deployment.close()

    assert answered.status_code == 200
    assert not deployment.settings.request_database.exists()


def test_a_log_that_is_gone_refuses_no_call(deployment: Deployment, customer: Customer) -> None:
    token = deployment.token(customer)
    deployment.settings.request_database.rename(deployment.settings.data_dir / "elsewhere.db")

    answered = deployment.call(token, customer.api_key)

    assert answered.status_code == 200


def test_refusals_are_counted_by_account_service_and_code(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)
    for _ in range(3):
        deployment.call(token, None)
    deployment.call("no.to.ken", customer.api_key)
    deployment.run(deployment.application.shutdown())

    today = deployment.clock.now().date()
    rows = deployment.ask_store(lambda store: store.read_refusals(today, today, None, 100))
    deployment.run(deployment.application.startup())

    assert [(row.key.account, row.key.service, row.key.code, row.calls) for row in rows] == [
        (customer.account, "profile", "API_KEY_MISSING", 3)
    ]
