"""`watchword.Guard`: the guard in front of an ASGI app, in the app's own process.

Owns when the data directory is opened and closed. What is judged, and how, is the server's.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from watchword.access.errors import StoreUnavailable, WatchwordError
from watchword.access.model import ServiceName
from watchword.bootstrap.guarded import build_guard
from watchword.logs import tell_refusals_once
from watchword.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from watchword.web.http import App, Message, Receive, Scope, Send

_log: Final = logging.getLogger("watchword.middleware")
_POLICY_VIOLATION: Final = 1008
"""Why a WebSocket is closed (RFC 6455 section 7.4.1)."""


class Guard:
    """Lets an ASGI app answer only calls that `watchword serve` would admit.

    Every HTTP request needs a live token and an API key, and counts against the plan of the key,
    as at the GraphQL endpoints of the server: the same order, the same refusals, the same
    `RateLimit` headers. The data directory is the server's own, on the same machine. So what the
    server or a command changes holds from the next request on, and plans are counted together.

    The app gets the request without `Authorization`, `x-api-key` and whatever the caller sent as
    `x-watchword-*`, but with who calls: in the headers `x-watchword-user`, `-account`, `-key-id`,
    `-plan`, `-scopes`, `-token-id` and `-api`, and as an `Admission` in
    `scope["state"]["watchword"]`. That is None, and the headers are empty, in a preflight request
    that the service lets pass.

    An answer that lasts, as an event stream, is looked at every half second. It breaks off, and
    the app is cancelled, when its caller would not be admitted any more. WebSockets are refused
    with 403: one connection could ask any number of questions, and count as one.

    The data directory is opened when the server starts, or at the first request where it runs no
    lifespan. If it cannot be, the server does not start; or the request is answered with 503,
    the log has the reason, and the next request tries again.

    Args:
        app: Any ASGI app.
        service: The service that the app is, as it is registered: `watchword service add`.
        data_dir: The folder that `watchword init` made. Left out: `WATCHWORD_DATA_DIR`, or
            `watchword-data` in the current folder. Its user has to be the server's.
        base_url: The URL under which callers reach `watchword serve`; refusals name it. Left out,
            as the next two: from `WATCHWORD_<NAME>`, or from `watchword.toml` in the folder.
        accept_bare_token: Take `Authorization: <token>` without `Bearer`.
        trusted_proxies: Addresses or networks of the proxies in front, with commas between. Their
            `X-Forwarded-For` is believed when the log says who was refused.

    Raises:
        SettingError: If a setting cannot be used.

    Example:
        ```python
        from watchword import Guard

        app = Guard(GraphQL(schema), service="orders", data_dir="/srv/watchword")
        ```
    """

    def __init__(
        self,
        app: App,
        *,
        service: str,
        data_dir: str | Path | None = None,
        base_url: str | None = None,
        accept_bare_token: bool | None = None,
        trusted_proxies: str | None = None,
    ) -> None:
        settings = load_settings(
            data_dir=data_dir,
            base_url=base_url,
            accept_bare_token=accept_bare_token,
            trusted_proxies=trusted_proxies,
        )
        self._app = app
        self._gate = build_guard(app, ServiceName(service), settings)
        self._opening: asyncio.Task[None] | None = None
        tell_refusals_once()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the lifespan."""
        kind = scope["type"]
        if kind == "http":
            await self._serve(scope, receive, send)
        elif kind == "websocket":
            await _refuse_websocket(receive, send)
        elif kind == "lifespan":
            await self._live(scope, receive, send)
        else:
            raise ValueError(f"cannot serve {kind}")

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._open()
        except WatchwordError as error:
            closed = StoreUnavailable(str(error))
            await self._gate.refuse(closed, scope, receive, send)
        else:
            await self._gate(scope, receive, send)

    async def _open(self) -> None:
        """Open the data directory; once, and again only where that failed."""
        opening = self._opening
        if opening is None or (opening.done() and opening.exception() is not None):
            opening = asyncio.get_running_loop().create_task(self._gate.startup())
            self._opening = opening
        # A caller that goes away while it waits takes nothing from the others.
        await asyncio.shield(opening)

    async def _close(self) -> None:
        self._opening = None
        await self._gate.shutdown()

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = await receive()
        try:
            await self._open()
        except Exception as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            raise
        lifespan = _AppLifespan(began, receive, send, self._close)
        try:
            await lifespan.run(self._app, scope)
            if not lifespan.is_answered:
                await send({"type": "lifespan.startup.complete"})
                await receive()
                await self._close()
                await send({"type": "lifespan.shutdown.complete"})
        finally:
            await self._close()


class _AppLifespan:
    """The app's part of the lifespan: it starts after the guard, and ends before it.

    Attributes:
        is_answered: Whether the app has said anything: many know no lifespan.
    """

    def __init__(
        self, began: Message, receive: Receive, send: Send, close: Callable[[], Awaitable[None]]
    ) -> None:
        self.is_answered = False
        self._began: Message | None = began
        self._receive = receive
        self._send = send
        self._close = close

    async def run(self, app: App, scope: Scope) -> None:
        try:
            await app(scope, self._hear, self._say)
        except Exception as error:
            # Whatever it raises, an app that has said nothing takes no part (ASGI, lifespan).
            if self.is_answered:
                raise
            _log.info("the app has no lifespan: %s", error)

    async def _hear(self) -> Message:
        message, self._began = self._began, None
        return message or await self._receive()

    async def _say(self, message: Message) -> None:
        self.is_answered = True
        if message["type"] != "lifespan.startup.complete":
            # The server may end the process as soon as it has heard this.
            await self._close()
        await self._send(message)


async def _refuse_websocket(receive: Receive, send: Send) -> None:
    await receive()
    _log.info("a WebSocket was refused: it could ask any number of questions, and count as one")
    await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
