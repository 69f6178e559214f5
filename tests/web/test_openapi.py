"""The OpenAPI document says what the endpoints do, and is made from what they do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from support.operators import AdminClient, add_operator
from watchword import __version__
from watchword.web.admin.table import ADMIN_PREFIX, OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.deployment import Customer, Deployment

METHODS = {"get", "put", "patch", "post", "delete"}
METHODS = {"get", "put", "patch", "post", "delete"}


@pytest.fixture
def document(deployment: Deployment) -> dict[str, Any]:
    return dict(deployment.request("GET", "/openapi.json").json())


NOT_ALWAYS = {"TokenAnswer": {"scope"}}
"""Members that an answer has only where they say something."""


def operations_of(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the described operations by `METHOD path`."""
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def references_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for member in value.values():
            yield from references_in(member)
    elif isinstance(value, list):
        for item in value:
            yield from references_in(item)


def resolve(document: dict[str, Any], reference: str) -> Any:
    found: Any = document
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return found


def test_the_document_is_open_to_all_and_may_be_kept(deployment: Deployment) -> None:
    response = deployment.request("GET", "/openapi.json")

    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"].startswith("public, max-age=")
    assert response.json()["openapi"].startswith("3.1.")
    assert response.json()["info"]["version"] == __version__
    assert response.json()["servers"] == [{"url": deployment.settings.public_url}]


def test_it_describes_every_operation_and_nothing_else(document: dict[str, Any]) -> None:
    admin = {f"{operation.method} {ADMIN_PREFIX}{operation.path}" for operation in OPERATIONS}
    tokens = {f"POST /oauth2/{name}" for name in ("token", "revoke", "introspect")}

    assert set(operations_of(document)) == admin | tokens


def test_every_operation_has_a_name_of_its_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for operation in operations_of(document).values()]

    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z_]+", name) for name in names)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = list(references_in(document))

    assert len(references) > 100
    assert all(resolve(document, reference) for reference in references)


def test_every_place_of_a_path_is_described(document: dict[str, Any]) -> None:
    for name, operation in operations_of(document).items():
        described = [
            item["name"] for item in operation.get("parameters", []) if item["in"] == "path"
        ]
        assert described == re.findall(r"\{(\w+)\}", name)


def test_every_operation_says_what_opens_it(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    operations = operations_of(document)

    assert set(schemes) == {"basic", "apiKey", "operator"}
    assert operations["POST /oauth2/token"]["security"] == [
        {"basic": [], "apiKey": []},
        {"apiKey": []},
    ]
    assert {"operator": []} in operations["POST /oauth2/introspect"]["security"]
    assert all(
        operation["security"] == [{"operator": []}]
        for name, operation in operations.items()
        if ADMIN_PREFIX in name
    )


@pytest.mark.parametrize(
    ("operation", "statuses"),
    [
        ("POST /oauth2/token", "200 400 401 408 413 429 503"),
        ("POST /oauth2/revoke", "200 400 401 408 413 429 503"),
        ("POST /oauth2/introspect", "200 400 401 408 413 429 503"),
        ("GET /admin/v1/accounts", "200 400 401 429 503"),
        ("GET /admin/v1/accounts/{account}", "200 400 401 404 429 503"),
        ("POST /admin/v1/accounts", "201 400 401 404 408 409 413 415 422 429 503"),
        ("POST /admin/v1/keys/{key_id}/rotate", "201 400 401 404 408 409 413 415 429 503"),
    ],
)
def test_it_declares_every_status_that_is_given(
    document: dict[str, Any], operation: str, statuses: str
) -> None:
    assert sorted(operations_of(document)[operation]["responses"]) == statuses.split()


def test_a_refusal_is_declared_with_its_codes_headers_and_schema(
    document: dict[str, Any],
) -> None:
    responses = operations_of(document)["GET /admin/v1/accounts"]["responses"]

    refused = resolve(document, responses["401"]["$ref"])
    waiting = resolve(document, responses["429"]["$ref"])

    assert refused["description"] == "Unauthorized: unauthorized"
    assert set(refused["headers"]) == {"x-correlation-id", "www-authenticate", "cache-control"}
    assert set(waiting["headers"]) == {"x-correlation-id", "retry-after", "cache-control"}
    assert refused["content"] == {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
    }


def test_the_declared_members_are_those_of_the_answers(
    deployment: Deployment, document: dict[str, Any], customer: Customer
) -> None:
    admin = AdminClient(deployment, add_operator(deployment, "alice"))
    answers = {
        "Account": admin.get(f"/accounts/{customer.account}"),
        "ServiceUser": admin.get(f"/users/{customer.username}"),
        "ServiceUserWithPassword": admin.post(f"/users/{customer.username}/rotate-password"),
        "ApiKey": admin.get(f"/keys/{customer.key_id}"),
        "ApiKeyWithSecret": admin.post(f"/keys/{customer.key_id}/rotate"),
        "Plan": admin.get("/plans/preview"),
        "Service": admin.get("/services/profile"),
        "AuditPage": admin.get("/audit"),
        "SigningKeys": admin.get("/signing-keys"),
        "Problem": admin.get("/nope"),
        "TokenAnswer": deployment.request_token(customer),
        "OAuthError": deployment.request_token(customer, query=""),
    }

    for name, response in answers.items():
        schema = document["components"]["schemas"][name]
        members = set(response.json())
        assert members == set(schema["required"]), name
        assert members | NOT_ALWAYS.get(name, set()) == set(schema["properties"]), name
        assert schema["additionalProperties"] is False


def test_names_are_described_by_the_pattern_that_the_rules_read(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]

    username = re.compile(schemas["NewServiceUser"]["properties"]["username"]["pattern"])
    account = re.compile(schemas["NewAccount"]["properties"]["account"]["pattern"])

    assert username.search("svc_Acme.1@x~-")
    assert not username.search("svc+acme")
    assert account.search("acme-1")
    assert not account.search("Acme")
