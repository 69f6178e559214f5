"""Calls that name a registered document, and plans that run nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from support.deployment import ROOMY, Deployment, code_of
from support.documents import add_document, operate_documents
from watchword.access.registration.changes import DocumentChange
from watchword.access.trusted_documents import to_document_id

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    import httpx2

    from support.deployment import Customer

    Ask = Callable[..., httpx2.Response]

NEW = "application/graphql-response+json"
PATH = "/profile/v1/graphql"
TEXT = "query A { info { name } } query B($id: String!) { personIdSearch(id: $id) { __typename } }"
NAMED = {"operationName": "A"}
NOT_FOUND, NOT_TRUSTED = "PERSISTED_QUERY_NOT_FOUND", "DOCUMENT_NOT_TRUSTED"


def apollo(document: str) -> dict[str, Any]:
    """Spell an id as Apollo's clients do."""
    digest = document.removeprefix("sha256:")
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest}}}


@pytest.fixture
def document(deployment: Deployment) -> str:
    return add_document(deployment, TEXT)


@pytest.fixture
def ask(deployment: Deployment, customer: Customer) -> Ask:
    """Call the Profile service with members of a JSON object, as one customer."""
    token = deployment.token(customer)

    def call(accept: str = "*/*", **members: Any) -> httpx2.Response:
        extra = [("accept", accept)]
        body = json.dumps(members)
        return deployment.call(token, customer.api_key, content=body, extra=extra)

    return call


def let_only_trusted(deployment: Deployment) -> None:
    change = DocumentChange(trusted_only=True)
    deployment.operate(lambda registry: registry.change_documents(ROOMY, change))


def test_both_spellings_of_an_id_run_the_document(ask: Ask, document: str) -> None:
    whole = ask(query=TEXT, **NAMED).json()

    assert "data" in whole
    assert ask(documentId=document, **NAMED).json() == whole
    assert ask(**apollo(document), **NAMED).json() == whole
    assert ask(documentId=document, **apollo(document), **NAMED).json() == whole
    assert ask(documentId=document, query=None, **NAMED).json() == whole


def test_variables_and_the_operation_name_are_those_of_the_request(ask: Ask, document: str) -> None:
    answer = ask(documentId=document, operationName="B", variables={"id": "nonsense"})

    assert answer.json()["data"] == {"personIdSearch": {"__typename": "ValidationError"}}


@pytest.mark.parametrize("spelling", ["documentId", "Apollo's"])
def test_get_takes_an_id_too(
    deployment: Deployment, customer: Customer, document: str, spelling: str
) -> None:
    named = {"documentId": document}
    if spelling == "Apollo's":
        named = {"extensions": json.dumps(apollo(document)["extensions"])}

    answer = deployment.call(
        deployment.token(customer),
        customer.api_key,
        url=f"{PATH}?{urlencode({**named, **NAMED})}",
        method="GET",
        content=b"",
    )

    assert answer.status_code == 200
    assert "data" in answer.json()


def test_an_unknown_id_is_answered_so_that_clients_send_the_document_itself(ask: Ask) -> None:
    unknown = to_document_id("{ info { version } }")

    for named in ({"documentId": unknown}, apollo(unknown), {"documentId": "nonsense"}):
        old, new = ask(**named), ask(NEW, **named)
        (error,) = old.json()["errors"]
        assert error["message"] == "PersistedQueryNotFound"
        assert error["extensions"]["code"] == NOT_FOUND
        assert error["extensions"]["correlationId"] == old.headers["x-correlation-id"]
        assert set(old.json()) == {"errors"}
        assert (old.status_code, new.status_code) == (200, 400)
        assert new.headers["content-type"].startswith(NEW)
    assert "data" in ask(query="{ info { version } }", **apollo(unknown)).json()
    assert code_of(ask(**apollo(unknown))) == NOT_FOUND, "what a caller sends is not kept"


def test_a_text_with_its_id_runs_and_with_another_s_is_refused(ask: Ask, document: str) -> None:
    other = to_document_id("{ info { version } }")

    assert "data" in ask(query=TEXT, documentId=document, **NAMED).json()
    for members in ({"documentId": other}, apollo(other)):
        refused = ask(query=TEXT, **members)
        assert (refused.status_code, code_of(refused)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "members",
    [
        {"documentId": 7},
        {"documentId": ["sha256:"]},
        {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": "0" * 64}}},
        {"extensions": {"persistedQuery": {"sha256Hash": "0" * 64}}},
        {"extensions": {"persistedQuery": {"version": 1}}},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": 7}}},
        {"extensions": {"persistedQuery": "sha256"}},
        {"extensions": "persistedQuery"},
        {"documentId": "sha256:" + "1" * 64, **apollo("0" * 64)},
        {"documentId": "sha256:" + "1" * 64, "query": 7},
        {"documentId": "sha256:" + "1" * 64, "variables": []},
    ],
)
@pytest.mark.parametrize("trusted_only", [False, True])
def test_what_names_no_document_or_two_is_malformed(
    deployment: Deployment, ask: Ask, members: dict[str, Any], trusted_only: bool
) -> None:
    if trusted_only:
        let_only_trusted(deployment)

    refused = ask(**members)

    assert (refused.status_code, code_of(refused)) == (400, "BAD_REQUEST")


def test_a_removed_document_runs_no_more_from_the_next_request_on(
    deployment: Deployment, ask: Ask, document: str
) -> None:
    assert "data" in ask(documentId=document, **NAMED).json()

    operate_documents(deployment, lambda documents: documents.remove_document("profile", document))

    assert code_of(ask(documentId=document, **NAMED)) == NOT_FOUND
    add_document(deployment, TEXT)
    assert "data" in ask(documentId=document, **NAMED).json()


def test_a_document_of_one_account_is_not_found_by_another(
    deployment: Deployment, ask: Ask, customer: Customer
) -> None:
    own = add_document(deployment, TEXT, customer.account)
    other = deployment.make_customer("other", "svc-other")
    body = json.dumps({"documentId": own, **NAMED})

    stranger = deployment.call(deployment.token(other), other.api_key, content=body)

    assert "data" in ask(documentId=own, **NAMED).json()
    assert code_of(stranger) == NOT_FOUND


def test_a_plan_of_trusted_documents_runs_them_and_nothing_else(
    deployment: Deployment, ask: Ask, document: str
) -> None:
    let_only_trusted(deployment)

    assert "data" in ask(documentId=document, **NAMED).json()
    assert "data" in ask(query=TEXT, **NAMED).json()
    assert "data" in ask(query=TEXT, documentId=document, **NAMED).json()
    for text in (TEXT + " ", TEXT.replace("A", "C", 1), "{ info { name } }", "{", ""):
        refused, new = ask(query=text), ask(NEW, query=text)
        assert (refused.status_code, code_of(refused)) == (200, NOT_TRUSTED)
        assert (new.status_code, code_of(new)) == (400, NOT_TRUSTED)
        named = ask(query=text or " ", documentId=to_document_id(text or " "))
        assert code_of(named) == NOT_TRUSTED
    assert code_of(ask(documentId="sha256:0")) == NOT_FOUND


def test_a_plan_runs_other_texts_again_from_the_next_request_on(
    deployment: Deployment, ask: Ask
) -> None:
    let_only_trusted(deployment)
    assert code_of(ask(query="{ info { name } }")) == NOT_TRUSTED

    change = DocumentChange(trusted_only=False)
    deployment.operate(lambda registry: registry.change_documents(ROOMY, change))

    assert "data" in ask(query="{ info { name } }").json()


def test_a_refused_document_is_logged_by_its_code_and_counted_as_a_call(
    ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")

    refused = ask(documentId="sha256:0")

    records = [record for record in caplog.records if record.message == "refused"]
    assert [vars(record)["code"] for record in records] == [NOT_FOUND]
    assert vars(records[0])["account"] == "acme"
    assert "ratelimit" in refused.headers


@pytest.fixture
def another_worker(deployment: Deployment) -> Generator[Deployment]:
    made = Deployment(deployment.settings.data_dir)
    yield made
    made.close()


def test_what_one_worker_is_told_holds_at_another_on_the_next_request(
    deployment: Deployment, another_worker: Deployment, customer: Customer, document: str
) -> None:
    token = deployment.token(customer)
    body = json.dumps({"documentId": document, **NAMED})

    def ask_both() -> list[httpx2.Response]:
        workers = (deployment, another_worker)
        return [worker.call(token, customer.api_key, content=body) for worker in workers]

    assert all("data" in answer.json() for answer in ask_both())
    operate_documents(deployment, lambda documents: documents.remove_document("profile", document))

    assert [code_of(answer) for answer in ask_both()] == [NOT_FOUND] * 2
