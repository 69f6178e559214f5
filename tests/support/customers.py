"""A customer of a real server process: asks for tokens and calls, over real sockets."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2

from support.commands import operate
from support.pages import get_csrf

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 30
OWN_PAGE = {"sec-fetch-site": "same-origin"}
_IDLE_SECONDS = 1


@dataclass(frozen=True, slots=True)
class RemoteCustomer:
    """The credentials of a service user of a running server."""

    username: str
    password: str
    api_key: str

    def ask(self, client: httpx2.Client) -> httpx2.Response:
        """Ask for a token."""
        return client.post(
            "/oauth2/token?grant_type=client_credentials",
            auth=(self.username, self.password),
            headers={"x-api-key": self.api_key},
        )

    def token(self, client: httpx2.Client) -> str:
        response = self.ask(client)
        assert response.status_code == 200, response.text
        return str(response.json()["access_token"])

    def sign_in(self, client: httpx2.Client) -> None:
        """Sign in to the portal; the client keeps the cookie, as a browser does."""
        page = client.get("/sign-in", headers={"accept": "text/html"})
        form = {"csrf": get_csrf(page.text), "username": self.username, "password": self.password}
        answered = client.post("/sign-in", data=form, headers=OWN_PAGE)
        assert answered.status_code == 303, answered.text

    def call(
        self,
        client: httpx2.Client,
        token: str,
        query: str = "{ info { name } }",
        service: str = "profile",
        **members: object,
    ) -> httpx2.Response:
        """Call a service.

        Args:
            client: Reaches it.
            token: The access token.
            query: The document; "" for none.
            service: Which.
            members: Those of the request beside it.
        """
        asked = {"query": query, **members} if query else members
        return client.post(
            f"/{service}/v1/graphql",
            json=asked,
            headers={"x-api-key": self.api_key, "authorization": f"Bearer {token}"},
        )


def make_deployment(folder: Path, services: tuple[str, ...] = ("profile",)) -> RemoteCustomer:
    """Make a data directory and a customer with the CLI, as an operator does."""
    where = ("--data-dir", str(folder))
    entitled = (part for service in services for part in ("--service", service))
    operate("init", *where)
    operate("account", "add", "acme", *entitled, *where)
    user = operate("user", "add", "svc-acme", "--account", "acme", *where)
    # The usual plan is for a first look, and in the way of many calls.
    operate("plan", "add", "roomy", *where)
    limit = ("--rate", "1000000", "--burst", "1000000")
    for service in services:
        operate("plan", "set", "roomy", service, *limit, *where)
    key = operate("key", "add", "--account", "acme", "--plan", "roomy", *where)
    return RemoteCustomer("svc-acme", user["password"], key["api_key"])


def connect(url: str, connections: int = 1) -> httpx2.Client:
    """Return a client that gives an idle connection up long before the server does.

    Servers close them after five seconds, and httpx keeps them as long: on a machine under load, a
    question that follows a pause would meet a connection that is just being closed.
    """
    limits = httpx2.Limits(
        max_connections=connections,
        max_keepalive_connections=connections,
        keepalive_expiry=_IDLE_SECONDS,
    )
    # Nothing is encrypted on loopback, and reading the certificates takes 30 ms each time.
    return httpx2.Client(base_url=url, timeout=SECONDS, limits=limits, verify=False)


def generation_of(token: str) -> int:
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return int(claims["gen"])
