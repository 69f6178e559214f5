"""What a plane does not let pass, and what its caller reads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from planes.house import OTHER_SERVICE
from planes.wire import Call
from support.commands import operate
from watchword.access.model import Limit

if TYPE_CHECKING:
    from pathlib import Path

    from planes.conftest import Plane
    from planes.house import House
    from planes.upstream import Upstream
    from planes.wire import Answer


def assert_refused(plane: Plane, answer: Answer, status: int, message: str, code: str) -> None:
    assert answer.status == status, answer
    if not plane.tells_refusals:
        return
    assert answer.find("Content-Type") == "application/json"
    assert answer.find("Cache-Control") == "no-store"
    assert answer.json["message"] == message
    (error,) = answer.json["errors"]
    assert error["extensions"] == {
        "code": code,
        "correlationId": answer.find("X-Correlation-Id"),
    }
    # What is between the plane and watchword alone.
    assert answer.find("X-Watchword-Status") is None
    assert answer.find("X-Watchword-Body") is None


def test_no_token_is_unauthorized_with_a_challenge(
    plane: Plane, house: House, upstream: Upstream
) -> None:
    tenant = house.make_tenant()

    answer = plane.send(Call(headers=tenant.headers("")[1:]))

    assert_refused(plane, answer, 401, "Unauthorized", "TOKEN_MISSING")
    if plane.tells_refusals:
        metadata = f"{house.url}/.well-known/oauth-protected-resource/profile/v1/graphql"
        assert answer.find("WWW-Authenticate") == (
            f'Bearer realm="watchword", resource_metadata="{metadata}"'
        )
    assert upstream.seen == []


def test_a_superseded_token_is_refused_on_the_very_next_call(
    plane: Plane, house: House, upstream: Upstream
) -> None:
    tenant = house.make_tenant()
    first = tenant.token()
    assert plane.send(tenant.call(first)).status == 200
    second = tenant.token()

    refused = plane.send(tenant.call(first))

    assert_refused(plane, refused, 401, "Unauthorized", "TOKEN_SUPERSEDED")
    if plane.tells_refusals:
        challenge = str(refused.find("WWW-Authenticate"))
        assert 'error="invalid_token"' in challenge
        assert "superseded" in challenge
    assert len(upstream.seen) == 1
    assert plane.send(tenant.call(second)).status == 200


def test_a_key_that_is_disabled_by_command_is_refused_on_the_next_call(
    plane: Plane, house: House, upstream: Upstream
) -> None:
    tenant = house.make_tenant()
    call = tenant.call(tenant.token())
    assert plane.send(call).status == 200
    operate("key", "disable", tenant.key_id, "--data-dir", str(house.folder))

    refused = plane.send(call)

    assert_refused(plane, refused, 403, "Forbidden", "API_KEY_INVALID")
    assert len(upstream.seen) == 1


def test_no_key_is_forbidden(plane: Plane, house: House, upstream: Upstream) -> None:
    tenant = house.make_tenant()

    answer = plane.send(Call(headers=tenant.headers(tenant.token())[:1]))

    assert_refused(plane, answer, 403, "Forbidden", "API_KEY_MISSING")
    assert answer.find("WWW-Authenticate") is None
    assert upstream.seen == []


def test_a_customer_of_another_service_is_forbidden_whatever_it_says_of_path_and_host(
    plane: Plane, house: House, upstream: Upstream
) -> None:
    tenant = house.make_tenant(service=OTHER_SERVICE)
    claims = [
        ("X-Forwarded-Uri", f"/{OTHER_SERVICE}/v1/graphql"),
        ("X-Original-URI", f"/{OTHER_SERVICE}/v1/graphql"),
        ("X-Forwarded-Host", f"{OTHER_SERVICE}.localhost"),
        ("X-Forwarded-Prefix", f"/{OTHER_SERVICE}"),
        ("X-Original-URL", f"/{OTHER_SERVICE}/v1/graphql"),
        ("X-Rewrite-URL", f"/{OTHER_SERVICE}/v1/graphql"),
        ("Forwarded", f"host={OTHER_SERVICE}.localhost"),
    ]
    call = tenant.call(tenant.token())

    answers = [plane.send(call), *(plane.send(tenant.call(tenant.token(), one)) for one in claims)]

    for answer in answers:
        assert_refused(plane, answer, 403, "Forbidden", "SERVICE_NOT_ALLOWED")
        if plane.tells_refusals:
            assert answer.find("WWW-Authenticate") == (
                'Bearer realm="watchword", error="insufficient_scope", scope="profile"'
            )
    assert upstream.seen == []


@pytest.mark.parametrize(
    ("limit", "message", "code"),
    [
        (Limit(rate=1, burst=1, quota=None), "Too Many Requests", "RATE_LIMITED"),
        (Limit(rate=1, burst=9, quota=1), "Limit Exceeded", "QUOTA_EXCEEDED"),
    ],
    ids=["rate", "quota"],
)
def test_over_the_plan_the_caller_reads_which_limit_and_when_to_come_back(
    plane: Plane, house: House, upstream: Upstream, limit: Limit, message: str, code: str
) -> None:
    tenant = house.make_tenant(limit)
    call = tenant.call(tenant.token())
    # The first may meet a bucket that has just been filled again: then the second is refused.
    answers = [plane.send(call) for _ in range(3)]

    refused = next(answer for answer in answers if answer.status != 200)

    assert_refused(plane, refused, 429, message, code)
    if plane.tells_refusals:
        assert int(str(refused.find("Retry-After"))) >= 1
        assert ";r=0;" in str(refused.find("RateLimit"))
        assert str(refused.find("RateLimit-Policy")).startswith(f'"burst";q={limit.burst};w=')
    assert len(upstream.seen) == [answer.status for answer in answers].count(200)


def test_a_secret_in_the_url_is_refused_and_no_caller_makes_the_proxy_unbelieved(
    plane: Plane, house: House, upstream: Upstream
) -> None:
    tenant = house.make_tenant()
    call = tenant.call(tenant.token(), ("X-Watchword-Proxy", "wrong"))

    answer = plane.send(replace(call, target=f"{call.target}?a=b&access%5Ftoken=secret"))

    assert_refused(plane, answer, 400, "Bad Request", "BAD_REQUEST")
    assert upstream.seen == []


def test_nothing_passes_while_the_store_is_gone(
    plane: Plane, house: House, upstream: Upstream, tmp_path: Path
) -> None:
    tenant = house.make_tenant()
    call = tenant.call(tenant.token())
    usage = house.folder / "usage.db"
    usage.rename(tmp_path / "usage.db")

    try:
        refused = plane.send(call)
    finally:
        (tmp_path / "usage.db").rename(usage)

    assert refused.status == (503 if plane.name != "Gateway API" else 403)
    if plane.tells_outages:
        assert refused.find("Content-Type") == "application/json"
        assert refused.json["message"] == "Service Unavailable"
        assert int(str(refused.find("Retry-After"))) >= 1
    assert upstream.seen == []
    assert plane.send(call).status == 200


def test_nothing_passes_while_watchword_is_down(forsaken_plane: Plane, upstream: Upstream) -> None:
    preflight = [("Origin", "https://a.example"), ("Access-Control-Request-Method", "POST")]

    answers = [
        forsaken_plane.send(Call(method, headers=[("X-Api-Key", "key"), *preflight]))
        for method in ("POST", "GET", "OPTIONS")
    ]

    assert {answer.status for answer in answers} <= {403, 500, 502, 503}
    if forsaken_plane.name in {"nginx", "Envoy"}:
        assert all(answer.json == {"message": "Service Unavailable"} for answer in answers)
    assert upstream.seen == []
