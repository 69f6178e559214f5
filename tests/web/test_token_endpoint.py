"""CONTRACT 2: every row of the token endpoint's tables, through HTTP."""

from __future__ import annotations

import base64
import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from support.deployment import BASE_URL, GRANT, basic, code_of

if TYPE_CHECKING:
    import httpx2

    from support.deployment import Customer, Deployment

FORM = {"content-type": "application/x-www-form-urlencoded"}


def assert_refused(response: httpx2.Response, status: int, error: str) -> None:
    assert response.status_code == status, response.text
    assert response.json()["error"] == error
    assert re.fullmatch(r"[ !#-\[\]-~]+", response.json()["error_description"])
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["pragma"] == "no-cache"
    challenge = response.headers.get("www-authenticate")
    assert challenge == ('Basic realm="watchword"' if status == 401 else None)


@pytest.mark.behaviour(
    21,
    "A token is answered with exactly 200, JSON, `token_type: Bearer`, `expires_in: 28800` "
    "and no refresh token (RFC 6749 sections 4.4.3 and 5.1)",
)
def test_a_token_is_answered_to_the_letter_of_the_contract(
    deployment: Deployment, customer: Customer
) -> None:
    response = deployment.request_token(customer)

    assert response.status_code == 200
    assert list(response.json()) == ["access_token", "expires_in", "token_type"]
    assert response.json()["expires_in"] == 28800
    assert response.json()["token_type"] == "Bearer"
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["pragma"] == "no-cache"


@pytest.mark.behaviour(
    24,
    "The header is `typ: at+jwt`, `alg: ES256` and `kid`; the claims are those of RFC 9068 "
    "section 2.2 and `gen`",
)
def test_the_token_carries_the_claims_of_rfc_9068_and_the_generation(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)

    header, claims = (
        json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2]
    )
    now = int(deployment.clock.now().timestamp())
    assert {"typ": "at+jwt", "alg": "ES256"}.items() <= header.items()
    assert set(header) == {"typ", "alg", "kid"}
    assert claims == {
        "iss": "http://127.0.0.1:8080",
        "sub": "svc-acme",
        "client_id": "svc-acme",
        "aud": ["profile"],
        "scope": "profile",
        "iat": now,
        "exp": now + 28800,
        "jti": claims["jti"],
        "gen": 1,
    }
    assert len(claims["jti"]) == 22


@pytest.mark.behaviour(
    2,
    "`grant_type` is read from the form body, from the query with no body and no type, and "
    "from both when equal",
)
@pytest.mark.behaviour(
    5,
    "Unknown parameters are ignored and an empty value is an absent one (RFC 6749 section 3.2)",
)
@pytest.mark.parametrize(
    ("query", "content", "headers"),
    [
        pytest.param(GRANT, "", {}, id="in the query, no body, no content type"),
        pytest.param(GRANT, "", FORM, id="in the query, as curl sends it"),
        pytest.param(GRANT, "", {"content-type": "application/json"}, id="as axios sends it"),
        pytest.param("", GRANT, FORM, id="in the form body"),
        pytest.param(GRANT, GRANT, FORM, id="in both, equal"),
        pytest.param("", GRANT + "&scope=", FORM, id="an empty value is absent"),
        pytest.param(GRANT + "&unknown=1", "", {}, id="unknown parameters are ignored"),
        pytest.param(
            "", GRANT, {"content-type": "Application/X-WWW-form-urlencoded; charset=UTF-8"},
            id="a content type with parameters",
        ),
    ],
)  # fmt: skip
def test_the_grant_is_accepted_in_every_published_place(
    deployment: Deployment, customer: Customer, query: str, content: str, headers: dict[str, str]
) -> None:
    response = deployment.request_token(customer, query=query, content=content, headers=headers)

    assert response.status_code == 200, response.text


@pytest.mark.behaviour(2, "`grant_type` in URL and body with two values is 400 `invalid_request`")
@pytest.mark.behaviour(
    3,
    "A parameter twice in one place, known or not, is 400 `invalid_request` (RFC 6749 section 3.2)",
)
@pytest.mark.behaviour(
    4,
    "A missing or empty `grant_type` is 400 `invalid_request` (RFC 6749 section 5.2)",
)
@pytest.mark.behaviour(
    7,
    "A JSON body, a body of no type, a broken escape, no UTF-8 and a control character are "
    "400 `invalid_request`",
)
@pytest.mark.parametrize(
    ("query", "content", "headers"),
    [
        pytest.param(GRANT, "grant_type=password", FORM, id="two places, two values"),
        pytest.param(f"{GRANT}&{GRANT}", "", {}, id="twice in the query"),
        pytest.param("", f"{GRANT}&{GRANT}", FORM, id="twice in the body"),
        pytest.param("", f"{GRANT}&x=1&x=1", FORM, id="an unknown parameter twice"),
        pytest.param("", "", {}, id="no grant type"),
        pytest.param("grant_type=", "", {}, id="an empty grant type"),
        pytest.param("", '{"grant_type": "client_credentials"}',
                     {"content-type": "application/json"}, id="a JSON body"),
        pytest.param("", GRANT, {}, id="a body without a content type"),
        pytest.param(GRANT + "&x=%zz", "", {}, id="broken percent-encoding"),
        pytest.param("", GRANT + "&x=%ff", FORM, id="no UTF-8"),
        pytest.param("", GRANT + "&x=%00", FORM, id="a control character"),
        pytest.param("", GRANT + "&" + "&".join(f"p{n}=1" for n in range(99)), FORM,
                     id="a hundred parameters"),
    ],
)  # fmt: skip
def test_a_malformed_request_is_invalid_request(
    deployment: Deployment, customer: Customer, query: str, content: str, headers: dict[str, str]
) -> None:
    response = deployment.request_token(customer, query=query, content=content, headers=headers)

    assert_refused(response, 400, "invalid_request")


@pytest.mark.behaviour(4, "Another grant is 400 `unsupported_grant_type` (RFC 6749 section 5.2)")
@pytest.mark.parametrize("grant", ["password", "authorization_code", "CLIENT_CREDENTIALS"])
def test_another_grant_is_unsupported(
    deployment: Deployment, customer: Customer, grant: str
) -> None:
    response = deployment.request_token(customer, query=f"grant_type={grant}")

    assert_refused(response, 400, "unsupported_grant_type")


@pytest.mark.behaviour(
    6,
    "A secret in the URL is 400 `invalid_request`, whatever else is right, and is not in the "
    "log records (RFC 6749 section 2.3.1)",
)
@pytest.mark.parametrize(
    "parameter",
    ["client_secret", "password", "x-api-key", "X-API-Key", "api_key", "access_token"],
)
def test_a_secret_in_the_url_is_refused_and_not_logged(
    deployment: Deployment,
    customer: Customer,
    parameter: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")

    response = deployment.request_token(customer, query=f"{GRANT}&{parameter}=secret-in-url")

    assert_refused(response, 400, "invalid_request")
    ours = [vars(record) for record in caplog.records if record.name.startswith("watchword")]
    assert ours
    assert "secret-in-url" not in str(ours)


@pytest.mark.behaviour(13, "`basic` and `BASIC` are `Basic`")
@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_the_scheme_of_basic_has_no_case(
    deployment: Deployment, customer: Customer, scheme: str
) -> None:
    header = basic(customer.username, customer.password).replace("Basic", scheme)

    response = deployment.request_token(customer, headers={"authorization": header})

    assert response.status_code == 200


@pytest.mark.behaviour(15, "The user `svc%2Dodd` is `svc-odd` (RFC 6749 section 2.3.1)")
def test_both_halves_of_basic_are_form_decoded(deployment: Deployment) -> None:
    customer = deployment.make_customer(username="svc-odd")
    encoded = base64.b64encode(f"svc%2Dodd:{customer.password}".encode()).decode()

    response = deployment.request_token(customer, headers={"authorization": f"Basic {encoded}"})

    assert response.status_code == 200


@pytest.mark.behaviour(
    14,
    "Broken base64, no colon, no UTF-8, a control character and a broken escape are 400 "
    "`invalid_request`",
)
@pytest.mark.parametrize(
    "value",
    [
        pytest.param("Basic", id="nothing behind the scheme"),
        pytest.param("Basic !!!", id="no base64"),
        pytest.param("Basic YWJj", id="no colon"),
        pytest.param("Basic " + base64.b64encode(b"\xff\xfe:x").decode(), id="no UTF-8"),
        pytest.param("Basic " + base64.b64encode(b"a\x00b:x").decode(), id="a control character"),
        pytest.param("Basic " + base64.b64encode(b"a%zz:x").decode(), id="a broken escape"),
    ],
)
def test_a_malformed_basic_header_is_invalid_request(
    deployment: Deployment, customer: Customer, value: str
) -> None:
    response = deployment.request_token(customer, headers={"authorization": value})

    assert_refused(response, 400, "invalid_request")


def test_credentials_in_the_body_are_accepted_instead_of_basic(
    deployment: Deployment, customer: Customer
) -> None:
    content = f"{GRANT}&client_id={customer.username}&client_secret={customer.password}"

    response = deployment.request_token(
        customer, query="", content=content, headers={**FORM, "authorization": None}
    )

    assert response.status_code == 200


@pytest.mark.behaviour(
    12,
    "Basic and a secret in the body at once are 400 `invalid_request`, though both are right "
    "(RFC 6749 section 2.3)",
)
def test_basic_and_a_body_secret_at_once_are_invalid_request(
    deployment: Deployment, customer: Customer
) -> None:
    content = f"client_id={customer.username}&client_secret={customer.password}"

    response = deployment.request_token(customer, content=content, headers=FORM)

    assert_refused(response, 400, "invalid_request")


@pytest.mark.behaviour(
    12,
    "A `client_id` beside Basic is fine when it is the user's, and 400 when it is another's",
)
def test_a_body_client_id_must_equal_the_basic_user(
    deployment: Deployment, customer: Customer
) -> None:
    equal = deployment.request_token(
        customer, content=f"client_id={customer.username}", headers=FORM
    )
    other = deployment.request_token(customer, content="client_id=svc-other", headers=FORM)

    assert equal.status_code == 200
    assert_refused(other, 400, "invalid_request")


def test_an_empty_body_secret_is_absent(deployment: Deployment, customer: Customer) -> None:
    response = deployment.request_token(customer, content="client_secret=", headers=FORM)

    assert response.status_code == 200


def test_an_unforeseen_failure_tells_its_correlation_id_alone(
    deployment: Deployment, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("the password is hunter2")

    monkeypatch.setattr("watchword.access.issuing.TokenIssuer._claim", fail)
    live = deployment.request_token(customer)

    assert live.status_code == 500
    assert live.json()["error"] == "server_error"
    assert "hunter2" not in live.text
    assert live.headers["x-correlation-id"]


@pytest.mark.behaviour(36, "A failure before the commit leaves the live token alive")
def test_a_signature_that_fails_leaves_the_previous_token_live(
    deployment: Deployment, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = deployment.token(customer)
    with monkeypatch.context() as broken:
        broken.setattr("watchword.access.signing.SigningKey.sign", lambda *_: 1 / 0)
        assert deployment.request_token(customer).status_code == 500

    assert deployment.call(token, customer.api_key).status_code == 200


@pytest.mark.behaviour(
    20,
    "No token, password, key or Basic header is in a log record, even before the redaction",
)
def test_no_secret_is_in_any_log_record_even_before_redaction(
    deployment: Deployment, customer: Customer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="watchword")
    token = deployment.token(customer)
    deployment.request_token(customer, headers={"authorization": basic("svc-acme", "wrong-one")})
    deployment.request_token(customer, headers={"x-api-key": "an-imported-key"})
    deployment.call(token, "an-imported-key")
    deployment.call(token[:-9] + "A" * 9, customer.api_key)
    deployment.request("GET", f"/{customer.password}/svc-acme:{customer.password}")

    records = [vars(record) for record in caplog.records if record.name.startswith("watchword")]

    assert len(records) == 5
    secrets = (token, customer.password, customer.api_key, "wrong-one", "an-imported-key")
    for secret in (*secrets, basic(customer.username, customer.password)):
        assert secret not in str(records)


@pytest.mark.behaviour(12, "Two Authorization headers are 400 `invalid_request`")
def test_two_authorization_headers_are_invalid_request(
    deployment: Deployment, customer: Customer
) -> None:
    response = deployment.request_token(customer, extra=[("authorization", "Basic YTpi")])

    assert_refused(response, 400, "invalid_request")


@pytest.mark.behaviour(
    9,
    "No Authorization, or another scheme, is 401 `invalid_client` with a Basic challenge "
    "(RFC 6749 section 5.2)",
)
@pytest.mark.parametrize("value", [None, "Bearer abc", "Digest username=x"])
def test_no_credentials_are_invalid_client_with_a_challenge(
    deployment: Deployment, customer: Customer, value: str | None
) -> None:
    response = deployment.request_token(customer, headers={"authorization": value})

    assert_refused(response, 401, "invalid_client")


def test_every_authentication_failure_looks_alike(
    deployment: Deployment, customer: Customer
) -> None:
    other = deployment.make_customer("other", "svc-other")
    expiring = deployment.operate(
        lambda registry: registry.add_api_key("acme", "preview", "", timedelta(hours=1))
    )
    disabled_key = deployment.operate(
        lambda registry: registry.add_api_key("acme", "preview", "", None)
    )
    deployment.operate(
        lambda registry: registry.set_api_key_enabled(disabled_key.record.id, is_enabled=False)
    )
    disabled_user = deployment.operate(
        lambda registry: registry.add_service_user("acme", "svc-disabled")
    )
    deployment.operate(
        lambda registry: registry.set_service_user_enabled("svc-disabled", is_enabled=False)
    )
    deployment.clock.advance(timedelta(hours=1))
    mistyped = customer.api_key[:-1] + ("0" if customer.api_key[-1] != "0" else "1")
    stored_digest = "0" * 64

    def refused(**headers: str | None) -> httpx2.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        deployment.clock.advance(timedelta(seconds=6))  # one failure more is let through
        return deployment.request_token(customer, headers=sent)

    failures = {
        "wrong password": refused(authorization=basic(customer.username, "wrong")),
        "empty password": refused(authorization=basic(customer.username, "")),
        "stored digest": refused(authorization=basic(customer.username, stored_digest)),
        "unknown user": refused(authorization=basic("svc-nobody", customer.password)),
        "disabled user": refused(authorization=basic("svc-disabled", disabled_user.password)),
        "missing key": refused(x_api_key=None),
        "empty key": refused(x_api_key=""),
        "unknown key": refused(x_api_key="A" * 40),
        "mistyped key": refused(x_api_key=mistyped),
        "huge key": refused(x_api_key="A" * 5000),
        "disabled key": refused(x_api_key=disabled_key.key),
        "expired key": refused(x_api_key=expiring.key),
        "another account's key": refused(x_api_key=other.api_key),
    }

    for cause, response in failures.items():
        assert_refused(response, 401, "invalid_client")
        first = failures["wrong password"]
        assert response.content == first.content, cause
        assert _without_correlation(response) == _without_correlation(first), cause


def _without_correlation(response: httpx2.Response) -> list[tuple[str, str]]:
    return [item for item in response.headers.multi_items() if item[0] != "x-correlation-id"]


@pytest.mark.behaviour(
    11,
    "Every failed authentication is answered at the next tick, nothing else is",
)
def test_every_authentication_failure_waits_for_the_tick_and_nothing_else_does(
    deployment: Deployment, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("watchword.web.oauth.asyncio.sleep", note)
    failures: list[dict[str, str | None]] = [
        {"authorization": basic(customer.username, "wrong")},
        {"authorization": basic("svc-nobody", customer.password)},
        {"authorization": None},
        {"x-api-key": None},
        {"x-api-key": "A" * 40},
    ]

    statuses = [
        deployment.request_token(customer, headers=headers).status_code for headers in failures
    ]
    refused = len(waits)
    for _ in range(10):
        deployment.request_token(customer, headers={"authorization": basic("svc-x", "wrong")})
    waits.clear()
    slowed_down = deployment.request_token(
        customer, headers={"authorization": basic("svc-x", "wrong")}
    )
    deployment.request_token(customer)
    deployment.request_token(customer, query="grant_type=password")

    assert statuses == [401] * len(failures)
    assert refused == len(failures)
    assert (slowed_down.status_code, len(waits)) == (429, 1)
    assert all(0 < seconds <= 0.01 for seconds in waits)


def test_where_a_chosen_password_is_kept_a_failure_waits_for_a_longer_tick(
    deployment: Deployment, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However dear a comparison was that came from elsewhere, the answer comes with the tick."""
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    deployment.operate(
        lambda registry: registry.add_service_user_with_password("acme", "svc-chosen", "x" * 20)
    )
    monkeypatch.setattr("watchword.web.oauth.asyncio.sleep", note)

    for username in ("svc-chosen", customer.username, "svc-nobody"):
        refused = {"authorization": basic(username, "wrong")}
        assert deployment.request_token(customer, headers=refused).status_code == 401
    deployment.token(customer)

    assert len(waits) == 3
    assert all(seconds > 0.01 for seconds in waits)


def test_a_disabled_account_gets_no_token(deployment: Deployment, customer: Customer) -> None:
    deployment.operate(lambda registry: registry.set_account_enabled("acme", is_enabled=False))

    assert_refused(deployment.request_token(customer), 401, "invalid_client")


def test_a_resource_that_narrows_the_scope_asked_is_told_in_the_answer(
    deployment: Deployment, customer: Customer
) -> None:
    deployment.operate(lambda registry: registry.add_service("matching", "Matching", ""))
    deployment.operate(
        lambda registry: registry.set_entitlement("acme", "matching", is_granted=True)
    )
    resource = quote(f"{BASE_URL}/profile/v1/graphql", safe="")

    def members(query: str) -> set[str]:
        return set(deployment.request_token(customer, query=f"{GRANT}&{query}").json())

    usual = {"access_token", "expires_in", "token_type"}
    assert members(f"scope=matching+profile&resource={resource}") == usual | {"scope"}
    assert members(f"scope=profile&resource={resource}") == usual
    assert members("scope=matching+profile") == usual
    assert members(f"resource={resource}") == usual


@pytest.mark.behaviour(8, "A scope narrows the token to what it names, and the guard holds to that")
def test_scope_narrows_the_token_and_never_widens_it(
    deployment: Deployment, customer: Customer
) -> None:
    deployment.operate(lambda registry: registry.add_service("matching", "Matching", ""))
    deployment.operate(
        lambda registry: registry.set_entitlement("acme", "matching", is_granted=True)
    )

    every = deployment.token(customer)
    one = deployment.token(customer, query=f"{GRANT}&scope=matching")

    assert _claims(every)["aud"] == ["matching", "profile"]
    assert _claims(one)["aud"] == ["matching"]
    assert _claims(one)["scope"] == "matching"
    refused = deployment.call(one, customer.api_key)
    assert (refused.status_code, code_of(refused)) == (403, "SERVICE_NOT_ALLOWED")


@pytest.mark.behaviour(
    8,
    "An unknown or malformed scope is 400 `invalid_scope` (RFC 6749 sections 3.3 and 5.2)",
)
@pytest.mark.parametrize(
    "scope",
    ["matching", "profile matching", "Profile", "%22", "a%5Cb", "profile++profile", "+profile",
     "%C3%A4"],
)  # fmt: skip
def test_an_unknown_or_malformed_scope_is_invalid_scope(
    deployment: Deployment, customer: Customer, scope: str
) -> None:
    response = deployment.request_token(customer, query=f"{GRANT}&scope={scope}")

    assert_refused(response, 400, "invalid_scope")


@pytest.mark.parametrize(
    "resource",
    ["http://127.0.0.1:8080/profile/v1/graphql", "http://profile.localhost:8080/v1/graphql/"],
)
def test_resource_names_a_service_by_any_of_its_urls(
    deployment: Deployment, customer: Customer, resource: str
) -> None:
    token = deployment.token(customer, query=f"{GRANT}&resource={resource}")

    assert _claims(token)["aud"] == ["profile", resource]
    assert deployment.call(token, customer.api_key).status_code == 200


@pytest.mark.parametrize("resource", ["profile", "https://elsewhere.example/v1/graphql"])
def test_an_unknown_resource_is_invalid_target(
    deployment: Deployment, customer: Customer, resource: str
) -> None:
    response = deployment.request_token(customer, query=f"{GRANT}&resource={resource}")

    assert_refused(response, 400, "invalid_target")


def test_a_service_the_account_lost_is_no_scope_of_it(
    deployment: Deployment, customer: Customer
) -> None:
    deployment.operate(
        lambda registry: registry.set_entitlement("acme", "profile", is_granted=False)
    )

    response = deployment.request_token(customer, query=f"{GRANT}&scope=profile")

    assert_refused(response, 400, "invalid_scope")


@pytest.mark.behaviour(
    1,
    "Any method but POST is answered 405 with `Allow: POST` and no token (RFC 6749 section 3.2)",
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
def test_any_method_but_post_is_refused_with_allow(
    deployment: Deployment, customer: Customer, method: str
) -> None:
    response = deployment.request_token(customer, method=method)

    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert "access_token" not in response.text


@pytest.mark.parametrize("path", ["/oauth2/token/", "/oauth2/token"])
def test_a_trailing_slash_is_no_redirect(
    deployment: Deployment, customer: Customer, path: str
) -> None:
    headers = [
        ("x-api-key", customer.api_key),
        ("authorization", basic(customer.username, customer.password)),
    ]

    assert deployment.request("POST", f"{path}?{GRANT}", headers).status_code == 200


@pytest.mark.behaviour(7, "A body that is too large is 413")
def test_a_body_too_large_is_413_whether_announced_or_not(
    deployment: Deployment, customer: Customer
) -> None:
    content = GRANT + "&padding=" + "x" * 20_000

    announced = deployment.request_token(customer, query="", content=content, headers=FORM)

    assert_refused(announced, 413, "invalid_request")


@pytest.mark.behaviour(
    36,
    "A wrong password, a missing key, a foreign scope and no grant leave the live token alive",
)
def test_a_refused_request_leaves_the_live_token_alive(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)

    deployment.request_token(customer, headers={"authorization": basic("svc-acme", "wrong")})
    deployment.request_token(customer, headers={"x-api-key": None})
    deployment.request_token(customer, query=f"{GRANT}&scope=matching")
    deployment.request_token(customer, query="")

    assert deployment.call(token, customer.api_key).status_code == 200


@pytest.mark.behaviour(
    17,
    "Old and new password both work during the overlap, and the old one fails at its deadline",
)
def test_the_old_password_works_during_the_overlap_and_not_after(
    deployment: Deployment, customer: Customer
) -> None:
    new = deployment.operate(
        lambda registry: registry.rotate_password(customer.username, timedelta(hours=1))
    )
    with_new = {"authorization": basic(customer.username, new.password)}

    assert deployment.request_token(customer).status_code == 200
    assert deployment.request_token(customer, headers=with_new).status_code == 200
    deployment.clock.advance(timedelta(hours=1))
    assert_refused(deployment.request_token(customer), 401, "invalid_client")
    assert deployment.request_token(customer, headers=with_new).status_code == 200


@pytest.mark.behaviour(17, "Two passwords are valid at once at most")
def test_at_most_two_passwords_are_valid_at_once(
    deployment: Deployment, customer: Customer
) -> None:
    for _ in range(2):
        deployment.operate(
            lambda registry: registry.rotate_password(customer.username, timedelta(hours=1))
        )

    assert_refused(deployment.request_token(customer), 401, "invalid_client")


def _claims(token: str) -> dict[str, object]:
    claims: dict[str, object] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return claims
