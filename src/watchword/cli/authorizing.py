"""uvicorn's HTTP protocol with a shorter way for what proxies ask `/authorize`.

For each request of theirs the answer is a handful of headers. uvicorn would make a task, an
event, and two messages of it, which costs more than the judgement itself.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

import httptools

from watchword.cli.protocol import BoundedProtocol
from watchword.web.authorize import AUTHORIZE_PATH
from watchword.web.routes import Application

if TYPE_CHECKING:
    import asyncio

    from watchword.web.http import App, Scope

_AUTHORIZE: Final = AUTHORIZE_PATH.encode()
_REMEMBERED: Final = 1_024
_UNSENT_LIMIT: Final = 64
"""Answers that are sent together at most: only what is sent tells that a caller does not read."""


class AuthorizingProtocol(BoundedProtocol):
    """Sends at once what the application answers at once.

    Everything else goes uvicorn's way: other paths, requests with a body, with an earlier one still
    under way, over HTTP/1.0, or while the caller does not read.
    """

    _is_answered = False
    _is_last = False

    _unsent: list[bytes]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin with nothing to send."""
        self._unsent = []
        super().connection_made(transport)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, after what was answered before it."""
        self._send_unsent()
        super().send_400_response(msg)

    def shutdown(self) -> None:
        """Stop, after what was answered."""
        self._send_unsent()
        super().shutdown()

    def _refuse(self, status: bytes) -> None:
        self._send_unsent()
        super()._refuse(status)

    def on_body(self, body: bytes) -> None:
        """Pass over the body of a request that gets no answer."""
        if not self._is_answered:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Pass over the end of a request that was answered when its head was there."""
        if not self._is_answered:
            super().on_message_complete()
            return
        self._is_answered = False
        self._is_in_head = True
        self._has_completed = True

    def _begin(self) -> None:
        if self._is_last:
            # The caller said that nothing more would come. It gets no answer to that.
            self._is_answered = True
            return
        application = self.app
        # It is there until the connection is lost, and a request has just come.
        parser: httptools.HttpRequestParser = self.parser  # pyright: ignore[reportAssignmentType]
        if (
            _AUTHORIZE not in self.url
            or not isinstance(application, Application)
            or not self._is_plain(parser)
        ):
            super()._begin()
            return
        # In place: uvicorn sets them anew where it serves the request after all.
        scope = cast("Scope", self.scope)
        scope["method"] = parser.get_method().decode("ascii")
        scope["path"], scope["raw_path"], scope["query_string"] = _split(self.url)
        is_last = not parser.should_keep_alive()
        begun = application.answer_at_once(
            scope, self.server_state.default_headers, is_last=is_last
        )
        if isinstance(begun, bytes):
            self._send(begun, is_last=is_last)
        elif begun is None:
            super()._begin()
        else:
            self._serve_with(begun)

    def _is_plain(self, parser: httptools.HttpRequestParser) -> bool:
        return (
            self._is_idle
            and not self.flow.write_paused
            and not self.expect_100_continue
            and not parser.should_upgrade()
            and parser.get_http_version() == "1.1"
            # uvicorn's to decode.
            and b"%" not in self.url.partition(b"?")[0]
        )

    def _send(self, answer: bytes, *, is_last: bool) -> None:
        self._is_answered = True
        # Not before what has come meanwhile is read, of all connections: each answer alone would
        # wake its caller apart, which costs more than the answer did.
        if not self._unsent:
            self.loop.call_soon(self._send_unsent)
        self._unsent.append(answer)
        self._is_last = is_last
        if len(self._unsent) == _UNSENT_LIMIT:
            self._send_unsent()
        self.on_response_complete()

    def _send_unsent(self) -> None:
        if not self._unsent:
            return
        self.transport.write(b"".join(self._unsent))
        self._unsent.clear()
        if self._is_last:
            self.transport.close()

    def _serve_with(self, app: App) -> None:
        """Let uvicorn serve this one request with another app."""
        usual, self.app = self.app, app
        try:
            super()._begin()
        finally:
            self.app = usual


@lru_cache(maxsize=_REMEMBERED)
def _split(url: bytes) -> tuple[str, bytes, bytes]:
    """Return path, raw path and query of a URL without escapes."""
    parts = httptools.parse_url(url)
    return parts.path.decode("ascii"), parts.path, parts.query or b""
