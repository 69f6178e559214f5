"""An answer in pieces is the same answer, and no larger than one may be."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchword.access.errors import AnswerTooLarge
from watchword.services.encoding import encode, encode_in_pieces

LEAVES = st.none() | st.booleans() | st.integers(-(2**31), 2**31) | st.floats() | st.text()
ANSWERS = st.dictionaries(
    st.just("data") | st.text(),
    st.recursive(
        LEAVES,
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner, max_size=9),
        max_leaves=60,
    ),
    min_size=1,
)


@pytest.mark.slow
@settings(max_examples=50)
@given(members=ANSWERS)
def test_an_answer_in_pieces_is_the_same_to_the_byte(members: dict[str, Any]) -> None:
    whole = msgspec.json.encode(members)

    assert encode(members, len(whole)) == whole
    assert encode_in_pieces(copy.deepcopy(members), len(whole)) == whole


@pytest.mark.slow
@settings(max_examples=50)
@given(members=ANSWERS, missing=st.integers(1, 50))
def test_an_answer_over_the_limit_is_refused(members: dict[str, Any], missing: int) -> None:
    limit = len(msgspec.json.encode(members)) - missing

    with pytest.raises(AnswerTooLarge):
        encode(members, limit)
    with pytest.raises(AnswerTooLarge):
        encode_in_pieces(members, limit)


def test_a_long_answer_is_encoded_in_many_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def measured(value: object) -> bytes:
        piece = msgspec.json.encode(value)
        sizes.append(len(piece))
        return piece

    monkeypatch.setattr("watchword.services.encoding._encode", measured)
    people = [{"roles": [{"title": "x" * 50} for _ in range(100)]} for _ in range(100)]

    whole = encode_in_pieces({"data": {"people": {"items": people}}}, 10**7)

    assert len(whole) > 500_000
    assert max(sizes) < len(whole) / 50
    assert people == []


def test_what_errors_share_with_others_is_left_alone() -> None:
    shared = {"code": "BAD_USER_INPUT"}

    encode_in_pieces({"data": {"a": [1]}, "errors": [{"extensions": shared}]}, 1_000)

    assert shared == {"code": "BAD_USER_INPUT"}
