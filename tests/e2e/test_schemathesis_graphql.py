"""Schemathesis asks a real server whatever the Profile service's schema allows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from graphql import build_schema, parse
from hypothesis import HealthCheck, given, settings

from support.answers import find_faults
from support.commands import operate
from support.customers import connect, make_deployment
from support.generated import REFUSALS, reasons_of, settle
from support.processes import people_folder, running
from watchword.services.directory import PACKAGES, read_schema_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx2

PATH = "/profile/v1/graphql"
SCHEMA = build_schema(read_schema_text("profile"))
EXAMPLES = 40
ROOT_FIELDS = sorted(SCHEMA.query_type.fields) if SCHEMA.query_type else []


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """An admitted caller of a server with real people."""
    folder = tmp_path_factory.mktemp("generated")
    data = folder / "data"
    customer = make_deployment(data)
    for package in PACKAGES:
        operate("account", "grant-package", "acme", package, "--data-dir", str(data))
    kind = "congress-legislators"
    operate("profile", "import", kind, str(people_folder()), "--data-dir", str(data))
    arguments = ["serve", "--port", "0", "--data-dir", str(data)]
    log: Path = folder / "server.log"
    with running(arguments, log) as server, connect(server.url) as made:
        made.headers["x-api-key"] = customer.api_key
        made.headers["authorization"] = f"Bearer {customer.token(made)}"
        yield made
    assert "a request failed" not in log.read_text("utf-8")
    assert "Traceback" not in log.read_text("utf-8")


def ask(client: httpx2.Client, root_field: str) -> Counter[str]:
    """Ask what schemathesis makes of a field of the query, and count how it is answered."""
    generated = schemathesis.graphql.from_file(read_schema_text("profile"))
    seen: Counter[str] = Counter()

    # Always the same documents: a failure of tomorrow is one of the change of today.
    @settings(
        derandomize=True,
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=generated["Query"][root_field].as_strategy())
    def check(case: Any) -> None:
        document = settle(parse(case.body))

        response = client.post(PATH, json={"query": document})

        answer = response.json()
        assert response.status_code == 200, answer
        assert find_faults(SCHEMA, document, answer) == []
        assert reasons_of(answer) <= REFUSALS, answer
        # A soft error takes nothing from the rest of an answer.
        is_told = any("errorType" not in error for error in answer.get("errors", ()))
        seen.update(["told" if is_told else "answered"])

    check()
    return seen


@pytest.mark.slow
def test_every_answer_fits_the_schema_and_every_field_is_answered(client: httpx2.Client) -> None:
    seen = {root_field: ask(client, root_field) for root_field in ROOT_FIELDS}

    assert [name for name, counts in seen.items() if not counts["answered"]] == []
