"""One live token: whatever happens, the newest lives and every other is dead."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import apsw
import pytest

from security.asking import FORM, assert_call_refused, assert_live, assert_refused
from security.forging import claims_of
from security.servers import running_broken
from support.customers import connect, make_deployment
from support.deployment import GRANT, basic, code_of
from support.processes import running
from watchword.store.sqlite.groups import GroupWriter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx2

    from support.deployment import Customer, Deployment

T = TypeVar("T")
HOST = [("host", "profile.localhost:8080")]


@pytest.mark.behaviour(
    33, "A superseded token is dead on every path, host, method and endpoint that takes tokens"
)
def test_a_superseded_token_is_dead_everywhere(deployment: Deployment, customer: Customer) -> None:
    old, live = deployment.token(customer), deployment.token(customer)
    places: list[dict[str, Any]] = [
        {}, {"url": "/profile/v1/graphql/"}, {"url": "/profile/v1/graphiql/"},
        {"url": "/v1/graphql", "extra": HOST}, {"url": "/v1/graphiql/", "extra": HOST},
        {"url": "/profile/v1/graphql?query=%7Binfo%7Bname%7D%7D", "method": "GET", "content": ""},
    ]  # fmt: skip

    for place in places:
        assert deployment.call(live, customer.api_key, **place).status_code == 200
        dead = deployment.call(old, customer.api_key, **place)
        assert_call_refused(dead, 401, "TOKEN_SUPERSEDED")
    assert introspect(deployment, customer, old).json() == {"active": False}
    assert introspect(deployment, customer, live).json()["active"] is True


def introspect(deployment: Deployment, customer: Customer, token: str) -> httpx2.Response:
    headers = [("authorization", basic(customer.username, customer.password)), *FORM.items()]
    return deployment.request("POST", "/oauth2/introspect", headers, f"token={token}")


@pytest.mark.behaviour(
    34, "Requests at once within one process give a token each and leave exactly one live"
)
def test_concurrent_first_tokens_leave_exactly_one_live(
    deployment: Deployment, customer: Customer
) -> None:
    headers = {
        "x-api-key": customer.api_key,
        "authorization": basic(customer.username, customer.password),
    }

    async def ask_at_once() -> list[httpx2.Response]:
        url = f"/oauth2/token?{GRANT}"
        asked = [deployment._client.post(url, headers=headers) for _ in range(40)]
        return await asyncio.gather(*asked)

    answers = deployment.run(ask_at_once())

    assert {answer.status_code for answer in answers} == {200}
    tokens = [str(answer.json()["access_token"]) for answer in answers]
    assert sorted(claims_of(token)["gen"] for token in tokens) == list(range(1, 41))
    live = [t for t in tokens if deployment.call(t, customer.api_key).status_code == 200]
    assert [claims_of(token)["gen"] for token in live] == [40]


@pytest.mark.behaviour(
    35, "A clock that was set back does not bring an older token to life: generations are compared"
)
def test_a_token_from_before_a_clock_was_set_back_stays_dead(
    deployment: Deployment, customer: Customer
) -> None:
    old = deployment.token(customer)
    deployment.clock.advance(-timedelta(seconds=30))
    live = deployment.token(customer)

    assert claims_of(live)["iat"] < claims_of(old)["iat"]
    assert_call_refused(deployment.call(old, customer.api_key), 401, "TOKEN_SUPERSEDED")
    assert_live(deployment, customer, live)


@pytest.mark.behaviour(
    36, "A commit that fails is 503, records nothing and leaves the live token alive; the next "
    "request gets a token"
)  # fmt: skip
def test_a_commit_that_fails_leaves_the_live_token_alive(
    deployment: Deployment, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = deployment.token(customer)
    on_thread = GroupWriter._on_thread

    async def fail(self: GroupWriter, do: Callable[[T], object], what: T) -> None:
        # Of the ledger alone: what is counted is in another file.
        if what == "COMMIT" and self._connection.filename.endswith("watchword.db"):
            raise apsw.FullError("database or disk is full")
        await on_thread(self, do, what)

    with monkeypatch.context() as broken:
        broken.setattr(GroupWriter, "_on_thread", fail)
        failed = deployment.request_token(customer)
        assert_live(deployment, customer, token)

    assert_refused(failed, 503, "temporarily_unavailable")
    assert failed.headers["retry-after"] == "1"
    assert_live(deployment, customer, token)
    newer = deployment.token(customer)
    assert claims_of(newer)["gen"] == claims_of(token)["gen"] + 1
    assert_live(deployment, customer, newer)


@pytest.mark.behaviour(
    36, "A process that dies between commit and answer leaves the old token dead and the new one "
    "unknown; asking again is all it takes"
)  # fmt: skip
def test_a_crash_between_commit_and_answer_is_overcome_by_asking_again(tmp_path: Path) -> None:
    customer = make_deployment(tmp_path / "data")
    arguments = ["serve", "--port", "0", "--data-dir", str(tmp_path / "data")]
    with (
        running_broken("dying", arguments, tmp_path / "log") as server,
        connect(server.url) as client,
    ):
        old = customer.token(client)
        assert customer.call(client, old).status_code == 200
        (tmp_path / "data" / "die").touch()
        with pytest.raises(Exception, match=r"(?i)disconnect|reset|closed"):
            customer.ask(client)
        assert server.process.wait(15) == 1

    with running(arguments, tmp_path / "log") as again, connect(again.url) as client:
        dead = customer.call(client, old)
        newer = customer.token(client)
        live = customer.call(client, newer)

    assert (dead.status_code, code_of(dead)) == (401, "TOKEN_SUPERSEDED")
    assert claims_of(newer)["gen"] == claims_of(old)["gen"] + 2
    assert live.status_code == 200


@pytest.mark.behaviour(
    37, "A store that does not answer is 503 for introspection and revocation, too: never a yes, "
    "and never a no that a client would take for one"
)  # fmt: skip
@pytest.mark.parametrize("path", ["introspect", "revoke"])
def test_without_a_store_nobody_is_judged(
    deployment: Deployment, customer: Customer, path: str
) -> None:
    token = deployment.token(customer)
    deployment.run(deployment.application.shutdown())
    headers = [("authorization", basic(customer.username, customer.password)), *FORM.items()]

    response = deployment.request("POST", f"/oauth2/{path}", headers, f"token={token}")

    assert_refused(response, 503, "temporarily_unavailable")
    assert response.headers["retry-after"] == "1"
    assert "active" not in response.json()


@pytest.mark.behaviour(
    38, "A request that was admitted with A runs to its end, though B is issued meanwhile, and the "
    "next with A is 401. Its body has ten seconds to arrive, which bounds how long that can take"
)  # fmt: skip
def test_an_admitted_request_runs_to_its_end_and_no_other_follows_it(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)
    headers = [(b"authorization", f"Bearer {token}".encode())]
    headers += [(b"x-api-key", customer.api_key.encode()), (b"content-length", b"30")]
    headers.append((b"content-type", b"application/json"))
    scope = {
        "type": "http", "method": "POST", "path": "/profile/v1/graphql", "query_string": b"",
        "headers": headers, "client": ("192.0.2.1", 1),
    }  # fmt: skip
    sent: list[dict[str, Any]] = []

    async def scenario() -> str:
        admitted, is_superseded = asyncio.Event(), asyncio.Event()

        async def receive() -> dict[str, Any]:
            admitted.set()  # the body is asked for only after the guard has said yes
            await is_superseded.wait()
            return {"type": "http.request", "body": b'{"query": "{ info { name } }"}'}

        async def send(message: Any) -> None:
            sent.append(message)

        running_call = asyncio.ensure_future(deployment.application(scope, receive, send))
        await admitted.wait()
        credentials = {
            "x-api-key": customer.api_key,
            "authorization": basic(customer.username, customer.password),
        }
        url = f"/oauth2/token?{GRANT}"
        answer = await deployment._client.post(url, headers=credentials)
        is_superseded.set()
        await running_call
        return str(answer.json()["access_token"])

    newer = deployment.run(scenario())

    assert sent[0]["status"] == 200
    assert b'"name":"profile"' in sent[1]["body"]
    assert_call_refused(deployment.call(token, customer.api_key), 401, "TOKEN_SUPERSEDED")
    assert_live(deployment, customer, newer)


@pytest.mark.behaviour(38, "The services of the process stream nothing that could outlive a token")
def test_no_answer_outlives_its_request(deployment: Deployment, customer: Customer) -> None:
    token = deployment.token(customer)

    asked = deployment.call(token, customer.api_key, query="subscription { info { name } }")
    streamed = deployment.call(
        token, customer.api_key, extra=[("accept", "text/event-stream, multipart/mixed")]
    )

    assert "data" not in asked.json()
    assert asked.json()["errors"]
    assert streamed.headers["content-type"] == "application/json"
    assert int(streamed.headers["content-length"]) == len(streamed.content)
