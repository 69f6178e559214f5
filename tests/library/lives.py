"""Lives of a server: how it starts and stops an app, and apps that mind it or do not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from library.apps import PATIENCE_SECONDS, Recorder

if TYPE_CHECKING:
    from watchword.web.http import App, Message, Receive, Scope, Send

STARTUP = {"type": "lifespan.startup"}
SHUTDOWN = {"type": "lifespan.shutdown"}


class Openings:
    """How often a store was opened and closed."""

    def __init__(self) -> None:
        self.has_begun = asyncio.Event()
        self.opened = 0
        self.closed = 0

    @property
    def open_now(self) -> int:
        return self.opened - self.closed


class Life:
    """A server's lifespan with an app, from the start to the end."""

    def __init__(self, app: App) -> None:
        self.said: list[Message] = []
        self._given: asyncio.Queue[Message] = asyncio.Queue()
        self._came = asyncio.Condition()
        self._task = asyncio.ensure_future(self._run(app))

    async def _run(self, app: App) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
        try:
            await app(scope, self._given.get, self._hear)
        finally:
            async with self._came:
                self._came.notify_all()

    async def _hear(self, message: Message) -> None:
        async with self._came:
            self.said.append(message)
            self._came.notify_all()

    async def tell(self, message: Message) -> str:
        """Tell the app something, and return what it says to it."""
        count = len(self.said)
        self._given.put_nowait(message)
        async with asyncio.timeout(PATIENCE_SECONDS), self._came:
            await self._came.wait_for(lambda: len(self.said) > count or self._task.done())
        return str(self.said[-1]["type"])

    async def end(self) -> BaseException | None:
        """Return what the app raised in the end, if anything."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            (outcome,) = await asyncio.gather(self._task, return_exceptions=True)
        return outcome


class Starlike:
    """An app with a lifespan of its own, as Starlette's.

    Attributes:
        lived: What it did.
    """

    def __init__(self, openings: Openings, *, fails: bool = False) -> None:
        self.lived: list[str] = []
        self._openings = openings
        self._fails = fails

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "lifespan"
        assert await receive() == STARTUP
        self.lived.append(f"started with {self._openings.open_now} open")
        if self._fails:
            await send({"type": "lifespan.startup.failed", "message": "no database"})
            raise ZeroDivisionError
        scope["state"]["pool"] = "the app's"
        await send({"type": "lifespan.startup.complete"})
        assert await receive() == SHUTDOWN
        self.lived.append(f"stopped with {self._openings.open_now} open")
        await send({"type": "lifespan.shutdown.complete"})


async def refuse_lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        raise ValueError("Unknown scope type: 'lifespan'")
    await Recorder()(scope, receive, send)


async def return_at_once(scope: Scope, receive: Receive, send: Send) -> None:
    del scope, receive, send


async def listen_and_fail(scope: Scope, receive: Receive, send: Send) -> None:
    del scope, send
    await receive()
    raise KeyError("method")
