"""Registered documents and what plans say of them, at every worker of a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from support.commands import operate
from support.customers import connect, make_deployment
from support.deployment import code_of
from support.processes import running

if TYPE_CHECKING:
    from pathlib import Path

    from support.customers import RemoteCustomer

TEXT = "query Server { info { name } }"
CONNECTIONS = 12
"""So many that both workers get some."""


def ask_all(customer: RemoteCustomer, url: str, token: str, query: str, **members: Any) -> set[str]:
    """Ask over many connections at once open, and return what was answered."""
    clients = [connect(url) for _ in range(CONNECTIONS)]
    try:
        answers = [customer.call(client, token, query, **members) for client in clients]
    finally:
        for client in clients:
            client.close()
    assert {answer.status_code for answer in answers} == {200}
    return {"data" if "data" in answer.json() else code_of(answer) for answer in answers}


@pytest.mark.slow
def test_what_a_command_says_of_documents_holds_at_every_worker_on_the_next_request(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "data"
    customer = make_deployment(folder)
    where = ("--data-dir", str(folder))
    file = tmp_path / "server.graphql"
    file.write_text(TEXT, "utf-8")
    arguments = ["serve", "--port", "0", "--workers", "2", *where]

    with running(arguments, tmp_path / "log") as server, connect(server.url) as client:
        token = customer.token(client)

        def ask(query: str = "", **members: object) -> set[str]:
            return ask_all(customer, server.url, token, query, **members)

        named = operate("document", "add", "profile", str(file), *where)["document"]
        assert ask(documentId=named) == {"data"}

        operate("plan", "documents", "roomy", "--trusted-only", *where)
        assert ask(documentId=named) == {"data"}
        assert ask("{ info { name } }") == {"DOCUMENT_NOT_TRUSTED"}

        operate("document", "remove", "profile", named, *where)
        assert ask(documentId=named) == {"PERSISTED_QUERY_NOT_FOUND"}
        assert ask(TEXT) == {"DOCUMENT_NOT_TRUSTED"}
