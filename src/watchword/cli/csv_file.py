"""Reads the CSV files that commands are given, strictly (RFC 4180, UTF-8)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from watchword.access.errors import Malformed
from watchword.access.lines import at_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a file are called, whatever their order and case.

    Attributes:
        with_commas: What has to be quoted where a row seems to have too many columns.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    with_commas: str = "what has commas"

    def read_head(self, head: list[str]) -> list[str]:
        """Return the columns in the order of a file's first line. Raises Malformed."""
        known = {name.lower(): name for name in self.required + self.optional}
        named = [known.get(name.strip().lower(), "") for name in head]
        if "" in named or len(set(named)) < len(named) or not set(self.required) <= set(named):
            others = f" but {', '.join(self.optional)}" if self.optional else ""
            raise Malformed(
                f"line 1 has to name the columns {', '.join(self.required)}, and no others{others}"
            )
        return named

    def read_row(self, named: list[str], row: list[str]) -> dict[str, str]:
        """Return a row's cells by column, "" for columns that are not there. Raises Malformed."""
        if len(row) != len(named):
            hint = f"; quote {self.with_commas}" if len(row) > len(named) else ""
            raise Malformed(f"it has {len(row)} columns instead of {len(named)}{hint}")
        cells = zip(named, (cell.strip() for cell in row), strict=True)
        return {**dict.fromkeys(self.optional, ""), **dict(cells)}


def read_rows(path: Path, columns: Columns) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row's line and its cells by column. The first line has the columns' names.

    Raises:
        Malformed: If it is no such file; the text names the line, and repeats no cell.
    """
    nothing: list[str] = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        try:
            named = columns.read_head(next(reader, nothing))
            before = reader.line_num
            for row in reader:
                # A line that is empty has no columns at all; at the end of a file it is usual.
                if row:
                    with at_line(before + 1):
                        cells = columns.read_row(named, row)
                    yield before + 1, cells
                before = reader.line_num
        except csv.Error as error:
            with at_line(reader.line_num):
                raise Malformed(str(error)) from error
        except UnicodeDecodeError as error:
            raise Malformed(f"{path} is not UTF-8; nothing was imported") from error
