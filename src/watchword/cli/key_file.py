"""Reads what `watchword key import` is given: a list of keys, and what its plans are here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.access.errors import Malformed
from watchword.access.key_import import ImportedKey
from watchword.cli.csv_file import Columns, read_rows

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_COLUMNS: Final = Columns(
    ("Name", "Key"), ("Description", "Enabled", "UsagePlanIds", "Account"), "a cell that has commas"
)


def read_keys(path: Path) -> list[ImportedKey]:
    """Read a CSV file of API keys in the columns of AWS API Gateway, and one of ours.

    Raises:
        Malformed: If it is none; the text names the line, and holds nothing of a key.
    """
    return [
        ImportedKey(
            line,
            key=cells["Key"],
            name=cells["Name"],
            description=cells["Description"],
            enabled=cells["Enabled"],
            plans=cells["UsagePlanIds"],
            account=cells["Account"],
        )
        for line, cells in read_rows(path, _COLUMNS)
    ]


def read_plans(pairs: Iterable[str]) -> dict[str, str]:
    """Read which of our plans each of another server's ids stands for, from `ID=PLAN`.

    Raises:
        Malformed: If that is not what it says, or it says two things of one id.
    """
    plans: dict[str, str] = {}
    for pair in pairs:
        theirs, _, ours = (part.strip() for part in pair.partition("="))
        if not (theirs and ours):
            raise Malformed(f"write --usage-plan as ID=PLAN, not {pair!r}")
        if plans.setdefault(theirs, ours) != ours:
            raise Malformed(f"--usage-plan says of {theirs!r} that it is two plans")
    return plans
