"""What an app behind `watchword.Guard` gets of a call, and who it is told calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from library.apps import Connection, Guarded, Recorder, credentials
from support.deployment import code_of
from watchword import Admission
from watchword.access.registration.changes import Route

if TYPE_CHECKING:
    from support.deployment import Customer, Deployment, Headers

FORGED: Headers = [
    ("x-watchword-account", "globex"),
    ("x-watchword-anything", "forged"),
    ("x_watchword_account", "globex"),
    ("X-Watchword_Plan", "gold"),
    ("x_api_key", "forged"),
    ("x_correlation_id", "forged"),
]
PREFLIGHT: Headers = [
    ("origin", "https://app.example"),
    ("access-control-request-method", "POST"),
]


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
        "x-watchword-token-id": admission.caller.token_id,
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


def test_a_preflight_passes_without_an_identity_when_the_service_allows_it(
    deployment: Deployment, guarded: Guarded, app: Recorder
) -> None:
    allowed = Route(allows_preflight=True)
    deployment.operate(lambda registry: registry.change_service("profile", allowed))

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
    deployment.operate(lambda registry: registry.change_service("profile", allowed))

    response = guarded.request(method, "/graphql", headers)

    assert (response.status_code, code_of(response)) == (401, "TOKEN_MISSING")
    assert app.scopes == []


def test_a_preflight_is_refused_unless_the_service_allows_it(
    guarded: Guarded, app: Recorder
) -> None:
    assert guarded.request("OPTIONS", "/graphql", PREFLIGHT).status_code == 401
    assert app.scopes == []
