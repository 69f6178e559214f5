"""Answers one request: finds the endpoint, sends its response, words and notes what went wrong."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from watchword.access.errors import LimitRefusal, Refusal, StoreUnavailable
from watchword.web.lasting import send_lasting
from watchword.web.observing import Observed
from watchword.web.relaying import Relayed
from watchword.web.request_log import log_error
from watchword.web.standing_headers import rate_limit_headers

if TYPE_CHECKING:
    from watchword.access.metering import Allowance
    from watchword.web.http import Request, Response, Send
    from watchword.web.routes import Running


async def serve(running: Running, request: Request, send: Send) -> None:
    """Answer a request. The one place that catches everything."""
    time = asyncio.get_running_loop().time
    started = time()
    span = None if running.tracer is None else running.tracer.begin(request)
    endpoint = running.routes.find(request)
    error: Exception | None = None
    ending: asyncio.CancelledError | None = None
    try:
        response = await endpoint.answer(request)
    except asyncio.CancelledError as raised:
        # The server stops and has waited long enough. Callers read a refusal they know.
        ending, error = raised, StoreUnavailable("the server stops")
        response = endpoint.refuse(error, request)
    except Exception as raised:  # noqa: BLE001 - the outermost: callers read a correlation id only
        error = raised
        log_error(error, request)
        response = endpoint.refuse(error, request)
    observed = Observed(request, endpoint, response, error, started, time())
    try:
        observed.size = await send_response(response, request, error, send)
        observed.is_whole = True
    except (Refusal, StoreUnavailable) as raised:
        # It broke off. uvicorn closes the connection, so that nobody takes it for whole.
        observed.error = raised
        log_error(raised, request)
        if isinstance(response, Relayed):
            raise  # as another middleware around the guard would end it properly
    finally:
        observed.ended = time()
        if isinstance(response, Relayed):  # the app answers while it is sent
            observed.answered = response.answered_at or observed.ended
        running.observe(observed)
        if span is not None:
            span.end(observed)
    if ending is not None:
        raise ending


async def send_response(
    response: Response | Relayed, request: Request, error: Exception | None, send: Send
) -> int | None:
    """Send a response, and return the size of its body; None where nobody counted."""
    headers = response.headers
    allowance = _find_allowance(request, error)
    if allowance is not None:
        # Here, so that no answer to an admitted call can leave without.
        headers = [*headers, *rate_limit_headers(allowance)]
    if isinstance(response, Relayed):
        await response.send(headers, send)
        return None
    if response.lasting is not None:
        start = {"type": "http.response.start", "status": response.status, "headers": headers}
        await send(start)
        await send_lasting(response.lasting, request, send)
        return None
    headers = [*headers, (b"content-length", str(len(response.body)).encode())]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    body = b"" if request.method == "HEAD" else response.body
    await send({"type": "http.response.body", "body": body})
    return len(body)


def _find_allowance(request: Request, error: Exception | None) -> Allowance | None:
    if request.admission is not None:
        return request.admission.allowance
    return error.allowance if isinstance(error, LimitRefusal) else None
