"""What is measured: the calls of each case."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from wrk import Call, ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from customers import Credentials, Deployment

# Part of the contract, and so written out.
_TOKEN_PATH: Final = "/oauth2/token"  # noqa: S105 - a path
_INTROSPECTION_PATH: Final = "/oauth2/introspect"
_GRAPHQL_PATH: Final = "/profile/v1/graphql"
_SMALLEST: Final = "{ info { name } }"
_ROLES: Final = "{ items { title startDate { displayDate } organization { organizationName } } }"
_PERSON: Final = (
    "query ($id: String!) { personIdSearch(id: $id) { ... on Person { name "
    f"rolesEmployment {_ROLES} rolesBoard {_ROLES} rolesCommittee {_ROLES} }} }} }}"
)


@dataclass(frozen=True, slots=True)
class Case:
    """Something that is measured.

    Attributes:
        calls: Makes its calls; a token they need is asked of the server on the named port.
    """

    name: str
    title: str
    calls: Callable[[Deployment, int], list[Call]]


def token_call(deployment: Deployment, user: Credentials) -> Call:
    """Return a token request, as clients send it."""
    key = ("x-api-key", deployment.api_key)
    return form_call(_TOKEN_PATH, user, b"grant_type=client_credentials", key)


def introspection_call(deployment: Deployment, port: int) -> Call:
    """Return a question about a live token, asked by the service user that holds it."""
    issued = msgspec.json.decode(ask(port, token_call(deployment, deployment.caller)).body)
    return form_call(
        _INTROSPECTION_PATH, deployment.caller, b"token=" + issued["access_token"].encode()
    )


def form_call(path: str, user: Credentials, form: bytes, *headers: tuple[str, str]) -> Call:
    """Return a form that is sent with a name and a password."""
    basic = b64encode(f"{user.username}:{user.password}".encode()).decode()
    sent = (
        ("Authorization", f"Basic {basic}"),
        *headers,
        ("Content-Type", "application/x-www-form-urlencoded"),
    )
    return Call(path, sent, form)


def _one_user(deployment: Deployment, _port: int) -> list[Call]:
    return [token_call(deployment, deployment.caller)]


def _crowd(deployment: Deployment, _port: int) -> list[Call]:
    return [token_call(deployment, user) for user in deployment.crowd]


def _introspect(deployment: Deployment, port: int) -> list[Call]:
    return [introspection_call(deployment, port)]


def _graphql(deployment: Deployment, port: int, question: dict[str, object]) -> list[Call]:
    issued = msgspec.json.decode(ask(port, token_call(deployment, deployment.caller)).body)
    headers = (
        ("Authorization", f"Bearer {issued['access_token']}"),
        ("x-api-key", deployment.api_key),
        ("Content-Type", "application/json"),
    )
    return [Call(_GRAPHQL_PATH, headers, msgspec.json.encode(question))]


def _info(deployment: Deployment, port: int) -> list[Call]:
    return _graphql(deployment, port, {"query": _SMALLEST})


def _person(deployment: Deployment, port: int) -> list[Call]:
    variables = {"id": deployment.sample_person}
    return _graphql(deployment, port, {"query": _PERSON, "variables": variables})


CASES: Final = (
    Case("token", "token request, durable, one service user", _one_user),
    Case("token-crowd", "token request, durable, many service users in turn", _crowd),
    Case("introspect", "introspection of a live token by its holder", _introspect),
    Case("info", "guard and the smallest query, { info { name } }", _info),
    Case("person", "guard and a person with five roles", _person),
)
