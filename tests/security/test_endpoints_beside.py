"""Introspection, revocation and the documents that OAuth software looks up."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from security.asking import FORM, assert_call_refused, assert_live, assert_refused, audit_of
from security.forging import claims_of
from support.deployment import GRANT, OPERATOR, Deployment, basic
from watchword.access.model import OperatorScope
from watchword.deployment import open_deployment
from watchword.settings import SettingError, load_settings

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    import httpx2

    from support.deployment import Customer

SERVER = "/.well-known/oauth-authorization-server"
RESOURCE = "/.well-known/oauth-protected-resource"


def ask(deployment: Deployment, customer: Customer | None, path: str, form: str) -> httpx2.Response:
    """Send a form to an endpoint, as a customer's service user or as nobody."""
    headers = list(FORM.items())
    if customer is not None:
        headers.append(("authorization", basic(customer.username, customer.password)))
    return deployment.request("POST", f"/oauth2/{path}", headers, form)


def add_operator(deployment: Deployment, name: str, scope: OperatorScope) -> str:
    async def add() -> str:
        async with open_deployment(deployment.settings, deployment.clock) as opened:
            operators = opened.operators(deployment.clock, deployment.dice, OPERATOR)
            return (await operators.add_operator(name, scope, timedelta(hours=1))).token

    return deployment.run(add())


def assert_inactive(response: httpx2.Response) -> None:
    assert response.status_code == 200
    assert response.content == b'{"active":false}'
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["pragma"] == "no-cache"


@pytest.mark.behaviour(
    39, "Introspection by nobody is 401 `invalid_client`, and the answer tells nothing of the "
    "token (RFC 7662 section 2.1)"
)  # fmt: skip
def test_introspection_asks_who_is_asking(deployment: Deployment, customer: Customer) -> None:
    token = deployment.token(customer)

    nobody = ask(deployment, None, "introspect", f"token={token}")
    nobody_about_nothing = ask(deployment, None, "introspect", "token=x")
    by_itself = deployment.request(
        "POST",
        "/oauth2/introspect",
        [("authorization", f"Bearer {token}"), *FORM.items()],
        f"token={token}",
    )

    assert_refused(nobody, 401, "invalid_client")
    assert nobody.content == nobody_about_nothing.content
    assert by_itself.status_code == 401
    assert by_itself.json()["error"] == "invalid_token"
    assert "active" not in by_itself.json()


@pytest.mark.behaviour(
    39, "Unknown, expired, superseded, revoked and foreign tokens are 200 with `active: false` and "
    "nothing else, and not to be kept (RFC 7662 section 2.2)"
)  # fmt: skip
def test_a_token_that_is_not_live_is_inactive_and_no_more_is_said(
    deployment: Deployment, customer: Customer
) -> None:
    other = deployment.make_customer("other", "svc-other")
    foreign = deployment.token(other)
    superseded, live = deployment.token(customer), deployment.token(customer)

    for token in ("x", "a.b.c", live + "x", live[:-9] + "A" * 9, superseded, foreign):
        assert_inactive(ask(deployment, customer, "introspect", f"token={token}"))
    assert ask(deployment, customer, "introspect", f"token={live}").json()["active"] is True
    deployment.clock.advance(timedelta(seconds=28_800))
    assert_inactive(ask(deployment, customer, "introspect", f"token={live}"))
    newest = deployment.token(customer)
    assert ask(deployment, customer, "revoke", f"token={newest}").status_code == 200
    assert_inactive(ask(deployment, customer, "introspect", f"token={newest}"))
    deployment.token(customer)
    deployment.operate(lambda registry: registry.set_account_enabled("other", is_enabled=False))
    for_operator = add_operator(deployment, "gateway", OperatorScope.INTROSPECT)
    headers = [("authorization", f"Bearer {for_operator}"), *FORM.items()]
    assert_inactive(deployment.request("POST", "/oauth2/introspect", headers, f"token={foreign}"))


@pytest.mark.behaviour(39, "An operator token beside `client_secret` is 400 `invalid_request`")
def test_two_ways_to_say_who_asks_are_one_too_many(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)
    form = ("content-type", "application/x-www-form-urlencoded")
    bearer = ("authorization", "Bearer wo" + "A" * 40)
    body = f"token={token}&client_id={customer.username}&client_secret={customer.password}"

    answer = deployment.request("POST", "/oauth2/introspect", [bearer, form], body)

    assert_refused(answer, 400, "invalid_request")


@pytest.mark.behaviour(39, "A live token is described to its account and to operators, unkept")
def test_a_live_token_is_described_to_who_may_ask(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)
    operator = add_operator(deployment, "gateway", OperatorScope.INTROSPECT)
    headers = [("authorization", f"Bearer {operator}"), *FORM.items()]

    to_client = ask(deployment, customer, "introspect", f"token={token}")
    to_operator = deployment.request("POST", "/oauth2/introspect", headers, f"token={token}")

    claims = claims_of(token)
    assert to_client.json() == to_operator.json()
    assert to_client.json() == {
        "active": True, "token_type": "Bearer", "client_id": "svc-acme", "username": "svc-acme",
        **{name: claims[name] for name in ("sub", "iss", "aud", "scope", "jti", "iat", "exp")},
    }  # fmt: skip
    assert to_client.headers["cache-control"] == "no-store"


@pytest.mark.behaviour(39, "The token is read from the form alone: one in the URL is refused")
@pytest.mark.parametrize("path", ["introspect", "revoke"])
def test_a_token_in_the_url_is_refused(
    deployment: Deployment, customer: Customer, path: str
) -> None:
    token = deployment.token(customer)

    in_url = ask(deployment, customer, f"{path}?token={token}", "")
    in_both = ask(deployment, customer, f"{path}?token={token}", f"token={token}")
    missing = ask(deployment, customer, path, "token=")
    twice = ask(deployment, customer, path, f"token={token}&token=x")

    for response in (in_url, in_both, missing, twice):
        assert_refused(response, 400, "invalid_request")
    assert_live(deployment, customer, token)


@pytest.mark.behaviour(
    40, "Revoking an unknown, superseded, expired or revoked token is 200 and ends nothing else "
    "(RFC 7009 section 2.2)"
)  # fmt: skip
def test_revoking_what_is_dead_is_no_error_and_ends_nothing(
    deployment: Deployment, customer: Customer
) -> None:
    expired = deployment.token(customer)
    deployment.clock.advance(timedelta(hours=9))
    superseded, live = deployment.token(customer), deployment.token(customer)

    for dead in ("x", "a.b.c", live + "x", expired, superseded, superseded):
        response = ask(deployment, customer, "revoke", f"token={dead}")
        assert response.status_code == 200
        assert response.headers["cache-control"] == "no-store"
    assert_live(deployment, customer, live)
    events = [record["event"] for record in audit_of(deployment)]
    assert "token.revoked" not in events


@pytest.mark.behaviour(
    40, "Another user's token is refused and still live, of the same account and of another "
    "(RFC 7009 section 2.1)"
)  # fmt: skip
def test_nobody_revokes_the_token_of_another(deployment: Deployment, customer: Customer) -> None:
    stranger = deployment.make_customer("other", "svc-other")
    colleague = deployment.operate(lambda registry: registry.add_service_user("acme", "svc-two"))
    token = deployment.token(customer)
    headers = [("authorization", basic("svc-two", colleague.password)), *FORM.items()]

    by_stranger = ask(deployment, stranger, "revoke", f"token={token}")
    by_colleague = deployment.request("POST", "/oauth2/revoke", headers, f"token={token}")
    by_nobody = ask(deployment, None, "revoke", f"token={token}")

    assert_refused(by_stranger, 400, "unauthorized_client")
    assert_refused(by_colleague, 400, "unauthorized_client")
    assert_refused(by_nobody, 401, "invalid_client")
    assert_live(deployment, customer, token)


@pytest.mark.behaviour(40, "A wrong or unknown hint is ignored: the token is revoked all the same")
@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "zebra", ""])
def test_a_hint_changes_nothing(deployment: Deployment, customer: Customer, hint: str) -> None:
    token = deployment.token(customer)

    response = ask(deployment, customer, "revoke", f"token={token}&token_type_hint={hint}")

    assert response.status_code == 200
    assert_call_refused(deployment.call(token, customer.api_key), 401, "TOKEN_REVOKED")


@pytest.mark.behaviour(
    40, "An API key or an operator token is 400 `unsupported_token_type`, and stays as it was "
    "(RFC 7009 section 2.2.1)"
)  # fmt: skip
def test_a_secret_of_another_kind_is_not_revoked_here(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)
    operator = add_operator(deployment, "gateway", OperatorScope.INTROSPECT)
    headers = [("authorization", f"Bearer {operator}"), *FORM.items()]

    for secret in (customer.api_key, operator):
        refused = ask(deployment, customer, "revoke", f"token={secret}")
        assert_refused(refused, 400, "unsupported_token_type")
        assert secret not in refused.text

    assert_live(deployment, customer, token)
    again = deployment.request("POST", "/oauth2/introspect", headers, f"token={token}")
    assert again.json()["active"] is True


@pytest.fixture
def public(tmp_path: Path) -> Generator[Deployment]:
    made = Deployment(tmp_path / "public", base_url="https://api.example.com")
    yield made
    made.close()


@pytest.mark.behaviour(
    41, "`issuer` is the `iss` of every token and the URL that the document was asked at, and "
    "every URL in it is https (RFC 8414 section 3.3)"
)  # fmt: skip
def test_the_issuer_is_the_iss_of_every_token(public: Deployment) -> None:
    customer = public.make_customer()

    metadata = public.request("GET", SERVER).json()
    token = public.token(customer)

    assert metadata["issuer"] == claims_of(token)["iss"] == "https://api.example.com"
    urls = [value for name, value in metadata.items() if name.endswith(("endpoint", "_uri"))]
    assert len(urls) == 4
    assert all(url.startswith("https://api.example.com/") for url in urls)


@pytest.mark.behaviour(
    41, "Only what is there is advertised: each endpoint answers, each way to authenticate works"
)
def test_everything_that_is_advertised_is_served(
    deployment: Deployment, customer: Customer
) -> None:
    metadata = deployment.request("GET", SERVER).json()
    base = metadata["issuer"]
    post = f"client_id={customer.username}&client_secret={customer.password}"
    operator = add_operator(deployment, "gateway", OperatorScope.INTROSPECT)
    deployment.operate(lambda registry: registry.set_entitlement("acme", "events", is_granted=True))
    ways = {
        "client_secret_basic": ([("authorization", basic("svc-acme", customer.password))], ""),
        "client_secret_post": ([], post),
        "Bearer": ([("authorization", f"Bearer {operator}")], ""),
    }

    assert deployment.request("GET", metadata["jwks_uri"].removeprefix(base)).json()["keys"]
    for kind in ("token", "revocation", "introspection"):
        path = metadata[f"{kind}_endpoint"].removeprefix(base)
        for way in metadata[f"{kind}_endpoint_auth_methods_supported"]:
            headers, form = ways[way]
            key = [("x-api-key", customer.api_key), *FORM.items()]
            content = f"{GRANT}&token=x&{form}"
            response = deployment.request("POST", path, headers + key, content)
            assert response.status_code == 200, (kind, way, response.text)
    assert metadata["grant_types_supported"] == ["client_credentials"]
    assert metadata["response_types_supported"] == []
    for scope in metadata["scopes_supported"]:
        deployment.token(customer, query=f"{GRANT}&scope={scope}")


@pytest.mark.behaviour(
    41, "An issuer with a path cannot be configured, so no client has to guess where its document "
    "is (RFC 8414 section 3)"
)  # fmt: skip
@pytest.mark.parametrize(
    "url",
    ["https://api.example.com/tenant", "https://api.example.com/?a=1", "https://a.example/#x",
     "https://user@api.example.com", "http://api.example.com", "ftp://api.example.com"],
)  # fmt: skip
def test_an_issuer_is_https_and_has_no_path(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingError, match="base_url"):
        load_settings(data_dir=tmp_path, base_url=url)


@pytest.mark.behaviour(
    42, "The well-known segment stands before the path (RFC 9728 section 3.1); each document names "
    "its own resource and no other, and the issuer as its authorization server"
)  # fmt: skip
def test_each_resource_describes_itself(public: Deployment) -> None:
    by_path = public.request("GET", f"{RESOURCE}/profile/v1/graphql")
    host = [("host", "profile.api.example.com")]
    by_host = public.request("GET", f"{RESOURCE}/v1/graphql", host)

    assert by_path.json()["resource"] == "https://api.example.com/profile/v1/graphql"
    assert by_host.json()["resource"] == "https://profile.api.example.com/v1/graphql"
    for document in (by_path.json(), by_host.json()):
        assert document["authorization_servers"] == ["https://api.example.com"]
        assert document["bearer_methods_supported"] == ["header"]
    for path in (f"{RESOURCE}/matching/v1/graphql", f"{RESOURCE}/v1/graphql"):
        assert_call_refused(public.request("GET", path), 404, "NOT_FOUND")
