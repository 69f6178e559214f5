"""Sends a body that lasts, and ends it when its caller may not have it any more."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from watchword.access.errors import Refusal, StoreUnavailable
from watchword.web.watching import Watch

if TYPE_CHECKING:
    from watchword.web.http import Lasting, Request, Send

_SEND_SECONDS: Final = 60.0
"""A caller that takes nothing for so long is given up."""
_LAST_SECONDS: Final = 0.5
"""One that may not go on is not waited for longer."""


async def send_lasting(lasting: Lasting, request: Request, send: Send) -> None:
    """Send a body until it ends, its caller goes away, or may not have it any more."""
    watch = Watch(lasting.require, until=request.wait_for_disconnect)
    watch.begin()
    try:
        await watch.run(_pump(lasting, send))
    except (Refusal, StoreUnavailable) as error:
        if not await _end(lasting, error, send):
            # Not ended properly, so that nobody takes it for whole.
            raise
    except asyncio.CancelledError:
        # The server stops and has waited long enough.
        await _end(lasting, StoreUnavailable("the server stops"), send)
        raise


async def _end(lasting: Lasting, error: Exception, send: Send) -> bool:
    """Send the last words, and tell whether there were any that the caller took."""
    last = lasting.end(error)
    if last is None:
        return False
    try:
        async with asyncio.timeout(_LAST_SECONDS):
            await send({"type": "http.response.body", "body": last})
    except TimeoutError:
        return False
    return True


async def _pump(lasting: Lasting, send: Send) -> None:
    async with aclosing(lasting.chunks) as chunks:
        async for chunk in chunks:
            async with asyncio.timeout(_SEND_SECONDS):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
