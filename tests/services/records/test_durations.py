"""Full months between dates that may be known to the month only."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.services.records.dates import PartialDate
from watchword.services.records.durations import find_full_months

TODAY = date(2026, 11, 23)
days = st.dates(date(1900, 1, 1), TODAY)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2020-01-15", "2020-02-14", 0),
        ("2020-01-15", "2020-02-15", 1),
        ("2020-01-31", "2020-02-29", 0),
        ("2020-01", "2020-03", 2),
        ("2020-01", "2020-03-01", 2),
        ("2020-01-31", "2020-03", 2),
        ("2026-10-24", None, 0),
        ("2026-10-23", None, 1),
        ("2026-10", None, 1),
        ("2025-11-23", "2031-01-03", 12),
        ("2025-11-23", "2031", None),
        ("2020", "2021-01-01", None),
        ("2020-01-01", "2021", None),
        (None, "2021-01-01", None),
        (None, None, None),
        ("2027-01-01", None, None),
        ("2020-05-01", "2020-04-30", None),
    ],
)
def test_full_months(start: str | None, end: str | None, expected: int | None) -> None:
    months = find_full_months(
        PartialDate(start) if start else None, PartialDate(end) if end else None, TODAY
    )

    assert months == expected


@given(start=days, length=st.integers(0, 1500))
def test_a_span_of_n_full_months_has_n_months_and_not_n_and_one(start: date, length: int) -> None:
    end = min(start + timedelta(days=length), TODAY)

    months = find_full_months(PartialDate(start.isoformat()), PartialDate(end.isoformat()), TODAY)

    def is_reached(number: int) -> bool:
        year, month = divmod(start.year * 12 + start.month - 1 + number, 12)
        return (end.year, end.month, end.day) >= (year, month + 1, start.day)

    assert months is not None
    assert is_reached(months)
    assert not is_reached(months + 1)
