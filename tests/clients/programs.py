"""Programs as the documentation of each client writes them: get a token, then ask a service."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import httpx
import httpx_auth
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.integrations.requests_client import OAuth2Session
from httpx_auth import OAuth2ClientCredentials
from oauthlib.oauth2 import BackendApplicationClient, InvalidClientError
from requests_oauthlib import OAuth2Session as OAuthlibSession

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextlib import AbstractContextManager

QUESTION = {"query": "{ info { name } }"}
SECONDS = 30


class Answer(Protocol):
    """What a service answered, in the words that the clients share."""

    @property
    def status_code(self) -> int: ...

    def json(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Program:
    """A program that has its token.

    Attributes:
        token: The token endpoint's answer, as the client tells it.
        ask: Asks the service with that token.
    """

    token: dict[str, Any]
    ask: Callable[[], Answer]


@dataclass(frozen=True, slots=True)
class Client:
    """A client under test.

    Attributes:
        start: Starts a program with URL, API key, user name and password.
        refusal: What the client raises when the token endpoint refuses.
        code_of: Reads the OAuth error code of that.
    """

    start: Callable[[str, str, str, str], AbstractContextManager[Program]]
    refusal: type[Exception]
    code_of: Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Printed:
    """What curl printed: a body and, on a line of its own, the status."""

    text: str

    @property
    def status_code(self) -> int:
        return int(self.text.rpartition("\n")[2])

    def json(self) -> Any:
        return json.loads(self.text.rpartition("\n")[0])


@contextmanager
def curl(url: str, key: str, user: str, password: str) -> Generator[Program]:
    token = _run_curl(
        *("-X", "POST", "-u", f"{user}:{password}", "-H", f"x-api-key: {key}"),
        *("--fail-with-body", f"{url}/oauth2/token?grant_type=client_credentials"),
    ).json()
    yield Program(
        token,
        lambda: _run_curl(
            *("--oauth2-bearer", token["access_token"], "-H", f"x-api-key: {key}"),
            *("-H", "content-type: application/json", "-d", json.dumps(QUESTION)),
            f"{url}/profile/v1/graphql",
        ),
    )


@contextmanager
def authlib_requests(url: str, key: str, user: str, password: str) -> Generator[Program]:
    with OAuth2Session(user, password, token_endpoint=f"{url}/oauth2/token") as session:
        session.headers["x-api-key"] = key
        token = session.fetch_token(grant_type="client_credentials")
        yield Program(token, lambda: session.post(f"{url}/profile/v1/graphql", json=QUESTION))


@contextmanager
def authlib_body(url: str, key: str, user: str, password: str) -> Generator[Program]:
    method = "client_secret_post"
    with OAuth2Session(user, password, token_endpoint_auth_method=method) as session:
        session.headers["x-api-key"] = key
        token = session.fetch_token(f"{url}/oauth2/token", grant_type="client_credentials")
        yield Program(token, lambda: session.post(f"{url}/profile/v1/graphql", json=QUESTION))


@contextmanager
def authlib_httpx(url: str, key: str, user: str, password: str) -> Generator[Program]:
    with OAuth2Client(user, password, headers={"x-api-key": key}) as client:
        token = client.fetch_token(f"{url}/oauth2/token", grant_type="client_credentials")
        yield Program(token, lambda: client.post(f"{url}/profile/v1/graphql", json=QUESTION))


@contextmanager
def requests_oauthlib(url: str, key: str, user: str, password: str) -> Generator[Program]:
    with OAuthlibSession(client=BackendApplicationClient(client_id=user)) as session:
        session.headers["x-api-key"] = key
        token = session.fetch_token(f"{url}/oauth2/token", client_secret=password)
        yield Program(token, lambda: session.post(f"{url}/profile/v1/graphql", json=QUESTION))


@contextmanager
def httpx_with_auth(url: str, key: str, user: str, password: str) -> Generator[Program]:
    with httpx.Client(headers={"x-api-key": key}) as client:
        auth = OAuth2ClientCredentials(f"{url}/oauth2/token", user, password, client=client)
        yield _keep_apart(auth, client, key, f"{url}/profile/v1/graphql")


def _keep_apart(
    auth: OAuth2ClientCredentials, client: httpx.Client, key: str, service: str
) -> Program:
    """Give a program of httpx_auth a token cache of its own; in one process they share one."""
    answers: list[dict[str, Any]] = []
    cache = httpx_auth.TokenMemoryCache()  # type: ignore[no-untyped-call]  # its __init__ has no types

    def note(response: httpx.Response) -> None:
        response.read()
        answers.append(response.json())

    def ask() -> httpx.Response:
        httpx_auth.OAuth2.token_cache = cache
        return httpx.post(service, auth=auth, headers={"x-api-key": key}, json=QUESTION)

    client.event_hooks = {"response": [note]}
    ask()
    return Program(answers[0], ask)


def _run_curl(*arguments: str) -> Printed:
    command = ("curl", "-sS", "--max-time", str(SECONDS), "-w", "\n%{http_code}", *arguments)
    return Printed(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _code_in_text(refusal: Exception) -> str:
    return str(refusal).partition(":")[0]


def _code_printed(refusal: subprocess.CalledProcessError) -> str:
    assert refusal.returncode == 22, refusal  # "the server returns an error that is >= 400"
    return str(Printed(refusal.stdout).json()["error"])


def _code_kept(refusal: OAuthError | InvalidClientError) -> str:
    return str(refusal.error)


CLIENTS = {
    "curl": Client(curl, subprocess.CalledProcessError, _code_printed),
    "Authlib with requests": Client(authlib_requests, OAuthError, _code_kept),
    "Authlib, secret in the body": Client(authlib_body, OAuthError, _code_kept),
    "Authlib with httpx": Client(authlib_httpx, OAuthError, _code_kept),
    "requests-oauthlib": Client(requests_oauthlib, InvalidClientError, _code_kept),
    "httpx_auth": Client(httpx_with_auth, httpx_auth.InvalidGrantRequest, _code_in_text),
}
