"""What is answered without a task, and what goes on in one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from watchword.web.at_once import to_bytes
from watchword.web.http import Request, Response
from watchword.web.observing import Observed
from watchword.web.peers import Peers

if TYPE_CHECKING:
    from support.deployment import Customer, Deployment

DATE = [(b"date", b"Mon, 23 Nov 2026 12:00:00 GMT")]


def scope_of(customer: Customer, token: str, **others: Any) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "GET",
        "path": "/profile/authorize",
        "query_string": b"",
        "headers": [
            (b"host", b"127.0.0.1"),
            (b"authorization", b"Bearer " + token.encode()),
            (b"x-api-key", customer.api_key.encode()),
        ],
        "client": ("127.0.0.1", 1),
        **others,
    }


def test_what_was_counted_ahead_is_answered_at_once(
    deployment: Deployment, customer: Customer
) -> None:
    scope = scope_of(customer, deployment.token(customer))
    application = deployment.application
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def ask() -> bytes:
        for _ in range(3):  # the first ones wait for their tokens, and for some ahead
            begun = application.answer_at_once(scope, DATE, is_last=False)
            if isinstance(begun, bytes):
                return begun
            assert begun is not None
            await begun(scope, None, send)  # type: ignore[arg-type]
        raise AssertionError("nothing was counted ahead")

    answer = deployment.run(ask())

    assert [message["status"] for message in sent[::2]] == [200, 200]
    lines = answer.split(b"\r\n")
    assert lines[:2] == [b"HTTP/1.1 200 OK", b"date: Mon, 23 Nov 2026 12:00:00 GMT"]
    assert b"x-watchword-user: svc-acme" in lines
    assert lines[-3:] == [b"content-length: 0", b"", b""]


def test_a_request_with_a_body_is_not_answered_at_once(
    deployment: Deployment, customer: Customer
) -> None:
    scope = scope_of(customer, deployment.token(customer))
    scope["headers"].append((b"content-length", b"3"))

    async def ask() -> object:
        return deployment.application.answer_at_once(scope, DATE, is_last=False)

    assert deployment.run(ask()) is None


@pytest.mark.parametrize("value", [b"a\r\nx: y", b"a\ny", b"a\ry"])
def test_no_header_begins_another_line(customer: Customer, value: bytes) -> None:
    async def receive() -> dict[str, Any]:
        return {}

    request = Request(scope_of(customer, "x"), receive, "id", Peers())
    response = Response(200, [(b"x-told", value)])
    observed = Observed(request, None, response, None, 0.0, 0.0)  # type: ignore[arg-type]

    with pytest.raises(ValueError, match="line break"):
        to_bytes(observed, DATE, is_last=True)
