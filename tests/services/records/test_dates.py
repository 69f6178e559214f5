"""Dates known to the day, the month or the year; ages that claim no more than is known."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.services.records.dates import (
    PartialDate,
    display,
    find_age,
    first_day,
    parse_partial_date,
    precision,
)


@pytest.mark.parametrize(
    ("text", "known", "day", "shown"),
    [
        ("2001-01-03", "DAY", "2001-01-03", "3 January 2001"),
        ("1732-02-22", "DAY", "1732-02-22", "22 February 1732"),
        ("2001-12", "MONTH", "2001-12-01", "December 2001"),
        ("1789", "YEAR", "1789-01-01", "1789"),
        ("0001", "YEAR", "0001-01-01", "0001"),
    ],
)
def test_a_date_says_as_much_as_is_known(text: str, known: str, day: str, shown: str) -> None:
    partial = parse_partial_date(text)

    assert (precision(partial), first_day(partial), display(partial)) == (known, day, shown)


@pytest.mark.parametrize(
    "text",
    ["", "0000", "20", "2001-1-3", "2001-13", "2001-02-29", "3 January 2001", "2001-01-03T00:00"],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_partial_date(text)


@given(st.dates())
def test_every_day_is_a_date(day: date) -> None:
    partial = parse_partial_date(day.isoformat())

    assert first_day(partial) == day.isoformat()
    assert display(partial).split()[0] == str(day.day)


@pytest.mark.parametrize(
    ("born", "age"),
    [
        ("1958-06-15", 68),
        ("1958-06-16", 67),
        ("2026-06-15", 0),
        ("2027-01-01", None),
        ("2000-02-29", 26),
        ("1925-06-16", 100),
        ("1925-06-15", None),
        ("1732-02-22", None),
        ("1958-06", None),
        ("1958", None),
        (None, None),
    ],
)
def test_an_age_is_told_only_where_it_is_known_and_plausible(
    born: PartialDate | None, age: int | None
) -> None:
    assert find_age(born, date(2026, 6, 15)) == age
