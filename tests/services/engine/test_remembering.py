"""What is kept of documents is bounded, by number, by length and by what they compile to."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc

import pytest

from services.engine.library import Library
from watchword.access.model import DocumentLimits
from watchword.services.documents import Documents, Question, Terms

TERMS = Terms()
MODULE = "watchword.services.engine.remembering"


def ask_all(documents: Documents, texts: list[str]) -> None:
    async def ask() -> None:
        for text in texts:
            await documents.answer(Question(text, None, None, is_query_only=False), TERMS, "x")

    asyncio.run(ask())


def test_the_number_of_documents_is_bounded() -> None:
    documents = Documents(Library(), remembered=3)

    ask_all(documents, [f"query Q{number} {{ number }}" for number in range(20)])
    ask_all(documents, [f"{{ unknown{number} }}" for number in range(20)])

    assert len(documents._remembered) == 3


def test_their_characters_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{MODULE}._MOST_CHARACTERS", 100)
    documents = Documents(Library(), remembered=1000)

    ask_all(documents, [f"{{ a{number:08d}: number }}" for number in range(50)])

    assert 0 < len(documents._remembered) <= 5
    assert documents._remembered._characters <= 100


def test_what_they_compile_to_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{MODULE}._MOST_FIELDS", 10)
    documents = Documents(Library(), remembered=1000)

    ask_all(documents, [f"{{ a{number}: number strict {{ id }} }}" for number in range(50)])

    assert len(documents._remembered) == 3
    assert documents._remembered._fields == 9


def test_variants_of_one_document_are_bounded() -> None:
    names = [f"v{number}" for number in range(6)]
    declared = " ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: number @skip(if: ${name})" for name in names)
    documents = Documents(Library(), remembered=10)

    async def ask() -> None:
        for bits in range(64):
            variables = {name: bool(bits >> n & 1) for n, name in enumerate(names)}
            text = f"query ({declared}) {{ {fields} x: number }}"
            answer = await documents.answer(
                Question(text, variables, None, is_query_only=False), TERMS, "x"
            )
            assert len(answer.members["data"]) == 1 + 6 - bits.bit_count()

    asyncio.run(ask())

    assert documents._remembered._fields <= 8 * 7


def test_the_oldest_unused_document_is_forgotten_first() -> None:
    documents = Documents(Library(), remembered=2)

    ask_all(documents, ["{ a: number }", "{ b: number }", "{ a: number }", "{ c: number }"])

    assert documents._remembered.find("{ a: number }") is not None
    assert documents._remembered.find("{ b: number }") is None


def test_a_refused_document_keeps_no_tree() -> None:
    documents = Documents(Library(), remembered=10)
    texts = ["{ unknown }", "{ number", "{ number " + "strict { id } " * 50 + "}"]

    ask_all(documents, texts)

    for text in texts:
        judged = documents._remembered.find(text)
        assert judged is not None
        assert judged.operations == {}
        assert all(isinstance(error, dict) for error in judged.errors)


def test_a_long_document_is_refused_without_being_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    documents = Documents(Library(), remembered=10)
    text = "{ " + "number " * 100_000 + "}"
    ask_all(documents, [text])
    monkeypatch.setattr(
        "watchword.services.engine.judging.parse", lambda *_a, **_k: pytest.fail("read again")
    )

    ask_all(documents, [text])


@pytest.mark.slow
def test_distinct_documents_without_end_take_no_memory_without_end() -> None:
    documents = Documents(Library(), remembered=16)
    ask_all(documents, [f"{{ warm{number}: number }}" for number in range(40)])
    tracemalloc.start()
    ask_all(documents, [f"{{ a{number}: number books {{ total }} }}" for number in range(40)])
    gc.collect()
    before, _ = tracemalloc.get_traced_memory()

    ask_all(documents, [f"{{ b{number}: number books {{ total }} }}" for number in range(400)])

    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after < before + 200_000


@pytest.mark.parametrize(
    "narrow", [DocumentLimits(depth=2), DocumentLimits(tokens=5), DocumentLimits(cost=10)]
)
def test_a_document_that_one_plan_refuses_is_judged_anew_for_another(
    narrow: DocumentLimits,
) -> None:
    documents = Documents(Library(), remembered=10)
    question = Question("{ books { items { id } } }", None, None, is_query_only=False)

    async def ask(limits: DocumentLimits) -> bool:
        return (await documents.answer(question, Terms(limits), "x")).is_executed

    assert not asyncio.run(ask(narrow))
    assert asyncio.run(ask(DocumentLimits()))
    assert not asyncio.run(ask(narrow))
