"""An app behind `watchword.Guard` is called exactly when the built-in endpoint would answer."""

from __future__ import annotations

import logging
from datetime import date
from typing import TYPE_CHECKING

import pytest

from library.apps import Connection, Guarded, Recorder, credentials, without_ids
from support.deployment import code_of
from watchword import Admission
from watchword.access.model import Limit
from watchword.access.registration.catalogue import Route
from watchword.deployment import open_deployment

if TYPE_CHECKING:
    from collections.abc import Generator

    from support.deployment import Customer, Deployment, Headers
    from watchword.web.http import Receive, Scope, Send

FORGED: Headers = [
    ("x-watchword-account", "globex"),
    ("x-watchword-anything", "forged"),
    ("x_watchword_account", "globex"),
    ("X-Watchword_Plan", "gold"),
    ("x_api_key", "forged"),
]
PREFLIGHT: Headers = [
    ("origin", "https://app.example"),
    ("access-control-request-method", "POST"),
]


@pytest.fixture
def app() -> Recorder:
    return Recorder()


@pytest.fixture
def guarded(deployment: Deployment, app: Recorder) -> Generator[Guarded]:
    made = Guarded(deployment, app)
    yield made
    made.close()


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


def test_the_app_is_told_who_calls_in_headers_and_by_the_admission(
    deployment: Deployment, customer: Customer, guarded: Guarded, app: Recorder
) -> None:
    guarded.call(deployment.token(customer), customer.api_key)

    admission = app.scopes[0]["state"]["watchword"]
    assert isinstance(admission, Admission)
    assert admission.caller.account == "acme"
    told = {name: value for name, value in app.headers.items() if name.startswith("x-watchword-")}
    assert told == {
        "x-watchword-user": "svc-acme",
        "x-watchword-account": "acme",
        "x-watchword-key-id": customer.key_id,
        "x-watchword-plan": "roomy",
        "x-watchword-scopes": "profile",
        "x-watchword-token-id": admission.caller.claims.jti,
        "x-watchword-api": "profile",
    }


def test_the_app_gets_the_correlation_id_that_the_caller_reads(
    deployment: Deployment, customer: Customer, guarded: Guarded, app: Recorder
) -> None:
    chosen: Headers = [("x-correlation-id", "chosen by the caller")]

    response = guarded.call(deployment.token(customer), customer.api_key, chosen)

    assert app.headers["x-correlation-id"] == response.headers["x-correlation-id"]
    assert app.headers["x-correlation-id"] != "chosen by the caller"


def test_the_app_gets_neither_token_nor_key(
    deployment: Deployment, customer: Customer, guarded: Guarded, app: Recorder
) -> None:
    token = deployment.token(customer)

    guarded.call(token, customer.api_key)

    assert not app.headers.keys() & {"authorization", "x-api-key"}
    assert token not in str(app.scopes)
    assert customer.api_key not in str(app.scopes)


def test_headers_that_a_caller_forges_never_reach_the_app_however_they_are_spelled(
    deployment: Deployment, customer: Customer, guarded: Guarded, app: Recorder
) -> None:
    guarded.call(deployment.token(customer), customer.api_key, FORGED)

    # As an app behind WSGI reads them.
    read = {name.replace("-", "_"): value for name, value in app.headers.items()}
    assert read["x_watchword_account"] == "acme"
    assert len(read) == len(app.headers)
    assert "forged" not in read.values()
    assert "gold" not in read.values()


def test_other_headers_and_cookies_reach_the_app(
    deployment: Deployment, customer: Customer, guarded: Guarded, app: Recorder
) -> None:
    extra: Headers = [("cookie", "theme=dark"), ("accept", "application/json")]

    guarded.call(deployment.token(customer), customer.api_key, extra)

    assert app.headers["cookie"] == "theme=dark"
    assert app.headers["content-type"] == "application/json"


def test_the_admission_of_a_call_is_never_seen_in_what_the_server_shares(
    deployment: Deployment, customer: Customer, guarded: Guarded, app: Recorder
) -> None:
    shared = {"database": "opened by the lifespan"}
    headers = credentials(deployment.token(customer), customer)
    connection = Connection(deployment, guarded.application, headers, shared)
    connection.give(b"{}")

    connection.wait_for_end()

    assert shared == {"database": "opened by the lifespan"}
    assert app.scopes[0]["state"]["database"] == "opened by the lifespan"
    assert app.scopes[0]["state"]["watchword"].caller.account == "acme"


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


def test_a_preflight_passes_without_an_identity_when_the_service_allows_it(
    deployment: Deployment, guarded: Guarded, app: Recorder
) -> None:
    allowed = Route(allows_preflight=True)
    deployment.operate(lambda registry: registry.set_service_route("profile", allowed))

    response = guarded.request("OPTIONS", "/graphql", [*PREFLIGHT, *FORGED])

    assert response.status_code == 202
    assert app.scopes[0]["state"]["watchword"] is None
    told = {value for name, value in app.headers.items() if name.startswith("x-watchword-")}
    assert told == {""}


@pytest.mark.parametrize(
    ("method", "headers"),
    [("OPTIONS", PREFLIGHT[:1]), ("OPTIONS", PREFLIGHT[1:]), ("OPTIONS", []), ("POST", PREFLIGHT)],
)
def test_what_is_no_preflight_does_not_pass_as_one(
    deployment: Deployment, guarded: Guarded, app: Recorder, method: str, headers: Headers
) -> None:
    allowed = Route(allows_preflight=True)
    deployment.operate(lambda registry: registry.set_service_route("profile", allowed))

    response = guarded.request(method, "/graphql", headers)

    assert (response.status_code, code_of(response)) == (401, "TOKEN_MISSING")
    assert app.scopes == []


def test_a_preflight_is_refused_unless_the_service_allows_it(
    guarded: Guarded, app: Recorder
) -> None:
    assert guarded.request("OPTIONS", "/graphql", PREFLIGHT).status_code == 401
    assert app.scopes == []
