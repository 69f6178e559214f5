"""What is measured: the calls of each case."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from in_process import issue_tokens
from wrk import Call, ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from customers import Credentials, Deployment

# Part of the contract, and so written out.
_TOKEN_PATH: Final = "/oauth2/token"  # noqa: S105 - a path
_INTROSPECTION_PATH: Final = "/oauth2/introspect"
PROFILE_PATH: Final = "/profile/v1/graphql"
_GENERIC_PATH: Final = "/authorize"
_AUTHORIZE_PATH: Final = "/profile/authorize"
SMALLEST: Final[dict[str, object]] = {"query": "{ info { name } }"}
# As nginx sends it, and what most clients add to token and key.
_FORWARDED: Final = (
    ("X-Forwarded-For", "127.0.0.1"),
    ("X-Forwarded-Host", "api.example.com"),
    ("X-Forwarded-Method", "POST"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Uri", PROFILE_PATH),
    ("Connection", "keep-alive"),
)
_USUAL: Final = (
    ("User-Agent", "python-requests/2.32.5"),
    ("Accept", "*/*"),
    ("Accept-Encoding", "gzip, deflate"),
    ("Content-Type", "application/json"),
)
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
        settings: How the server is run, by the names of the settings.
        warm_up_seconds: How long it is asked before the first round.
    """

    name: str
    title: str
    calls: Callable[[Deployment, int], list[Call]]
    settings: tuple[tuple[str, str], ...] = ()
    warm_up_seconds: int = 1


def find_case(name: str) -> Case:
    """Return the case of a name."""
    return next(case for case in CASES if case.name == name)


def token_call(user: Credentials) -> Call:
    """Return a token request, as clients send it."""
    key = ("x-api-key", user.api_key)
    return form_call(_TOKEN_PATH, user, b"grant_type=client_credentials", key)


def introspection_call(deployment: Deployment, port: int) -> Call:
    """Return a question about a live token, asked by the service user that holds it."""
    token = ask_token(deployment.caller, port)
    return form_call(_INTROSPECTION_PATH, deployment.caller, b"token=" + token.encode())


def ask_token(user: Credentials, port: int) -> str:
    """Return a new token of a service user."""
    token: str = msgspec.json.decode(ask(port, token_call(user)).body)["access_token"]
    return token


def graphql_call(token: str, user: Credentials, path: str, question: dict[str, object]) -> Call:
    """Return a call to a GraphQL service, as clients send it."""
    headers = (*_credentials(token, user), *_USUAL)
    return Call(path, headers, msgspec.json.encode(question))


def authorize_call(token: str, user: Credentials, path: str = _AUTHORIZE_PATH) -> Call:
    """Return what a proxy asks about a call, with the caller's headers and its own."""
    return Call(path, (*_FORWARDED, *_credentials(token, user), *_USUAL), b"", "GET")


def person_question(deployment: Deployment) -> dict[str, object]:
    """Return the question for a person with five roles."""
    return {"query": _PERSON, "variables": {"id": deployment.sample_person}}


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
    return [token_call(deployment.caller)]


def _crowd(deployment: Deployment, _port: int) -> list[Call]:
    return [token_call(user) for user in deployment.crowd]


def _introspect(deployment: Deployment, port: int) -> list[Call]:
    return [introspection_call(deployment, port)]


def _info(deployment: Deployment, port: int) -> list[Call]:
    return _graphql(deployment, port, SMALLEST)


def _person(deployment: Deployment, port: int) -> list[Call]:
    return _graphql(deployment, port, person_question(deployment))


def _graphql(deployment: Deployment, port: int, question: dict[str, object]) -> list[Call]:
    caller = deployment.caller
    return [graphql_call(ask_token(caller, port), caller, PROFILE_PATH, question)]


def _authorize(deployment: Deployment, port: int) -> list[Call]:
    return [authorize_call(ask_token(deployment.caller, port), deployment.caller)]


def _authorize_generic(deployment: Deployment, port: int) -> list[Call]:
    token = ask_token(deployment.caller, port)
    return [authorize_call(token, deployment.caller, _GENERIC_PATH)]


def _authorize_crowd(deployment: Deployment, _port: int) -> list[Call]:
    """Return a question about a call of each of the crowd, with a new token."""
    crowd = deployment.crowd
    tokens = issue_tokens(deployment.settings, crowd)
    return [authorize_call(token, user) for token, user in zip(tokens, crowd, strict=True)]


def _credentials(token: str, user: Credentials) -> tuple[tuple[str, str], ...]:
    return ("Authorization", f"Bearer {token}"), ("x-api-key", user.api_key)


CASES: Final = (
    Case("token", "token request, durable, one service user", _one_user),
    Case("token-crowd", "token request, durable, many service users in turn", _crowd),
    Case("introspect", "introspection of a live token by its holder", _introspect),
    Case("info", "guard and the smallest query, { info { name } }", _info),
    Case("person", "guard and a person with five roles", _person),
    Case("authorize", "/profile/authorize, one caller", _authorize),
    Case(
        "authorize-crowd",
        "/profile/authorize, many callers in turn",
        _authorize_crowd,
        warm_up_seconds=5,  # each signature is verified once, and a hundred buckets begin small
    ),
    Case(
        "authorize-generic",
        "/authorize, the service told from X-Forwarded-Uri, one caller",
        _authorize_generic,
        settings=(("trusted_proxies", "127.0.0.1"),),
    ),
)
