"""CONTRACT 4: every row of the guard's table, through HTTP, at every spelling of the path."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from support.deployment import GRANT, code_of
from watchword.access.signing import SigningKey

if TYPE_CHECKING:
    import httpx2

    from support.deployment import Customer, Deployment

METADATA = 'resource_metadata="http://127.0.0.1:8080/.well-known/oauth-protected-resource'
HOST = [("host", "profile.localhost:8080")]


def assert_refused(response: httpx2.Response, status: int, message: str, code: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert set(body) == {"message", "errors"}
    assert body["message"] == message
    (error,) = body["errors"]
    assert error["message"]
    assert error["extensions"] == {
        "code": code,
        "correlationId": response.headers["x-correlation-id"],
    }


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("/profile/v1/graphql", []),
        ("/profile/v1/graphql/", []),
        ("/v1/graphql", HOST),
        ("/v1/graphql/", HOST),
        ("/v1/graphql", [("host", "PROFILE.localhost")]),
        ("/profile/v1/graphql", HOST),
        ("/profile/v1/graphiql/", []),
        ("/profile/v1/graphiql", []),
        ("/v1/graphiql/", HOST),
    ],
)
def test_a_call_is_answered_at_every_spelling_of_the_path(
    deployment: Deployment, customer: Customer, url: str, host: list[tuple[str, str]]
) -> None:
    token = deployment.token(customer)

    response = deployment.call(token, customer.api_key, url=url, extra=host)

    assert response.status_code == 200, response.text
    assert response.json()["data"] == {"info": {"name": "profile"}}


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("/v1/graphql", []),
        ("/v1/graphql", [("host", "matching.localhost:8080")]),
        ("/matching/v1/graphql", []),
        ("/profile/v2/graphql", []),
        ("/nothing", []),
        ("/profile/v1/graphql/more", []),
    ],
)
def test_another_path_is_not_found(
    deployment: Deployment, customer: Customer, url: str, host: list[tuple[str, str]]
) -> None:
    response = deployment.call(deployment.token(customer), customer.api_key, url=url, extra=host)

    assert_refused(response, 404, "Not Found", "NOT_FOUND")


@pytest.mark.behaviour(
    29,
    "No token is 401 with a Bearer challenge that names `resource_metadata` and no error "
    "code (RFC 6750 section 3.1, RFC 9728 section 5.1)",
)
def test_no_token_is_challenged_without_an_error_code(
    deployment: Deployment, customer: Customer
) -> None:
    response = deployment.call(None, customer.api_key)

    assert_refused(response, 401, "Unauthorized", "TOKEN_MISSING")
    assert response.headers["www-authenticate"] == (
        f'Bearer realm="watchword", {METADATA}/profile/v1/graphql"'
    )


@pytest.mark.parametrize("value", ["Basic YTpi", "Bearer", "Bearer ", "Negotiate abc"])
def test_another_scheme_is_no_token(deployment: Deployment, customer: Customer, value: str) -> None:
    response = deployment.call(None, customer.api_key, extra=[("authorization", value)])

    assert response.status_code == 401
    assert code_of(response) in {"TOKEN_MISSING", "TOKEN_INVALID"}


def _encode(members: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(members).encode()).rstrip(b"=").decode()


def _forge(token: str, header: dict[str, Any] | None, claims: dict[str, Any] | None) -> str:
    """Return a genuine token with another header or other claims, and its old signature."""
    parts = token.split(".")
    if header is not None:
        old = json.loads(base64.urlsafe_b64decode(parts[0] + "=="))
        parts[0] = _encode({**old, **header})
    if claims is not None:
        old = json.loads(base64.urlsafe_b64decode(parts[1] + "=="))
        parts[1] = _encode({**old, **claims})
    return ".".join(parts)


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        pytest.param({"alg": "none"}, None, id="alg none"),
        pytest.param({"alg": "HS256"}, None, id="alg HS256"),
        pytest.param({"alg": "ES384"}, None, id="another alg"),
        pytest.param({"typ": "JWT"}, None, id="another typ"),
        pytest.param({"kid": "unknown"}, None, id="an unknown kid"),
        pytest.param({"crit": ["exp"]}, None, id="an unknown crit"),
        pytest.param({"jwk": {"kty": "oct", "k": "AA"}}, None, id="an embedded jwk"),
        pytest.param({"jku": "https://evil.example"}, None, id="jku"),
        pytest.param({"x5u": "https://evil.example"}, None, id="x5u"),
        pytest.param(None, {"gen": 99}, id="a changed generation"),
        pytest.param(None, {"sub": "svc-other"}, id="another subject"),
        pytest.param(None, {"exp": 9999999999}, id="a longer life"),
    ],
)
def test_a_forged_token_is_invalid(
    deployment: Deployment,
    customer: Customer,
    header: dict[str, Any] | None,
    claims: dict[str, Any] | None,
) -> None:
    token = _forge(deployment.token(customer), header, claims)

    response = deployment.call(token, customer.api_key)

    assert_refused(response, 401, "Unauthorized", "TOKEN_INVALID")
    assert 'error="invalid_token"' in response.headers["www-authenticate"]
    assert METADATA in response.headers["www-authenticate"]


@pytest.mark.behaviour(30, "Garbage for a token is 401 `invalid_token`")
@pytest.mark.parametrize(
    "token", ["x", "a.b.c", "..", "eyJ", "." * 3000, "a" * 9000, "ä", "eyJhbGciOiJub25lIn0.e30."]
)
def test_garbage_is_an_invalid_token(
    deployment: Deployment, customer: Customer, token: str
) -> None:
    value = f"Bearer {token}".encode().decode("latin-1")

    response = deployment.call(None, customer.api_key, extra=[("authorization", value)])

    assert_refused(response, 401, "Unauthorized", "TOKEN_INVALID")


def test_a_token_of_another_deployment_is_invalid(
    deployment: Deployment, customer: Customer
) -> None:
    key = SigningKey.generate()
    genuine = deployment.token(customer)
    payload = genuine.split(".")[1]
    foreign = f"{key.header}.{payload}.{genuine.split('.')[2]}"

    response = deployment.call(foreign, customer.api_key)

    assert_refused(response, 401, "Unauthorized", "TOKEN_INVALID")


@pytest.mark.behaviour(26, "A token is refused from the second of its `exp` on")
@pytest.mark.behaviour(30, "An expired token is 401 `invalid_token`")
def test_a_token_ends_after_eight_hours_to_the_second(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)

    deployment.clock.advance(timedelta(seconds=28_799))
    assert deployment.call(token, customer.api_key).status_code == 200
    deployment.clock.advance(timedelta(seconds=1))
    response = deployment.call(token, customer.api_key)

    assert_refused(response, 401, "Unauthorized", "TOKEN_EXPIRED")
    assert 'error="invalid_token"' in response.headers["www-authenticate"]


@pytest.mark.behaviour(
    30,
    "A superseded token is 401 `invalid_token`, and its holder reads when it was superseded",
)
def test_a_new_token_supersedes_the_previous_one_on_the_next_call(
    deployment: Deployment, customer: Customer
) -> None:
    first = deployment.token(customer)
    assert deployment.call(first, customer.api_key).status_code == 200
    deployment.clock.advance(timedelta(minutes=5))
    second = deployment.token(customer)

    response = deployment.call(first, customer.api_key)

    assert_refused(response, 401, "Unauthorized", "TOKEN_SUPERSEDED")
    assert "superseded at 2026-11-23T12:05:00Z" in response.headers["www-authenticate"]
    assert 'error="invalid_token"' in response.headers["www-authenticate"]
    assert deployment.call(second, customer.api_key).status_code == 200


@pytest.mark.behaviour(30, "Whoever cannot sign is not told that a token was superseded")
def test_superseded_is_told_to_the_holder_of_a_genuine_token_only(
    deployment: Deployment, customer: Customer
) -> None:
    first = deployment.token(customer)
    deployment.token(customer)

    response = deployment.call(first[:-4] + "AAAA", customer.api_key)

    assert_refused(response, 401, "Unauthorized", "TOKEN_INVALID")


@pytest.mark.behaviour(
    35,
    "Two tokens of the same instant are told apart: one is superseded, one is live",
)
def test_two_tokens_of_the_same_second_are_told_apart(
    deployment: Deployment, customer: Customer
) -> None:
    first, second = deployment.token(customer), deployment.token(customer)

    assert code_of(deployment.call(first, customer.api_key)) == "TOKEN_SUPERSEDED"
    assert deployment.call(second, customer.api_key).status_code == 200


@pytest.mark.behaviour(30, "A revoked token is 401 `invalid_token` on the next call")
def test_a_revoked_token_is_refused_on_the_next_call(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)
    deployment.operate(lambda registry: registry.revoke_tokens(customer.username))

    response = deployment.call(token, customer.api_key)

    assert_refused(response, 401, "Unauthorized", "TOKEN_REVOKED")
    assert deployment.call(deployment.token(customer), customer.api_key).status_code == 200


@pytest.mark.parametrize("what", ["user", "account"])
def test_a_disabled_user_or_account_is_refused_on_the_next_call(
    deployment: Deployment, customer: Customer, what: str
) -> None:
    token = deployment.token(customer)
    assert deployment.call(token, customer.api_key).status_code == 200

    async def set_enabled(registry: Any, *, is_enabled: bool) -> None:
        if what == "user":
            await registry.set_service_user_enabled(customer.username, is_enabled=is_enabled)
        else:
            await registry.set_account_enabled(customer.account, is_enabled=is_enabled)

    deployment.operate(lambda registry: set_enabled(registry, is_enabled=False))
    response = deployment.call(token, customer.api_key)
    deployment.operate(lambda registry: set_enabled(registry, is_enabled=True))

    assert_refused(response, 401, "Unauthorized", "ACCOUNT_DISABLED")
    assert deployment.call(token, customer.api_key).status_code == 200


def test_a_missing_key_is_forbidden(deployment: Deployment, customer: Customer) -> None:
    token = deployment.token(customer)

    for key in (None, ""):
        assert_refused(deployment.call(token, key), 403, "Forbidden", "API_KEY_MISSING")


def test_every_unusable_key_is_forbidden_alike(deployment: Deployment, customer: Customer) -> None:
    other = deployment.make_customer("other", "svc-other")
    token = deployment.token(customer)
    expiring = deployment.operate(
        lambda registry: registry.add_api_key("acme", "preview", "", timedelta(hours=1))
    )
    disabled = deployment.operate(
        lambda registry: registry.add_api_key("acme", "preview", "", None)
    )
    assert deployment.call(token, disabled.key).status_code == 200
    assert deployment.call(token, expiring.key).status_code == 200
    deployment.operate(
        lambda registry: registry.set_api_key_enabled(disabled.record.id, is_enabled=False)
    )
    deployment.clock.advance(timedelta(hours=1))

    texts = set()
    for key in ("A" * 40, customer.api_key[:-1] + "~", disabled.key, expiring.key, other.api_key):
        response = deployment.call(token, key)
        assert_refused(response, 403, "Forbidden", "API_KEY_INVALID")
        texts.add(response.json()["errors"][0]["message"])
    assert len(texts) == 1


def test_a_rotated_key_works_until_the_end_of_the_overlap(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)
    new = deployment.operate(
        lambda registry: registry.rotate_api_key(customer.key_id, timedelta(hours=1))
    )

    assert deployment.call(token, customer.api_key).status_code == 200
    assert deployment.call(token, new.key).status_code == 200
    deployment.clock.advance(timedelta(hours=1))
    assert code_of(deployment.call(token, customer.api_key)) == "API_KEY_INVALID"
    assert deployment.call(token, new.key).status_code == 200


@pytest.mark.behaviour(
    31,
    "A service that the account has lost is 403 `insufficient_scope`, and the challenge "
    "names the scope (RFC 6750 section 3.1)",
)
def test_an_account_without_the_service_is_forbidden(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)
    deployment.operate(
        lambda registry: registry.set_entitlement("acme", "profile", is_granted=False)
    )

    response = deployment.call(token, customer.api_key)

    assert_refused(response, 403, "Forbidden", "SERVICE_NOT_ALLOWED")
    assert response.headers["www-authenticate"] == (
        'Bearer realm="watchword", error="insufficient_scope", scope="profile"'
    )


def test_a_disabled_service_is_forbidden_to_everybody(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)
    deployment.operate(lambda registry: registry.set_service_enabled("profile", is_enabled=False))

    response = deployment.call(token, customer.api_key)

    assert_refused(response, 403, "Forbidden", "SERVICE_NOT_ALLOWED")


def test_the_order_is_token_then_key_then_entitlement(
    deployment: Deployment, customer: Customer
) -> None:
    old = deployment.token(customer)
    token = deployment.token(customer)
    deployment.operate(
        lambda registry: registry.set_entitlement("acme", "profile", is_granted=False)
    )

    assert code_of(deployment.call(None, None)) == "TOKEN_MISSING"
    assert code_of(deployment.call("x", None)) == "TOKEN_INVALID"
    assert code_of(deployment.call(old, None)) == "TOKEN_SUPERSEDED"
    assert code_of(deployment.call(token, None)) == "API_KEY_MISSING"
    assert code_of(deployment.call(token, "x")) == "API_KEY_INVALID"
    assert code_of(deployment.call(token, customer.api_key)) == "SERVICE_NOT_ALLOWED"


def test_a_key_alone_never_opens_anything(deployment: Deployment, customer: Customer) -> None:
    deployment.token(customer)

    response = deployment.call(None, customer.api_key)

    assert response.status_code == 401


@pytest.mark.behaviour(
    31,
    "A token or key in the URL of a call is 400, though the headers are right (RFC 9700 "
    "section 4.3.2)",
)
@pytest.mark.parametrize(
    "parameter",
    ["access_token=x", "a=1&access_token=x", "ACCESS_TOKEN=x", "access%5Ftoken=x", "x-api-key=x"],
)
def test_a_secret_in_the_url_is_a_bad_request(
    deployment: Deployment, customer: Customer, parameter: str
) -> None:
    token = deployment.token(customer)

    response = deployment.call(token, customer.api_key, url=f"/profile/v1/graphql?{parameter}")

    assert_refused(response, 400, "Bad Request", "BAD_REQUEST")


@pytest.mark.behaviour(31, "Two Authorization headers, or two keys, are 400")
@pytest.mark.parametrize("name", ["authorization", "x-api-key"])
def test_a_header_sent_twice_is_a_bad_request(
    deployment: Deployment, customer: Customer, name: str
) -> None:
    token = deployment.token(customer)

    response = deployment.call(token, customer.api_key, extra=[(name, "x")])

    assert_refused(response, 400, "Bad Request", "BAD_REQUEST")


@pytest.mark.behaviour(32, "A token without the word `Bearer` is 401")
def test_a_bare_token_is_refused_unless_the_setting_is_on(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)

    response = deployment.call(None, customer.api_key, extra=[("authorization", token)])

    assert_refused(response, 401, "Unauthorized", "TOKEN_INVALID")


def test_a_body_too_large_is_refused(deployment: Deployment, customer: Customer) -> None:
    token = deployment.token(customer)

    response = deployment.call(token, customer.api_key, content=b" " * 1_048_577)

    assert_refused(response, 413, "Content Too Large", "CONTENT_TOO_LARGE")
    assert "it may have 1,048,576 bytes" in response.text


def test_nobody_without_admission_gets_a_body_read(
    deployment: Deployment, customer: Customer
) -> None:
    response = deployment.call("x", customer.api_key, content=b" " * 1_048_577)

    assert response.status_code == 401


@pytest.mark.parametrize(
    "content",
    [b"", b"no json", b"[]", b'"query"', b"{}", b'{"query": 1}', b'{"query": null}',
     b'{"query": "{ info { name } }", "variables": []}',
     b'{"query": "{ info { name } }", "operationName": 1}',
     b'{"query": "{ info { name } }", "extensions": []}',
     b'[{"query": "{ info { name } }"}]', b"\xff\xfe", b"[" * 100_000],
)  # fmt: skip
def test_a_body_that_is_no_graphql_request_is_a_bad_request(
    deployment: Deployment, customer: Customer, content: bytes
) -> None:
    token = deployment.token(customer)

    response = deployment.call(token, customer.api_key, content=content)

    assert_refused(response, 400, "Bad Request", "BAD_REQUEST")


def test_another_content_type_is_refused_and_so_is_none(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)

    other = deployment.call(token, customer.api_key, content_type="text/plain")
    none = deployment.call(token, customer.api_key, content_type=None)
    charset = deployment.call(
        token, customer.api_key, content_type="application/json; charset=utf-8"
    )

    assert_refused(other, 415, "Unsupported Media Type", "UNSUPPORTED_MEDIA_TYPE")
    assert_refused(none, 415, "Unsupported Media Type", "UNSUPPORTED_MEDIA_TYPE")
    assert charset.status_code == 200


@pytest.mark.parametrize(("url", "method", "allowed"), [
    ("/profile/v1/graphql", "PUT", "GET, POST"),
    ("/profile/v1/graphql", "DELETE", "GET, POST"),
    ("/profile/v1/graphiql/", "PUT", "GET, HEAD, POST"),
])  # fmt: skip
def test_another_method_is_refused_with_allow(
    deployment: Deployment, customer: Customer, url: str, method: str, allowed: str
) -> None:
    token = deployment.token(customer)

    response = deployment.call(token, customer.api_key, url=url, method=method)

    assert_refused(response, 405, "Method Not Allowed", "METHOD_NOT_ALLOWED")
    assert response.headers["allow"] == allowed


def test_a_token_narrowed_to_another_service_is_forbidden(
    deployment: Deployment, customer: Customer
) -> None:
    deployment.operate(lambda registry: registry.add_service("matching", "Matching", ""))
    deployment.operate(
        lambda registry: registry.set_entitlement("acme", "matching", is_granted=True)
    )
    token = deployment.token(customer, query=f"{GRANT}&scope=matching")

    response = deployment.call(token, customer.api_key)

    assert_refused(response, 403, "Forbidden", "SERVICE_NOT_ALLOWED")
