"""curl and Python's OAuth clients, as their packages come, use the server unadapted."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from authlib.integrations.requests_client import OAuth2Session
from httpx_auth import OAuth2

from clients.programs import CLIENTS, Client, Program
from clients.recording import recording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clients.conftest import Served
    from support.customers import RemoteCustomer

    Start = Callable[..., Program]

_INFO = {"info": {"name": "profile"}}


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> Client:
    return CLIENTS[request.param]


@pytest.fixture(params=["plain", "odd"])
def user(request: pytest.FixtureRequest, users: dict[str, RemoteCustomer]) -> RemoteCustomer:
    return users[request.param]


@pytest.fixture
def start(served: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts programs, and ends them after the test."""
    # oauthlib's own switch for plain HTTP, as on loopback.
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with ExitStack() as running:

        def enter(client: Client, user: RemoteCustomer, url: str = served.url) -> Program:
            given = (url, user.api_key, user.username, user.password)
            return running.enter_context(client.start(*given))

        yield enter


def test_a_client_gets_a_bearer_token_of_eight_hours(
    client: Client, user: RemoteCustomer, start: Start
) -> None:
    token = start(client, user).token

    assert (token["token_type"], token["expires_in"]) == ("Bearer", 28_800)


def test_a_service_accepts_the_token_of_a_client(
    client: Client, user: RemoteCustomer, start: Start
) -> None:
    program = start(client, user)

    answer = program.ask()

    assert (answer.status_code, answer.json()["data"]) == (200, _INFO)


def test_a_wrong_password_is_the_clients_own_error(
    client: Client, user: RemoteCustomer, start: Start
) -> None:
    stranger = replace(user, password="wrong")

    with pytest.raises(client.refusal) as caught:
        start(client, stranger)

    assert client.code_of(caught.value) == "invalid_client"


def test_a_second_program_of_the_same_user_ends_the_token_of_the_first(
    client: Client, user: RemoteCustomer, start: Start
) -> None:
    first = start(client, user)

    second = start(client, user)

    refused = first.ask()
    assert refused.status_code == 401
    assert refused.json()["errors"][0]["extensions"]["code"] == "TOKEN_SUPERSEDED"
    assert second.ask().status_code == 200


def test_a_client_sends_the_name_raw_unless_it_stands_in_the_body(
    client: Client, users: dict[str, RemoteCustomer], start: Start
) -> None:
    user = users["odd"]

    with recording() as recorder, pytest.raises(client.refusal):
        start(client, user, recorder.url)

    expected = None if client is CLIENTS["Authlib, secret in the body"] else user.username
    assert recorder.names == [expected]


def test_httpx_auth_asks_for_a_new_token_when_its_cache_is_emptied(
    users: dict[str, RemoteCustomer], start: Start
) -> None:
    client, user = CLIENTS["httpx_auth"], users["odd"]
    first = start(client, user)
    start(client, user)
    refused = first.ask()

    OAuth2.token_cache.clear()

    assert refused.status_code == 401
    assert first.ask().status_code == 200


def test_authlib_introspects_and_revokes_a_token(
    served: Served, users: dict[str, RemoteCustomer]
) -> None:
    user = users["odd"]
    introspection, revocation = f"{served.url}/oauth2/introspect", f"{served.url}/oauth2/revoke"
    with OAuth2Session(user.username, user.password) as session:
        session.headers["x-api-key"] = user.api_key
        session.fetch_token(f"{served.url}/oauth2/token", grant_type="client_credentials")
        token = session.token["access_token"]
        live = session.introspect_token(introspection, token=token).json()

        revoked = session.revoke_token(revocation, token=token)  # type: ignore[no-untyped-call]  # nor do its stubs type it

        ended = session.introspect_token(introspection, token=token).json()
    assert (live["active"], live["client_id"]) == (True, user.username)
    assert revoked.status_code == 200
    assert ended == {"active": False}
