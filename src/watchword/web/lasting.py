"""Sends a body that lasts, and ends it when its caller may not have it any more."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from watchword.access.errors import Refusal, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from watchword.web.http import Lasting, Request, Send

_LOOK_SECONDS: Final = 0.5
"""A token that was superseded ends what it opened within a second."""
_SEND_SECONDS: Final = 60.0
"""A caller that takes nothing for so long is given up."""
_LAST_SECONDS: Final = 0.5
"""One that may not go on is not waited for longer."""


async def send_lasting(lasting: Lasting, request: Request, send: Send) -> None:
    """Send a body until it ends, its caller goes away, or may not have it any more."""
    try:
        await run_while(_pump(lasting, send), lasting.require, until=request.wait_for_disconnect())
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


async def run_while(
    work: Coroutine[None, None, None],
    require: Callable[[], Awaitable[object]],
    *,
    until: Coroutine[None, None, None],
) -> None:
    """Run something to its end, or until something else ends, or may not go on.

    Args:
        work: What is run; cancelled when it may not go on.
        require: Asked every half second; raises when it may not.
        until: What ends it, too.

    Raises:
        Refusal: What `require` raised.
        StoreUnavailable: If nobody can say whether it may go on.
    """
    tasks = [asyncio.ensure_future(work), asyncio.ensure_future(until)]
    try:
        while True:
            done, _ = await asyncio.wait(
                tasks, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                task.result()
            if done:
                return
            await require()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pump(lasting: Lasting, send: Send) -> None:
    async with aclosing(lasting.chunks) as chunks:
        async for chunk in chunks:
            async with asyncio.timeout(_SEND_SECONDS):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
