"""Passes on an answer that an app sends itself, as long as its caller may have it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from watchword.web.watching import Watch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from watchword.web.http import Headers, Message, Send

_START: Final = "http.response.start"
_BODY: Final = ("http.response.body", "http.response.zerocopysend", "http.response.pathsend")


class Relayed:
    """An answer that is an app's own.

    Args:
        run: Runs the app, which sends its answer through what it is given.
        headers: Headers of ours; the app's own of these names are dropped.
        require: Asked every half second while the body is under way; raises what ends it. Not
            before: what was admitted, and is being worked on, is carried out.
        time: A stopwatch, in seconds.

    Attributes:
        status: What the app answered. Until it has, what the server says if it never does.
        answered_at: When it answered, on the stopwatch; None until it has.
    """

    def __init__(
        self,
        run: Callable[[Send], Awaitable[None]],
        headers: Headers,
        require: Callable[[], Awaitable[object]],
        time: Callable[[], float],
    ) -> None:
        self.headers = headers
        self.status: int = HTTPStatus.INTERNAL_SERVER_ERROR
        self.answered_at: float | None = None
        self._run = run
        self._require = require
        self._time = time

    async def send(self, headers: Headers, send: Send) -> None:
        """Run the app and send what it answers.

        Args:
            headers: All that are ours.
            send: Where the answer goes.

        Raises:
            Refusal: If its caller may not have it any more. It is not ended properly, so that
                nobody takes it for whole.
            StoreUnavailable: If nobody can say whether its caller may.
        """
        ours = {name for name, _ in headers}
        watch = Watch(self._require)

        async def pass_on(message: Message) -> None:
            if watch.is_over:
                # An app may go on after it was cancelled. Its caller gets nothing of that.
                raise ConnectionAbortedError("the caller may not have more of the answer")
            if message["type"] == _START:
                self.status = message["status"]
                self.answered_at = self._time()
                watch.begin()
                own = [item for item in message.get("headers", ()) if item[0].lower() not in ours]
                message = {**message, "headers": [*own, *headers]}
            elif message["type"] in _BODY and not message.get("more_body", False):
                watch.stop()
            await send(message)

        await watch.run(self._run(pass_on))
