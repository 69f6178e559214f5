"""What passes a plane, and what it says of whoever called."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from planes.conftest import REAL
from planes.wire import Call, send, values_of
from watchword.access.model import Limit

if TYPE_CHECKING:
    from planes.conftest import Plane
    from planes.house import House, Tenant
    from planes.upstream import Upstream
    from planes.wire import Headers

IDENTITY = ("User", "Account", "Key-Id", "Plan", "Scopes", "Token-Id", "Api")
SLOW = Limit(rate=1, burst=50, quota=100)
PREFLIGHT = [("Origin", "https://app.example.com"), ("Access-Control-Request-Method", "POST")]


def identity_of(headers: Headers) -> dict[str, list[str]]:
    return {name: values_of(headers, f"X-Watchword-{name}") for name in IDENTITY}


def expected_identity(tenant: Tenant) -> dict[str, list[str]]:
    account = [tenant.account]
    return {
        "User": account,
        "Account": account,
        "Key-Id": [tenant.key_id],
        "Plan": account,
        "Scopes": ["profile"],
        "Api": ["profile"],
    }


def test_an_admitted_call_reaches_the_upstream_once_as_it_is_with_who_calls(
    plane: Plane, house: House, upstream: Upstream
) -> None:
    tenant = house.make_tenant()
    call = tenant.call(tenant.token(), ("Content-Type", "application/json"))

    answer = plane.send(call)

    assert answer.status == 200
    (seen,) = upstream.seen
    assert answer.json == seen | {"headers": [list(item) for item in seen["headers"]]}
    assert (seen["method"], seen["target"]) == (call.method, call.target)
    assert seen["body"].encode() == call.body
    assert values_of(seen["headers"], "Content-Type") == ["application/json"]
    identity = identity_of(seen["headers"])
    (token_id,) = identity.pop("Token-Id")
    assert len(token_id) > 10
    assert identity == expected_identity(tenant)


def test_the_upstream_gets_neither_token_nor_key(
    plane: Plane, house: House, upstream: Upstream
) -> None:
    tenant = house.make_tenant()
    token = tenant.token()

    assert plane.send(tenant.call(token)).status == 200

    (seen,) = upstream.seen
    assert token not in str(seen)
    assert tenant.credentials.api_key not in str(seen)


def test_every_call_is_counted_and_its_caller_reads_what_is_left(
    plane: Plane, house: House, upstream: Upstream
) -> None:
    tenant = house.make_tenant(SLOW)
    call = tenant.call(tenant.token())

    answers = [plane.send(call) for _ in range(3)]

    assert [answer.status for answer in answers] == [200, 200, 200]
    assert len(upstream.seen) == 3
    if plane.tells_limits:
        # One less each time: no plane remembers an answer.
        told = [str(answer.find("RateLimit")) for answer in answers]
        assert [text.partition('"daily";r=')[2].partition(";")[0] for text in told] == [
            "99",
            "98",
            "97",
        ]
        assert answers[0].find("RateLimit-Policy") == '"burst";q=50;w=50,"daily";q=100;w=86400'


@pytest.mark.parametrize("is_preflight", [False, True], ids=["call", "preflight"])
def test_service_and_caller_read_the_correlation_id_that_the_log_has(
    plane: Plane, house: House, upstream: Upstream, *, is_preflight: bool
) -> None:
    forged = ("X-Correlation-Id", "forged")
    tenant = house.make_tenant()
    call = tenant.call(tenant.token(), forged)
    if is_preflight:
        call = replace(call, method="OPTIONS", headers=[*PREFLIGHT, forged], body=b"")

    answer = plane.send(call)

    assert answer.status == 200
    (seen,) = upstream.seen
    (correlation_id,) = values_of(seen["headers"], "X-Correlation-Id")
    assert re.fullmatch("[0-9a-f]{16}", correlation_id)
    if plane.tells_limits:
        assert answer.find("X-Correlation-Id") == correlation_id


@pytest.mark.parametrize("plane", list(REAL), indirect=True)
def test_a_customer_gets_its_token_through_the_plane(
    plane: Plane, house: House, upstream: Upstream
) -> None:
    tenant = house.make_tenant()
    credentials = tenant.credentials
    pair = b64encode(f"{credentials.username}:{credentials.password}".encode()).decode()
    headers = [("Authorization", f"Basic {pair}"), ("X-Api-Key", credentials.api_key)]
    target = "/oauth2/token?grant_type=client_credentials"

    issued = plane.send(Call(target=target, headers=headers, body=b""))

    assert issued.status == 200
    assert plane.send(tenant.call(issued.json["access_token"])).status == 200
    assert [seen["target"] for seen in upstream.seen] == ["/profile/v1/graphql"]


@pytest.mark.parametrize("plane", list(REAL), indirect=True)
@pytest.mark.parametrize(
    "target",
    [
        "/.well-known/oauth-authorization-server",
        "/.well-known/jwks.json",
        "/.well-known/oauth-protected-resource/profile/v1/graphql",
    ],
)
def test_what_clients_look_up_is_found_through_the_plane(
    plane: Plane, house: House, target: str
) -> None:
    call = Call("GET", target, body=b"")

    answer = plane.send(call)

    assert answer.status == 200
    assert answer.json == send(house.port, call).json


@pytest.mark.parametrize("plane", list(REAL), indirect=True)
@pytest.mark.parametrize(
    "target",
    ["/", "/metrics", "/admin/v1/accounts", "/authorize", "/oauth2", "/matching/v1/graphql"],
)
def test_what_is_not_routed_is_not_found(plane: Plane, upstream: Upstream, target: str) -> None:
    answer = plane.send(Call("GET", target, body=b""))

    assert answer.status == 404
    assert upstream.seen == []


@pytest.mark.parametrize("plane", list(REAL), indirect=True)
@pytest.mark.parametrize("target", ["/oauth2/../admin/v1/accounts", "/oauth2/%2e%2e/metrics"])
def test_no_dots_lead_past_the_routes(plane: Plane, upstream: Upstream, target: str) -> None:
    answer = plane.send(Call("GET", target, body=b""))

    assert answer.status in {400, 404}
    assert upstream.seen == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_every_method_is_judged_and_passed_on(
    plane: Plane, house: House, upstream: Upstream, method: str
) -> None:
    tenant = house.make_tenant()
    call = replace(tenant.call(tenant.token()), method=method, body=b"")

    admitted = plane.send(call)
    refused = plane.send(replace(call, headers=[]))

    assert (admitted.status, refused.status) == (200, 401)
    assert [seen["method"] for seen in upstream.seen] == [method]
    if method == "HEAD":
        assert admitted.body == refused.body == b""


@pytest.mark.parametrize(
    "body",
    [b"", b"x" * 100_000, [b"in ", b"several ", b"pieces"]],
    ids=["no body", "a large one", "chunks"],
)
def test_every_body_reaches_the_upstream_whole(
    plane: Plane, house: House, upstream: Upstream, body: bytes | list[bytes]
) -> None:
    tenant = house.make_tenant()

    answer = plane.send(replace(tenant.call(tenant.token()), body=body))

    assert answer.status == 200
    whole = b"".join(body) if isinstance(body, list) else body
    assert [seen["body"].encode() for seen in upstream.seen] == [whole]


@pytest.mark.parametrize(
    "target",
    [
        "/profile/v1/graphql/",
        "/profile//v1//graphql",
        "/profile/v1/graphql?query=%7Binfo%7D&a=b%26c&d='\"<>|%00%E4",
        "/profile/v1/graphql?plane=nginx",
        "/profile/nginx",
        "/profile/authorize/nginx",
        "/profile/v1/%E4%2F%252e;a=b",
    ],
)
def test_an_odd_path_is_judged_and_passed_on_as_it_is(
    plane: Plane, house: House, upstream: Upstream, target: str
) -> None:
    tenant = house.make_tenant()
    call = replace(tenant.call(tenant.token()), target=target)

    admitted = plane.send(call)
    refused = plane.send(replace(call, headers=[]))

    assert (admitted.status, refused.status) == (200, 401)
    assert [seen["target"] for seen in upstream.seen] == [target]


def test_a_preflight_passes_without_credentials_uncounted_and_nameless(
    plane: Plane, house: House, upstream: Upstream
) -> None:
    forged = [(f"X-Watchword-{name}", "forged") for name in IDENTITY]
    tenant = house.make_tenant(SLOW)
    call = tenant.call(tenant.token(), *PREFLIGHT)

    preflight = plane.send(replace(call, method="OPTIONS", headers=[*PREFLIGHT, *forged], body=b""))

    assert preflight.status == 200
    (seen,) = upstream.seen
    assert seen["method"] == "OPTIONS"
    assert all(values in ([], [""]) for values in identity_of(seen["headers"]).values())
    if plane.tells_limits:
        assert [preflight.find(name) for name in ("RateLimit", "RateLimit-Policy")] == [None, None]
    assert plane.send(replace(call, headers=PREFLIGHT)).status == 401
