"""However many documents are asked, what is remembered of them is bounded."""

from __future__ import annotations

import gc
import tracemalloc
from contextlib import nullcontext
from typing import TYPE_CHECKING, cast

import pytest
from graphql import build_schema

from watchword.services.documents import Documents, Question

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from watchword.services.directory import Service

MEGABYTE = 2**20


class Small:
    """A service of one field."""

    name = "small"
    schema = build_schema("type Query { a(text: String): Int }")

    def request(self, correlation_id: str) -> AbstractContextManager[str]:
        return nullcontext(correlation_id)


def _ask(documents: Documents, query: str, operation_name: str | None = None) -> None:
    documents.answer(Question(query, None, operation_name, is_query_only=False), "id")


@pytest.mark.slow
@pytest.mark.parametrize(("document", "count"), [("{{a}}#{}", 5_000), ("{{b{}}}", 1_000)])
def test_thousands_of_documents_more_leave_nothing_more(document: str, count: int) -> None:
    documents = Documents(cast("Service", Small()), remembered=200)
    objects: list[int] = []
    for start in (0, count):
        for number in range(start, start + count):
            _ask(documents, document.format(number))
        gc.collect()
        objects.append(len(gc.get_objects()))

    # Each remembered document is some twenty objects.
    assert objects[1] - objects[0] < 1_000


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda number: "{a}" + f"#{number:07}" * 1_000, id="long"),
        pytest.param(lambda number: f"query b{number}{{{'a ' * 50}}}", id="large"),
        pytest.param(lambda number: f"{{{f'b{number} ' * 50}}}", id="refused"),
        pytest.param(lambda number: f"{{ {number}", id="no document"),
    ],
)
def test_distinct_documents_take_bounded_memory(make: Callable[[int], str]) -> None:
    documents = Documents(cast("Service", Small()), remembered=50)
    _ask(documents, make(0))
    gc.collect()
    tracemalloc.start()
    try:
        for number in range(200):
            _ask(documents, make(number))
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    # A document of fifty fields takes 30 kB as it is remembered.
    assert taken < 3 * MEGABYTE


def test_distinct_names_of_operations_take_bounded_memory() -> None:
    documents = Documents(cast("Service", Small()), remembered=1_000)
    tracemalloc.start()
    try:
        for number in range(2_000):
            _ask(documents, "query b { a }", f"c{number}" * 100)
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert taken < MEGABYTE
