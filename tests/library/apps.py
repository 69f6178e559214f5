"""ASGI apps to be guarded, and what carries requests to them as a server does."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import httpx2

from support.fakes import CountedDice
from watchword.access.model import ServiceName
from watchword.bootstrap.guarded import build_guard

if TYPE_CHECKING:
    from support.deployment import Customer, Deployment, Headers
    from watchword.web.http import App, Message, Receive, Scope, Send
    from watchword.web.routes import Application

PATIENCE_SECONDS = 20
"""What does not happen by then never does."""


class Recorder:
    """An app that keeps what it was given, and answers it all with one thing."""

    def __init__(self, headers: Headers | None = None) -> None:
        self.scopes: list[Scope] = []
        self.bodies: list[bytes] = []
        self._headers = [(name.encode(), value.encode()) for name, value in headers or []]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        message = await receive()
        self.bodies.append(message["body"])
        await send({"type": "http.response.start", "status": 202, "headers": self._headers})
        await send({"type": "http.response.body", "body": b'{"data": {"orders": []}}'})

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the only request there was."""
        (scope,) = self.scopes
        names = [name for name, _ in scope["headers"]]
        assert len(names) == len(set(names)), "a header came twice"
        return {name.decode(): value.decode() for name, value in scope["headers"]}


class Guarded:
    """An app behind the guard of a deployment, served in this process without a socket."""

    def __init__(self, deployment: Deployment, app: App, service: str = "profile") -> None:
        self._deployment = deployment
        self.application: Application = build_guard(
            app,
            ServiceName(service),
            deployment.settings,
            deployment.clock,
            CountedDice("another process"),
        )
        deployment.run(self.application.startup())
        self._client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.application),
            base_url="http://127.0.0.1:9000",
            verify=False,  # there is no socket
        )

    def close(self) -> None:
        self._deployment.run(self._client.aclose())
        self._deployment.run(self.application.shutdown())

    def request(
        self, method: str, url: str, headers: Headers, content: bytes = b""
    ) -> httpx2.Response:
        encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers]
        return self._deployment.run(
            self._client.request(method, url, headers=encoded, content=content)
        )

    def call(
        self, token: str | None, api_key: str | None, extra: Headers | None = None
    ) -> httpx2.Response:
        headers: Headers = [("content-type", "application/json"), *(extra or [])]
        if token is not None:
            headers.append(("authorization", f"Bearer {token}"))
        if api_key is not None:
            headers.append(("x-api-key", api_key))
        return self.request("POST", "/graphql", headers, b'{"query": "{ info { name } }"}')


class Connection:
    """One call, carried message by message, in the event loop of a deployment.

    Args:
        deployment: Has the event loop; between two of its runs, time stands still.
        app: What is called.
        headers: What is sent to it.
        state: What the server hands on from the lifespan.

    Attributes:
        sent: What the app has sent so far.
    """

    def __init__(
        self,
        deployment: Deployment,
        app: App,
        headers: Headers,
        state: dict[str, Any] | None = None,
    ) -> None:
        self.sent: list[Message] = []
        self._run = deployment.run
        self._came = asyncio.Condition()
        self._given: asyncio.Queue[Message] = asyncio.Queue()
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/graphql",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers],
            "client": ("127.0.0.1", 1),
            "state": state or {},
        }

        async def start() -> asyncio.Task[None]:
            return asyncio.ensure_future(call())

        async def call() -> None:
            await app(scope, self._given.get, self._send)

        self._task = self._run(start())

    async def _send(self, message: Message) -> None:
        async with self._came:
            self.sent.append(message)
            self._came.notify_all()

    def give(self, body: bytes, *, more_body: bool = False) -> None:
        """Have the app receive a piece of the request's body."""
        self._given.put_nowait({"type": "http.request", "body": body, "more_body": more_body})

    def go_away(self) -> None:
        self._given.put_nowait({"type": "http.disconnect"})

    def cancel(self) -> None:
        """Give up, as a server does that has waited long enough to stop."""
        self._task.cancel()

    def wait_for_messages(self, count: int) -> None:
        """Return when the app has sent so many messages more."""
        expected = len(self.sent) + count

        async def wait() -> None:
            async with asyncio.timeout(PATIENCE_SECONDS), self._came:
                await self._came.wait_for(lambda: len(self.sent) >= expected)

        self._run(wait())

    def wait_for_end(self) -> BaseException | None:
        """Return what the app raised in the end, if anything."""

        async def wait() -> BaseException | None:
            async with asyncio.timeout(PATIENCE_SECONDS):
                (outcome,) = await asyncio.gather(self._task, return_exceptions=True)
            return outcome

        return self._run(wait())

    @property
    def is_complete(self) -> bool:
        """Whether the answer was ended properly."""
        return any(
            message["type"] == "http.response.body" and not message.get("more_body")
            for message in self.sent
        )


def credentials(token: str, customer: Customer) -> Headers:
    return [("authorization", f"Bearer {token}"), ("x-api-key", customer.api_key)]


async def start_answer(send: Send, media_type: bytes = b"text/event-stream") -> None:
    headers = [(b"content-type", media_type)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


async def send_body(send: Send, body: bytes = b"data: 1\n\n", *, more_body: bool = True) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more_body})


def without_ids(response: httpx2.Response) -> tuple[int, Any, dict[str, str]]:
    """Return what must be the same of two answers: all but the correlation id."""
    text = response.text.replace(response.headers["x-correlation-id"], "...")
    headers = {**response.headers, "x-correlation-id": "..."}
    return response.status_code, json.loads(text), headers
