"""An answer that lasts ends when its caller would not be admitted any more; no other does."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import pytest

from library.apps import (
    PATIENCE_SECONDS,
    Connection,
    Guarded,
    credentials,
    send_body,
    start_answer,
)
from watchword.access.errors import StoreUnavailable, TokenSuperseded
from watchword.access.guard import Caller, Guard
from watchword.web import watching

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

    from support.deployment import Customer, Deployment
    from watchword.access.registration import Registry
    from watchword.web.http import App, Receive, Scope, Send

LOOKS = 3
"""An answer that has to end has ended after so many."""


class Looks:
    """How often the guard is asked about a call."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._made = asyncio.Semaphore(0)

    def note(self) -> None:
        self._made.release()

    def wait_for(self, count: int) -> None:
        async def wait() -> None:
            async with asyncio.timeout(PATIENCE_SECONDS):
                for _ in range(count):
                    await self._made.acquire()

        self._deployment.run(wait())


@pytest.fixture
def looks(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Looks:
    """Looks that are made often, and counted."""
    counted = Looks(deployment)
    identify = Guard.identify

    async def identify_and_note(guard: Guard, *asked: Any) -> Caller:
        counted.note()
        return await identify(guard, *asked)

    monkeypatch.setattr(Guard, "identify", identify_and_note)
    monkeypatch.setattr(watching, "_LOOK_SECONDS", 0.01)
    return counted


class Callers:
    """Calls apps behind the guard with one token."""

    def __init__(self, deployment: Deployment, customer: Customer) -> None:
        self._deployment = deployment
        self._headers = credentials(deployment.token(customer), customer)
        self._opened: list[Guarded] = []

    def __call__(self, app: App) -> Connection:
        self._opened.append(Guarded(self._deployment, app))
        return Connection(self._deployment, self._opened[-1].application, self._headers)

    def close(self) -> None:
        for guarded in self._opened:
            guarded.close()


@pytest.fixture
def call(deployment: Deployment, customer: Customer) -> Generator[Callers]:
    callers = Callers(deployment, customer)
    yield callers
    callers.close()


class EventStream:
    """An app that sends an event each time it is told to.

    Attributes:
        was_cancelled: Whether it was ended from outside.
    """

    def __init__(self) -> None:
        self.was_cancelled = False
        self._events = asyncio.Semaphore(0)

    def tell(self) -> None:
        self._events.release()

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await start_answer(send)
        try:
            while True:
                await self._events.acquire()
                await send_body(send)
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise


@pytest.mark.behaviour(
    38, "A stream of an app behind `watchword.Guard` ends within a second of the 200 for the next "
    "token"
)  # fmt: skip
def test_a_stream_ends_within_a_second_when_its_token_is_superseded(
    deployment: Deployment, customer: Customer, call: Callers
) -> None:
    stream = EventStream()
    connection = call(stream)
    stream.tell()
    connection.wait_for_messages(2)

    deployment.token(customer)
    began = deployment.run(_tell_time())
    error = connection.wait_for_end()
    took = deployment.run(_tell_time()) - began

    assert isinstance(error, TokenSuperseded)
    assert took < 1
    assert stream.was_cancelled


async def _tell_time() -> float:
    return asyncio.get_running_loop().time()


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda registry, _: registry.revoke_tokens("svc-acme"), id="revoked"),
        pytest.param(
            lambda registry, _: registry.set_account_enabled("acme", is_enabled=False),
            id="account disabled",
        ),
        pytest.param(
            lambda registry, key: registry.set_api_key_enabled(key, is_enabled=False),
            id="key disabled",
        ),
        pytest.param(
            lambda registry, _: registry.set_entitlement("acme", "profile", is_granted=False),
            id="withdrawn",
        ),
    ],
)
@pytest.mark.usefixtures("looks")
def test_a_stream_breaks_off_whatever_ends_its_admission(
    deployment: Deployment,
    customer: Customer,
    call: Callers,
    end: Callable[[Registry, str], Awaitable[object]],
) -> None:
    connection = call(EventStream())
    connection.wait_for_messages(1)

    deployment.operate(lambda registry: end(registry, customer.key_id))
    error = connection.wait_for_end()

    # The server breaks the connection off, so that nobody takes the answer for whole.
    assert error is not None
    assert not connection.is_complete


def test_a_stream_of_a_live_token_goes_on(call: Callers, looks: Looks) -> None:
    stream = EventStream()
    connection = call(stream)
    connection.wait_for_messages(1)

    looks.wait_for(LOOKS)
    stream.tell()
    connection.wait_for_messages(1)

    assert connection.sent[-1]["body"] == b"data: 1\n\n"
    connection.cancel()
    connection.wait_for_end()


@pytest.mark.usefixtures("looks")
def test_a_stream_ends_when_nobody_can_say_whether_it_may_go_on(
    call: Callers, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def give_no_answer(*_: object) -> None:
        raise StoreUnavailable("the disk is gone")

    connection = call(EventStream())
    connection.wait_for_messages(1)

    monkeypatch.setattr(Guard, "identify", give_no_answer)

    assert isinstance(connection.wait_for_end(), StoreUnavailable)


@pytest.mark.usefixtures("looks")
def test_an_app_that_goes_on_after_it_was_cancelled_sends_its_caller_nothing_more(
    deployment: Deployment, customer: Customer, call: Callers
) -> None:
    async def never_stop(_scope: Scope, _receive: Receive, send: Send) -> None:
        await start_answer(send)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await send_body(send, b"more", more_body=False)

    connection = call(never_stop)
    connection.wait_for_messages(1)

    deployment.token(customer)
    error = connection.wait_for_end()

    assert isinstance(error, TokenSuperseded)
    assert len(connection.sent) == 1


@pytest.mark.usefixtures("looks")
def test_a_slow_answer_that_was_admitted_is_given_though_its_token_is_superseded(
    deployment: Deployment, customer: Customer, call: Callers
) -> None:
    worked = asyncio.Event()

    async def work(_scope: Scope, _receive: Receive, send: Send) -> None:
        await worked.wait()
        await start_answer(send, b"application/json")
        await send_body(send, b"{}", more_body=False)

    connection = call(work)
    stream = call(EventStream())

    deployment.token(customer)
    stream.wait_for_end()
    worked.set()

    assert connection.wait_for_end() is None
    assert connection.is_complete


@pytest.mark.usefixtures("looks")
def test_what_an_app_does_after_its_answer_is_done_to_the_end(
    deployment: Deployment, customer: Customer, call: Callers
) -> None:
    may_go_on = asyncio.Event()
    done: list[str] = []

    async def tidy_up_afterwards(_scope: Scope, _receive: Receive, send: Send) -> None:
        await start_answer(send, b"application/json")
        await send_body(send, b"{}", more_body=False)
        await may_go_on.wait()
        done.append("tidied up")

    connection = call(tidy_up_afterwards)
    connection.wait_for_messages(2)
    stream = call(EventStream())

    deployment.token(customer)
    stream.wait_for_end()
    may_go_on.set()

    assert connection.wait_for_end() is None
    assert done == ["tidied up"]


@pytest.mark.usefixtures("looks")
def test_a_stream_that_breaks_off_is_logged_with_its_code(
    deployment: Deployment,
    customer: Customer,
    call: Callers,
    caplog: pytest.LogCaptureFixture,
) -> None:
    connection = call(EventStream())
    connection.wait_for_messages(1)

    with caplog.at_level(logging.INFO, "watchword"):
        deployment.token(customer)
        connection.wait_for_end()

    assert [vars(record).get("code") for record in caplog.records] == ["TOKEN_SUPERSEDED"]


def test_an_app_receives_the_body_as_it_comes_and_that_its_caller_went_away(
    call: Callers,
) -> None:
    async def listen(_scope: Scope, receive: Receive, send: Send) -> None:
        received = [await receive() for _ in range(3)]
        await start_answer(send)
        await send_body(send, repr([dict(message) for message in received]).encode())

    connection = call(listen)

    connection.give(b"one", more_body=True)
    connection.give(b"two")
    connection.go_away()
    connection.wait_for_end()

    assert connection.sent[1]["body"].decode() == repr(
        [
            {"type": "http.request", "body": b"one", "more_body": True},
            {"type": "http.request", "body": b"two", "more_body": False},
            {"type": "http.disconnect"},
        ]
    )


def test_a_server_that_stops_cancels_the_app(call: Callers) -> None:
    stream = EventStream()
    connection = call(stream)
    connection.wait_for_messages(1)

    connection.cancel()

    assert isinstance(connection.wait_for_end(), asyncio.CancelledError)
    assert stream.was_cancelled
