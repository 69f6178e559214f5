"""Lengths of time as an operator writes and reads them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cyclopts import Token
from hypothesis import given
from hypothesis import strategies as st

from watchword.access.names import word_duration
from watchword.cli.durations import to_duration

lengths = st.integers(-(10**12), 10**12).map(lambda seconds: timedelta(seconds=seconds))


def read(text: str) -> timedelta:
    return to_duration(timedelta, [Token(value=text)])


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("0s", timedelta()),
        ("1d", timedelta(days=1)),
        ("5m10s", timedelta(minutes=5, seconds=10)),
        ("-2h", timedelta(hours=-2)),
    ],
)
def test_a_length_of_time_is_worded_as_it_is_typed(text: str, length: timedelta) -> None:
    assert word_duration(length) == text
    assert read(text) == length


@given(length=lengths)
def test_what_is_worded_can_be_typed(length: timedelta) -> None:
    assert read(word_duration(length)) == length


@pytest.mark.parametrize("text", ["", "-", "90", "m", "5m10", "10s5m", "1.5h", "5 m", "1w"])
def test_anything_else_is_no_length_of_time(text: str) -> None:
    with pytest.raises(ValueError, match="30m, 24h or 7d"):
        read(text)


def test_a_sum_beyond_the_calendar_is_the_longest_there_is() -> None:
    assert read("999999999d999999999h") == timedelta.max
