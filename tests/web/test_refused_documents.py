"""A document that has no answer leaves a trace: in the log, in the metrics, and for its caller."""

from __future__ import annotations

import asyncio
import json
import logging
from threading import Event
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from graphql import build_schema

from support.deployment import ROOMY, Deployment, code_of
from support.scraping import scrape
from support.services import Unhurried
from watchword.access.errors import RequestTooSlow, ServiceBusy
from watchword.access.model import DocumentLimits, ServiceName
from watchword.access.registration.changes import DocumentChange
from watchword.services.documents import Documents
from watchword.services.engine.binding import Root, bind
from watchword.web.graphql import GraphQLEndpoint
from watchword.web.http import Request

if TYPE_CHECKING:
    from pathlib import Path

    from support.deployment import Customer
    from watchword.access.guard import Admission
    from watchword.access.trusted_documents import TrustedDocuments
    from watchword.services.directory import Service
    from watchword.web.admitting import CallGate
    from watchword.web.peers import Peers

PATIENCE = 30.0
TYPED = [("accept", "application/graphql-response+json")]


def ask_deeply(deployment: Deployment, customer: Customer, query: str) -> Any:
    token = deployment.token(customer)
    return deployment.call(token, customer.api_key, query=query, extra=TYPED)


@pytest.mark.parametrize(
    ("query", "code", "reason"),
    [
        ("{ info { name } }", "DOCUMENT_TOO_DEEP", "The document does not run, limit 1, "),
        ("{ hunter2 }", "DOCUMENT_INVALID", "The document does not run"),
        ("query A { info { name", "DOCUMENT_INVALID", "The document does not run"),
        (
            "query ($a: Boolean!) { __typename @skip(if: $a) }",
            "VARIABLES_INVALID",
            "The document does not run",
        ),
    ],
)
def test_a_refused_document_is_logged_and_counted_with_its_caller(
    deployment: Deployment,
    customer: Customer,
    caplog: pytest.LogCaptureFixture,
    query: str,
    code: str,
    reason: str,
) -> None:
    deployment.operate(lambda registry: registry.change_documents(ROOMY, DocumentChange(depth=1)))
    caplog.set_level(logging.INFO, "watchword.web")

    refused = ask_deeply(deployment, customer, query)

    (record,) = [item for item in caplog.records if item.message == "refused"]
    told = vars(record)
    assert (refused.status_code, code_of(refused)) == (400, code)
    assert (told["code"], told["account"], record.levelname) == (code, customer.account, "INFO")
    assert told["reason"].startswith(reason)
    assert "hunter2" not in str(told)
    for error in refused.json()["errors"]:
        assert error["extensions"]["correlationId"] == told["correlation_id"]
    assert scrape(deployment).value("watchword_refused_total", code=code) == 1


def test_an_answer_over_the_limit_is_refused_by_its_code(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path / "small", answer_limit=20)
    customer = deployment.make_customer()

    refused = ask_deeply(deployment, customer, "{ info { name } }")
    deployment.close()

    assert (refused.status_code, code_of(refused)) == (400, "ANSWER_TOO_LARGE")
    assert "data" not in refused.json()


class OpenGate:
    """Admits everybody, of one account."""

    async def admit(self, request: Request, *_: object, **__: object) -> None:
        standing = SimpleNamespace(documents=DocumentLimits(), packages=frozenset[str]())
        caller = SimpleNamespace(standing=standing, account="acme")
        request.admission = cast("Admission", SimpleNamespace(caller=caller))


class Holding:
    """A service that holds every question until it is let go."""

    name = "holding"

    def __init__(self) -> None:
        self.asked = 0
        self.has_begun, self.may_end = Event(), Event()
        schema = build_schema("type Query { held: Int }")
        self.schema = bind(schema, {"Query": {"held": Root(self._hold, is_slow=True)}}, {}, {})

    def _hold(self, _: object) -> int:
        self.asked += 1
        self.has_begun.set()
        assert self.may_end.wait(PATIENCE)
        return 1

    def request(self, _: str) -> Unhurried:
        return Unhurried()


def endpoint_of(documents: Documents) -> GraphQLEndpoint:
    return GraphQLEndpoint(
        ServiceName("holding"),
        documents,
        trusted=cast("TrustedDocuments", None),
        gate=cast("CallGate", OpenGate()),
        body_limit=9,
        resource_metadata="",
        methods=("GET", "POST"),
    )


def request_of(gone: asyncio.Event) -> Request:
    async def receive() -> dict[str, str]:
        await gone.wait()
        return {"type": "http.disconnect"}

    scope = {"method": "GET", "path": "/", "query_string": b"query={held}", "headers": []}
    return Request(scope, receive, "the-id", cast("Peers", None))


def test_callers_who_have_gone_away_are_not_answered_and_hold_nobody_up() -> None:
    service = Holding()
    documents = Documents(cast("Service", service), remembered=9)
    endpoint = endpoint_of(documents)

    async def check() -> bytes:
        stays, gone = asyncio.Event(), asyncio.Event()
        first = asyncio.create_task(endpoint.answer(request_of(stays)))
        await asyncio.to_thread(service.has_begun.wait, PATIENCE)
        left = [asyncio.create_task(endpoint.answer(request_of(gone))) for _ in range(7)]
        await asyncio.sleep(0)
        with pytest.raises(ServiceBusy):
            await endpoint.answer(request_of(stays))

        gone.set()
        for task in left:
            with pytest.raises(RequestTooSlow):
                await task
        last = asyncio.create_task(endpoint.answer(request_of(stays)))
        await asyncio.sleep(0)
        service.may_end.set()
        await first
        return (await last).body

    body = asyncio.run(check())
    documents.close()

    assert json.loads(body)["data"] == {"held": 1}
    assert service.asked == 2


def test_a_busy_service_asks_to_come_again_and_is_no_failure_of_the_store() -> None:
    endpoint = endpoint_of(Documents(cast("Service", Holding()), remembered=9))
    request = request_of(asyncio.Event())

    response = endpoint.refuse(ServiceBusy(), request)

    (error,) = json.loads(response.body)["errors"]
    assert (response.status, error["extensions"]["code"]) == (503, "SERVICE_BUSY")
    assert (b"retry-after", b"1") in response.headers
