"""What a plan's document limits may be, and how they are changed in part."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.test_registration import last_record
from watchword.access.errors import Malformed, Unknown
from watchword.access.model import MOST_OF_A_DOCUMENT, DocumentLimits
from watchword.access.registration.changes import DocumentChange

if TYPE_CHECKING:
    from support.deployment import Deployment

FIGURES = {name: st.integers(1, most) for name, most in MOST_OF_A_DOCUMENT.items()}
FLAGS = {"introspection": st.booleans(), "trusted_only": st.booleans()}
LIMITS = st.builds(DocumentLimits, **FIGURES, **FLAGS)
CHANGES = st.builds(
    DocumentChange,
    **{name: st.none() | values for name, values in {**FIGURES, **FLAGS}.items()},
)


def limits_with(name: str, figure: int) -> DocumentLimits:
    named: dict[str, Any] = {name: figure}
    return DocumentLimits(**named)


@pytest.mark.parametrize("name", MOST_OF_A_DOCUMENT)
def test_a_figure_below_one_or_above_its_most_is_none_and_is_named(name: str) -> None:
    most = MOST_OF_A_DOCUMENT[name]

    for figure in (1, most):
        assert asdict(limits_with(name, figure))[name] == figure
    for figure in (0, -1, most + 1):
        with pytest.raises(Malformed, match=f"{name} is 1 to {most:,}, not"):
            limits_with(name, figure)


def test_what_is_usual_may_be_and_neither_asks_for_the_schema_nor_for_registered_documents() -> (
    None
):
    usual = DocumentLimits()

    assert usual.list_size == MOST_OF_A_DOCUMENT["list_size"] == 100
    assert (usual.introspection, usual.trusted_only) == (False, False)


@given(limits=LIMITS, change=CHANGES)
def test_a_change_sets_what_it_names_and_leaves_all_else_as_it_is(
    limits: DocumentLimits, change: DocumentChange
) -> None:
    before, named, after = asdict(limits), asdict(change), asdict(change.of(limits))

    assert all(
        after[name] == (before[name] if value is None else value) for name, value in named.items()
    )


def test_a_change_is_recorded_with_all_that_holds_from_then_on(deployment: Deployment) -> None:
    change = DocumentChange(depth=7, trusted_only=True)

    changed = deployment.operate(lambda registry: registry.change_documents("preview", change))

    record = last_record(deployment)
    assert changed.documents == DocumentLimits(depth=7, trusted_only=True)
    assert (record["event"], record["plan"]) == ("documents.set", "preview")
    assert {name: record[name] for name in asdict(changed.documents)} == asdict(changed.documents)


def test_a_change_that_cannot_be_is_refused_and_leaves_the_plan_as_it_was(
    deployment: Deployment,
) -> None:
    before = deployment.operate(lambda registry: registry.get_plan("preview"))

    with pytest.raises(Malformed, match="list_size"):
        deployment.operate(
            lambda registry: registry.change_documents("preview", DocumentChange(list_size=101))
        )
    with pytest.raises(Unknown, match="there is no plan 'nope'"):
        deployment.operate(
            lambda registry: registry.change_documents("nope", DocumentChange(depth=1))
        )

    assert deployment.operate(lambda registry: registry.get_plan("preview")) == before
