"""A whole deployment in this process: real SQLite, real rules, the clock stopped."""

from __future__ import annotations

import asyncio
import base64
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import httpx2

from support.fakes import CountedDice, StoppedClock
from watchword.access.audit import By
from watchword.access.errors import AlreadyExists
from watchword.access.model import DocumentLimits, Limit
from watchword.bootstrap.server import build_application
from watchword.bootstrap.services import build_services
from watchword.deployment import initialise, open_deployment
from watchword.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from watchword.access.ports import Store
    from watchword.access.registration import Registry
    from watchword.web.routes import Application

T = TypeVar("T")
OPERATOR = By("cli:tester")
ROOMY = "roomy"
"""A plan that is in nobody's way, and lets clients ask for the schema."""
IN_NOBODYS_WAY = Limit(rate=1_000_000, burst=1_000_000, quota=None)
Headers = list[tuple[str, str]]

BASE_URL = "http://127.0.0.1:8080"
GRANT = "grant_type=client_credentials"


@dataclass(frozen=True, slots=True)
class Customer:
    """An account with one service user and one API key."""

    account: str
    username: str
    password: str
    api_key: str
    key_id: str


def basic(username: str, password: str) -> str:
    """Return a Basic header's value, encoded raw as curl does."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


class Deployment:
    """A deployment in a folder, served in this process without a socket."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.clock = StoppedClock()
        self.dice = CountedDice()
        self.settings = load_settings(data_dir=folder, **settings)
        self._runner = asyncio.Runner()
        services = build_services(self.settings, self.clock)
        self.run(initialise(self.settings, services, self.clock, self.dice, OPERATOR))
        self.application: Application = build_application(self.settings, self.clock, self.dice)
        self.run(self.application.startup())
        self._client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.application),
            base_url=BASE_URL,
            verify=False,  # there is no socket
        )

    def run(self, awaitable: Awaitable[T]) -> T:
        async def wait() -> T:
            return await awaitable

        return self._runner.run(wait())

    def close(self) -> None:
        self.run(self._client.aclose())
        self.run(self.application.shutdown())
        self._runner.close()

    def operate(self, question: Callable[[Registry], Awaitable[T]]) -> T:
        """Do what an operator does, through a store of its own as the CLI has."""

        async def carry_out() -> T:
            async with open_deployment(self.settings, self.clock) as opened:
                return await question(opened.registry(self.clock, self.dice, OPERATOR))

        return self.run(carry_out())

    def ask_store(self, question: Callable[[Store], Awaitable[T]]) -> T:
        """Ask the store what nobody is told otherwise."""

        async def ask() -> T:
            async with open_deployment(self.settings, self.clock) as opened:
                return await question(opened.store)

        return self.run(ask())

    def make_customer(
        self, account: str = "acme", username: str = "svc-acme", plan: str = ROOMY
    ) -> Customer:
        async def make(registry: Registry) -> Customer:
            with suppress(AlreadyExists):
                documents = DocumentLimits(introspection=True)
                await registry.add_plan(ROOMY, {"profile": IN_NOBODYS_WAY}, documents)
            await registry.add_account(account, account.title(), ["profile"])
            user = await registry.add_service_user(account, username)
            key = await registry.add_api_key(account, plan, "", None)
            return Customer(account, username, user.password, key.key, key.record.id)

        return self.operate(make)

    def request(
        self, method: str, url: str, headers: Headers | None = None, content: bytes | str = b""
    ) -> httpx2.Response:
        encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers or []]
        # One client serves all who call: what one was given to keep is nobody else's.
        self._client.cookies.clear()
        return self.run(self._client.request(method, url, headers=encoded, content=content))

    def request_token(
        self,
        customer: Customer,
        *,
        query: str = GRANT,
        headers: Mapping[str, str | None] | None = None,
        extra: Headers | None = None,
        content: bytes | str = b"",
        method: str = "POST",
    ) -> httpx2.Response:
        """Ask for a token; `headers` replaces the usual ones, or drops them with None."""
        usual: dict[str, str | None] = {
            "x-api-key": customer.api_key,
            "authorization": basic(customer.username, customer.password),
        }
        sent = {**usual, **(headers or {})}
        listed = [(name, value) for name, value in sent.items() if value is not None]
        url = "/oauth2/token" + (f"?{query}" if query else "")
        return self.request(method, url, listed + (extra or []), content)

    def token(self, customer: Customer, **overrides: Any) -> str:
        response = self.request_token(customer, **overrides)
        assert response.status_code == 200, response.text
        return str(response.json()["access_token"])

    def call(
        self,
        token: str | None,
        api_key: str | None,
        *,
        url: str = "/profile/v1/graphql",
        query: str = "{ info { name } }",
        extra: Headers | None = None,
        content: bytes | str | None = None,
        content_type: str | None = "application/json",
        method: str = "POST",
    ) -> httpx2.Response:
        """Call a service with a token and a key."""
        headers: Headers = [] if content_type is None else [("content-type", content_type)]
        if token is not None:
            headers.append(("authorization", f"Bearer {token}"))
        if api_key is not None:
            headers.append(("x-api-key", api_key))
        body = content if content is not None else f'{{"query": "{query}"}}'
        return self.request(method, url, headers + (extra or []), body)


def code_of(response: httpx2.Response) -> str:
    """Return the GraphQL error code of a refused call."""
    return str(response.json()["errors"][0]["extensions"]["code"])
