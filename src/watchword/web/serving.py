"""Answers one request: finds the endpoint, sends its response, words and notes what went wrong."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING

from watchword.access.errors import LimitRefusal, Refusal, StoreUnavailable
from watchword.web.lasting import send_lasting
from watchword.web.observing import Observed
from watchword.web.relaying import Relayed
from watchword.web.responses import code_of, has_page
from watchword.web.server_log import log_error
from watchword.web.standing_headers import rate_limit_headers

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from watchword.access.metering import Allowance
    from watchword.web.http import Endpoint, Headers, Request, Response, Send
    from watchword.web.routes import Running
    from watchword.web.tracing import RequestSpan


async def serve(running: Running, request: Request, send: Send) -> None:
    """Answer a request and send that. Raises only what ends the connection."""
    span = None if running.tracer is None else running.tracer.begin(request)
    await deliver(running, answer(running, request), send, span)


async def answer(running: Running, request: Request) -> Observed:
    """Find the endpoint and have it answer. The one place that catches everything."""
    time = running.time
    started = time()
    endpoint = running.routes.find(request)
    error: Exception | None = None
    ending: asyncio.CancelledError | None = None
    try:
        request.require_host()
        response = await endpoint.answer(request)
    except asyncio.CancelledError as raised:
        # The server stops and has waited long enough. Callers read a refusal they know.
        ending, error = raised, StoreUnavailable("the server stops")
        log_error(error, request)
        response = _refuse(running, endpoint, error, request)
    except Exception as raised:  # noqa: BLE001 - the outermost: callers read a correlation id only
        error = raised
        log_error(error, request)
        response = _refuse(running, endpoint, error, request)
    return Observed(request, endpoint, response, error, started, time(), ending)


def _refuse(running: Running, endpoint: Endpoint, error: Exception, request: Request) -> Response:
    response = endpoint.refuse(error, request)
    if has_page(error):
        url = f"{running.errors_url}/{code_of(error)}"
        response.headers = [*response.headers, (b"link", f'<{url}>; rel="help"'.encode())]
    return response


async def deliver(
    running: Running, answering: Awaitable[Observed], send: Send, span: RequestSpan | None = None
) -> None:
    """Send an answer when it is there, and note it."""
    observed = await answering
    response = observed.response
    try:
        observed.size = await send_response(response, observed.request, observed.error, send)
        observed.is_whole = True
    except (Refusal, StoreUnavailable) as raised:
        # It broke off. uvicorn closes the connection, so that nobody takes it for whole.
        observed.error = raised
        log_error(raised, observed.request)
        if isinstance(response, Relayed):
            raise  # as another middleware around the guard would end it properly
    finally:
        observed.ended = running.time()
        if isinstance(response, Relayed):  # the app answers while it is sent
            observed.answered = response.answered_at or observed.ended
        running.observe(observed)
        if span is not None:
            span.end(observed)
    if observed.ending is not None:
        raise observed.ending


async def send_response(
    response: Response | Relayed, request: Request, error: Exception | None, send: Send
) -> int | None:
    """Send a response, and return the size of its body; None where nobody counted."""
    headers = all_headers(response, request, error)
    if isinstance(response, Relayed):
        await response.send(headers, send)
        return None
    if response.lasting is not None:
        start = {"type": "http.response.start", "status": response.status, "headers": headers}
        await send(start)
        await send_lasting(response.lasting, request, send)
        return None
    # What a browser has already is not sent, and no length tells of it (RFC 9110 section 8.6).
    if response.status != HTTPStatus.NOT_MODIFIED:
        headers = [*headers, (b"content-length", str(len(response.body)).encode())]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    body = b"" if request.method == "HEAD" else response.body
    await send({"type": "http.response.body", "body": body})
    return len(body)


def all_headers(response: Response | Relayed, request: Request, error: Exception | None) -> Headers:
    """Return a response's headers with where the caller stands.

    Here, so that no answer to an admitted call can leave without.
    """
    headers = own_headers(response, request, error)
    shared = None if isinstance(response, Relayed) else response.shared
    return headers if shared is None else [*shared.headers, *headers]


def own_headers(response: Response | Relayed, request: Request, error: Exception | None) -> Headers:
    """Return the same, without those that the response shares with others."""
    allowance = _find_allowance(request, error)
    if allowance is None:
        return response.headers
    return [*response.headers, *rate_limit_headers(allowance)]


def _find_allowance(request: Request, error: Exception | None) -> Allowance | None:
    if request.admission is not None:
        return request.admission.allowance
    return error.allowance if isinstance(error, LimitRefusal) else None
