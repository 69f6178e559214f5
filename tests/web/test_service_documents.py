"""Metadata, keys and health: what software looks up before it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.deployment import code_of
from watchword.access.errors import StoreUnavailable
from watchword.web.peers import Peers
from watchword.web.routes import Application

if TYPE_CHECKING:
    from support.deployment import Customer, Deployment


@pytest.mark.behaviour(28, "The JWKS has no private member")
def test_the_jwks_holds_public_members_only(deployment: Deployment) -> None:
    response = deployment.request("GET", "/.well-known/jwks.json")

    (key,) = response.json()["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert key["alg"] == "ES256"


def test_the_metadata_names_the_issuer_and_what_is_served(deployment: Deployment) -> None:
    metadata = deployment.request("GET", "/.well-known/oauth-authorization-server").json()

    assert metadata["issuer"] == deployment.settings.public_url
    assert metadata["token_endpoint"] == "http://127.0.0.1:8080/oauth2/token"
    assert metadata["grant_types_supported"] == ["client_credentials"]
    assert set(metadata["scopes_supported"]) == {"events", "profile"}


@pytest.mark.behaviour(
    29,
    "The challenge's `resource_metadata` leads to the resource's metadata (RFC 9728 section 5.1)",
)
@pytest.mark.behaviour(
    42,
    "`resource` is the URL that was asked, by path and on the service's host (RFC 9728 "
    "section 3.3)",
)
@pytest.mark.parametrize(
    ("url", "resource"),
    [
        ("/profile/v1/graphql", "http://127.0.0.1:8080/profile/v1/graphql"),
        ("/v1/graphql", "http://profile.localhost:8080/v1/graphql"),
    ],
)
def test_a_challenge_leads_to_the_metadata_of_the_resource_asked(
    deployment: Deployment, customer: Customer, url: str, resource: str
) -> None:
    host = [("host", resource.split("/")[2])]
    refused = deployment.call(None, customer.api_key, url=url, extra=host)
    where = refused.headers["www-authenticate"].split('resource_metadata="')[1].rstrip('"')
    assert where.startswith("http://" + host[0][1])

    metadata = deployment.request("GET", "/" + where.split("/", 3)[3], host)

    assert metadata.status_code == 200
    assert metadata.json()["resource"] == resource


def test_the_server_as_a_whole_is_described_too(deployment: Deployment) -> None:
    metadata = deployment.request("GET", "/.well-known/oauth-protected-resource").json()

    assert metadata["resource"] == metadata["authorization_servers"][0]
    assert metadata["scopes_supported"] == ["profile", "events"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/.well-known/jwks.json"])
def test_documents_answer_get_and_head_alone(deployment: Deployment, path: str) -> None:
    got, head = deployment.request("GET", path), deployment.request("HEAD", path)
    posted = deployment.request("POST", path)

    assert (got.status_code, head.status_code) == (200, 200)
    assert head.content == b""
    assert (posted.status_code, code_of(posted)) == (405, "METHOD_NOT_ALLOWED")


@pytest.mark.behaviour(
    37,
    "A store that does not answer is 503 with `Retry-After`, for calls and token requests",
)
def test_a_store_that_does_not_answer_is_503_and_never_a_yes(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)
    deployment.run(deployment.application.shutdown())

    call = deployment.call(token, customer.api_key)
    asked = deployment.request_token(customer)
    ready = deployment.request("GET", "/readyz")
    alive = deployment.request("GET", "/healthz")

    assert (call.status_code, code_of(call)) == (503, "STORE_UNAVAILABLE")
    assert call.headers["retry-after"] == "1"
    assert asked.status_code == 503
    assert asked.json()["error"] == "temporarily_unavailable"
    assert asked.headers["retry-after"] == "1"
    assert ready.status_code == 503
    assert alive.status_code == 200


def test_a_server_that_cannot_start_says_so_to_its_supervisor() -> None:
    async def fail() -> None:
        raise StoreUnavailable("no disk")

    sent: list[str] = []

    async def receive() -> dict[str, str]:
        return {"type": "lifespan.startup"}

    async def send(message: object) -> None:
        sent.append(str(message))

    application = Application(fail, correlation_prefix="", peers=Peers())  # type: ignore[arg-type]
    coroutine = application({"type": "lifespan"}, receive, send)

    with pytest.raises(StoreUnavailable):
        coroutine.send(None)
    assert "lifespan.startup.failed" in sent[0]
