"""`/authorize` itself: what it believes of the request before it, and what it answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from support.deployment import BASE_URL, Deployment, code_of
from watchword.access.model import Limit
from watchword.access.registration.changes import Route
from watchword.web.standing_headers import IDENTITY_HEADERS

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    import httpx2

    from support.deployment import Customer, Headers
    from watchword.access.registration import Registry

SECRET = "the secret of the proxies in front of this server"
GRAPHQL = ("x-forwarded-uri", "/profile/v1/graphql")
ELSEWHERE = ("x-forwarded-uri", "/matching/v1/graphql")
PREFLIGHT = [
    ("origin", "https://app.example.com"),
    ("access-control-request-method", "POST"),
    ("x-forwarded-method", "OPTIONS"),
]
IDENTITY = [name.decode() for name in IDENTITY_HEADERS]


@pytest.fixture
def believing(tmp_path: Path) -> Generator[Deployment]:
    # The requests of these tests come from 127.0.0.1.
    made = Deployment(tmp_path / "believing", trusted_proxies="127.0.0.1")
    yield made
    made.close()


@pytest.fixture
def believed(believing: Deployment) -> Customer:
    """A customer behind the proxy."""
    return believing.make_customer()


def ask(
    deployment: Deployment,
    customer: Customer | None,
    path: str,
    *more: tuple[str, str],
    method: str = "GET",
) -> httpx2.Response:
    """Ask as a proxy does, with a fresh token."""
    headers: Headers = list(more)
    if customer is not None:
        token = deployment.token(customer)
        headers += [("authorization", f"Bearer {token}"), ("x-api-key", customer.api_key)]
    return deployment.request(method, path, headers)


@pytest.mark.parametrize("path", ["/profile/authorize", "/profile/authorize/nginx", "/authorize"])
def test_admission_is_200_with_the_full_identity_and_nothing_else(
    believing: Deployment, believed: Customer, path: str
) -> None:
    response = ask(believing, believed, path, GRAPHQL)

    assert response.status_code == 200
    assert response.content == b""
    assert set(response.headers) == {
        *IDENTITY,
        "cache-control",
        "x-correlation-id",
        "ratelimit",
        "ratelimit-policy",
        "content-length",
    }
    assert response.headers["cache-control"] == "no-store"
    identity = {name: response.headers[name] for name in IDENTITY}
    assert len(identity.pop("x-watchword-token-id")) > 10
    assert identity == {
        "x-watchword-user": believed.username,
        "x-watchword-account": believed.account,
        "x-watchword-key-id": believed.key_id,
        "x-watchword-plan": "roomy",
        "x-watchword-scopes": "profile",
        "x-watchword-api": "profile",
    }


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "PROPFIND"])
@pytest.mark.parametrize("path", ["/profile/authorize", "/profile/authorize/any/path?a=b"])
def test_every_method_is_judged(
    deployment: Deployment, customer: Customer, method: str, path: str
) -> None:
    admitted = ask(deployment, customer, path, method=method)
    refused = ask(deployment, None, path, method=method)

    assert (admitted.status_code, refused.status_code) == (200, 401)


@pytest.mark.parametrize(
    "headers",
    [
        [GRAPHQL],
        [("x-original-uri", "/profile/v1/graphql/?a=b")],
        [GRAPHQL, ("x-original-uri", "/profile/v1/graphql")],
        [("x-forwarded-uri", "/v1/graphql"), ("x-forwarded-host", "profile.localhost:8080")],
        [("x-forwarded-uri", "/v1/graphql"), ("host", "PROFILE.localhost")],
    ],
)
def test_the_service_is_told_from_what_a_believed_proxy_says(
    believing: Deployment, believed: Customer, headers: Headers
) -> None:
    response = ask(believing, believed, "/authorize", *headers)

    assert response.status_code == 200
    assert response.headers["x-watchword-api"] == "profile"


@pytest.mark.parametrize("path", ["/authorize", "/authorize/", "/authorize?plane=nginx"])
def test_nobody_else_is_believed(deployment: Deployment, customer: Customer, path: str) -> None:
    response = ask(deployment, customer, path, GRAPHQL, ("host", "profile.localhost"))

    assert response.status_code in {400, 403}
    assert code_of(response) == "BAD_REQUEST"


@pytest.mark.parametrize(
    "headers",
    [
        [GRAPHQL, ("x-original-uri", "/matching/v1/graphql")],
        [GRAPHQL, ELSEWHERE],
        [GRAPHQL, GRAPHQL],
        [("x-forwarded-uri", "/profile/../matching/v1/graphql")],
        [("x-forwarded-uri", "//profile/v1/graphql")],
        [("x-forwarded-uri", "/profile%2Fv1/graphql")],
        [("x-forwarded-uri", "/profile/v1/graphql#")],
        [("x-forwarded-uri", "http://profile.localhost/profile/v1/graphql")],
        [("x-forwarded-uri", "/v1/graphql"), ("x-forwarded-host", "profile.localhost, evil")],
        [("x-forwarded-uri", "/v1/graphql"), ("x-forwarded-host", "profile.localhost.evil")],
    ],
)
def test_what_could_be_read_in_two_ways_is_read_in_none(
    believing: Deployment, believed: Customer, headers: Headers
) -> None:
    response = ask(believing, believed, "/authorize", *headers)

    assert (response.status_code, code_of(response)) == (400, "BAD_REQUEST")


def test_the_path_behind_the_prefix_wins_over_headers_that_are_the_callers_own(
    believing: Deployment, believed: Customer
) -> None:
    told = ask(believing, believed, "/authorize/profile/v1/graphql", ELSEWHERE)
    forged = ask(believing, believed, "/authorize/matching/v1/graphql", GRAPHQL)
    root = ask(believing, believed, "/authorize/", GRAPHQL)

    assert told.headers["x-watchword-api"] == "profile"
    assert (forged.status_code, code_of(forged)) == (403, "SERVICE_NOT_ALLOWED")
    assert (root.status_code, code_of(root)) == (400, "BAD_REQUEST")


def test_at_the_path_of_a_service_nothing_that_a_caller_says_names_another(
    believing: Deployment, believed: Customer
) -> None:
    believing.operate(lambda registry: registry.add_service("matching", "", ""))

    for headers in ([GRAPHQL], [("host", "profile.localhost")], [("x-original-uri", GRAPHQL[1])]):
        for path in ("/matching/authorize", "/matching/authorize/profile/v1/graphql"):
            response = ask(believing, believed, path, *headers)
            assert (response.status_code, code_of(response)) == (403, "SERVICE_NOT_ALLOWED")


@pytest.fixture
def with_secret(tmp_path: Path) -> Generator[Deployment]:
    made = Deployment(tmp_path / "secret", proxy_secret=SECRET)
    yield made
    made.close()


def test_a_proxy_with_the_secret_is_believed_from_any_address(with_secret: Deployment) -> None:
    customer = with_secret.make_customer()

    believed = ask(with_secret, customer, "/authorize", GRAPHQL, ("x-watchword-proxy", SECRET))
    unknown = ask(with_secret, customer, "/authorize", GRAPHQL)

    assert (believed.status_code, unknown.status_code) == (200, 400)


@pytest.mark.parametrize("secret", ["", "wrong", SECRET[:-1], f"{SECRET}s", SECRET.upper(), "ä"])
def test_a_wrong_secret_is_not_believed_even_from_a_known_address(
    tmp_path: Path, secret: str
) -> None:
    made = Deployment(tmp_path / "both", proxy_secret=SECRET, trusted_proxies="127.0.0.1")
    customer = made.make_customer()

    without = ask(made, customer, "/authorize", GRAPHQL)
    wrong = ask(made, customer, "/authorize", GRAPHQL, ("x-watchword-proxy", secret))
    twice = [("x-watchword-proxy", SECRET), ("x-watchword-proxy", secret)]
    both = ask(made, customer, "/authorize", GRAPHQL, *twice)
    made.close()

    assert (without.status_code, wrong.status_code, both.status_code) == (200, 400, 400)


def test_without_a_secret_in_the_settings_none_is_right(
    deployment: Deployment, customer: Customer
) -> None:
    for secret in ("", "anything"):
        response = ask(deployment, customer, "/authorize", GRAPHQL, ("x-watchword-proxy", secret))
        assert response.status_code == 400


async def _allow_preflight(registry: Registry) -> None:
    await registry.change_service("profile", Route(allows_preflight=True))


def test_a_preflight_needs_credentials_unless_the_service_lets_it_pass(
    believing: Deployment,
) -> None:
    refused = ask(believing, None, "/profile/authorize", *PREFLIGHT)
    believing.operate(_allow_preflight)
    passed = ask(believing, None, "/profile/authorize", *PREFLIGHT)
    believing.operate(lambda registry: registry.set_service_enabled("profile", is_enabled=False))
    disabled = ask(believing, None, "/profile/authorize", *PREFLIGHT)

    assert (refused.status_code, passed.status_code, disabled.status_code) == (401, 200, 401)
    assert {passed.headers[name] for name in IDENTITY} == {""}
    assert "ratelimit" not in passed.headers


@pytest.mark.parametrize("missing", range(3))
def test_half_a_preflight_is_none(believing: Deployment, missing: int) -> None:
    believing.operate(_allow_preflight)
    half = PREFLIGHT[:missing] + PREFLIGHT[missing + 1 :]

    assert ask(believing, None, "/profile/authorize", *half).status_code == 401


def test_a_method_that_an_unknown_peer_names_is_not_believed(deployment: Deployment) -> None:
    deployment.operate(_allow_preflight)

    forged = ask(deployment, None, "/profile/authorize", *PREFLIGHT, method="POST")
    genuine = ask(deployment, None, "/profile/authorize/a", *PREFLIGHT, method="OPTIONS")

    assert (forged.status_code, genuine.status_code) == (401, 200)


@pytest.mark.parametrize(
    "path",
    [
        "/profile/authorize/nginx",
        "/profile/authorize/nginx/",
        "/profile/authorize?plane=nginx",
        "/authorize/nginx",
        "/authorize?plane=nginx",
    ],
)
def test_nginx_reads_401_and_403_and_the_real_answer_in_headers(
    believing: Deployment, path: str
) -> None:
    customer = make_limited(believing)
    token = believing.token(customer)
    credentials = [("authorization", f"Bearer {token}"), ("x-api-key", customer.api_key), GRAPHQL]
    assert believing.request("GET", path, credentials).status_code == 200

    limited = believing.request("GET", path, credentials)
    missing = believing.request("GET", path, [GRAPHQL])
    malformed = believing.request("GET", path, [*credentials, ("x-api-key", "twice")])

    for response, status, real in [(limited, 403, 429), (missing, 401, 401), (malformed, 403, 400)]:
        assert response.status_code == status
        assert response.headers["x-watchword-status"] == str(real)
        # One line of ASCII, as a header has to be.
        assert response.json() == json_of(response.headers["x-watchword-body"])
    assert "retry-after" in limited.headers
    assert "ratelimit" in limited.headers


def json_of(text: str) -> object:
    return json.loads(text.encode("ascii"))


def make_limited(deployment: Deployment) -> Customer:
    async def make(registry: Registry) -> None:
        await registry.add_plan("one", {"profile": Limit(rate=1, burst=1, quota=None)})

    deployment.operate(make)
    return deployment.make_customer("limited", "svc-limited", plan="one")


@pytest.mark.parametrize("path", ["/profile/authorize", "/authorize"])
def test_a_query_that_is_the_callers_does_not_ask_for_the_variant_of_nginx(
    believing: Deployment, path: str
) -> None:
    customer = make_limited(believing)
    token = believing.token(customer)
    asked = [
        ("authorization", f"Bearer {token}"),
        ("x-api-key", customer.api_key),
        ("x-forwarded-uri", "/profile/v1/graphql?plane=nginx"),
    ]

    # Caddy asks with the call's own query; a prefix makes "/" of a call to it.
    answers = [believing.request("GET", f"{path}?plane=nginx", asked) for _ in range(2)]
    root = believing.request("GET", "/profile/authorize/?plane=nginx", asked)

    assert [response.status_code for response in [*answers, root]] == [200, 429, 429]


def test_a_service_whose_name_begins_like_the_endpoint_is_asked_like_any_other(
    believing: Deployment, believed: Customer
) -> None:
    believing.operate(lambda registry: registry.add_service("authorizer", "", ""))

    plain = ask(believing, believed, "/authorizer/authorize")
    nginx = ask(believing, None, "/authorizer/authorize/nginx")

    assert (plain.status_code, code_of(plain)) == (403, "SERVICE_NOT_ALLOWED")
    assert nginx.headers["x-watchword-status"] == "401"


@pytest.mark.parametrize(
    "path", ["/nosuch/authorize", "/No_slug/authorize", f"{BASE_URL}//authorize"]
)
def test_nobody_is_admitted_to_what_is_no_service(
    deployment: Deployment, customer: Customer, path: str
) -> None:
    assert ask(deployment, customer, path).status_code in {403, 404}
