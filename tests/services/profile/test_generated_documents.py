"""Whatever valid document is asked of the Profile service, the answer fits it and the schema."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis_graphql import queries

from support.answers import find_faults
from support.fakes import StoppedClock
from support.generated import REFUSALS, reasons_of, settle
from watchword.access.model import MOST_OF_A_DOCUMENT, DocumentLimits
from watchword.services.directory import read_schema_text
from watchword.services.documents import Documents, Question, Terms
from watchword.services.profile import ProfileService

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MOST: dict[str, Any] = dict(MOST_OF_A_DOCUMENT)
_TERMS = Terms(DocumentLimits(**_MOST, introspection=True))


@pytest.fixture
def documents(congress_database: Path) -> Iterator[Documents]:
    service = ProfileService(congress_database, clock=StoppedClock(), version="1.2.3")
    made = Documents(service, remembered=10)
    yield made
    made.close()
    service.close()


@pytest.mark.slow
def test_every_answer_fits_the_document_and_the_schema(documents: Documents) -> None:
    schema = documents._service.schema
    seen: Counter[str] = Counter()

    # Always the same documents: a failure of tomorrow is one of the change of today.
    @settings(
        derandomize=True, max_examples=150, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(document=queries(read_schema_text("profile"), print_ast=settle, allow_x00=False))
    def check(document: str) -> None:
        question = Question(document, None, None, is_query_only=False)

        answer = runner.run(documents.answer(question, _TERMS, "the-id"))

        text = answer.to_json()
        members = json.loads(text)
        assert reasons_of(members) <= REFUSALS, members
        assert find_faults(schema, document, members) == []
        seen.update(["executed" if answer.is_executed else "refused"])
        seen.update(["found"] if b'"1-' in text else [])

    with asyncio.Runner() as runner:
        check()

    assert seen["executed"] > seen["refused"]
    assert seen["found"] > seen["executed"] / 10
