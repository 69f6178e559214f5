"""Prints results: a Rich table on a terminal, tabs in a pipe, JSON when asked for."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, cast

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

Record = dict[str, object]
_BETWEEN = 2


class Output:
    """Where results and remarks go.

    Args:
        is_json: Print results as JSON, for programs.
    """

    def __init__(self, *, is_json: bool) -> None:
        self.is_json = is_json
        self._console = Console()
        self._remarks = Console(stderr=True)

    def record(self, record: Mapping[str, object]) -> None:
        """Print one thing and what is known of it."""
        if self.is_json:
            print_json(record)
        elif self._console.is_terminal:
            width = max(map(len, record)) + _BETWEEN
            for name, value in record.items():
                label = Text(_label(name).ljust(width), style="bold")
                lines = _text(value, "\n").replace("\n", "\n" + " " * width)
                # Folded by the terminal alone: what is copied from it stays in one piece.
                self._console.print(label + Text(lines), soft_wrap=True)
        else:
            for name, value in record.items():
                sys.stdout.write(f"{name}\t{_text(value)}\n")

    def records(
        self,
        records: Sequence[Mapping[str, object]],
        nothing: str,
        *,
        brief: Sequence[Mapping[str, object]] | None = None,
        whole: Collection[str] = (),
    ) -> None:
        """Print several things of one kind.

        Args:
            records: With the same names, in the same order.
            nothing: What to remark when there are none.
            brief: What a terminal shows of each instead, where all of it is too wide.
            whole: The columns that a terminal never breaks, besides the first.
        """
        if self.is_json:
            print_json(list(records))
            return
        if not records:
            self.remark(nothing)
            return
        if self._console.is_terminal:
            shown = records if brief is None else brief
            table = Table()
            for index, name in enumerate(shown[0]):
                # The first column is what other commands are given: never in two lines.
                is_whole = index == 0 or name in whole
                table.add_column(_label(name), overflow="fold", no_wrap=is_whole)
            for record in shown:
                # As Text: a customer's name is no markup.
                table.add_row(*(Text(_text(value, "\n")) for value in record.values()))
            self._console.print(table)
            return
        sys.stdout.write("\t".join(records[0]) + "\n")
        for record in records:
            sys.stdout.write("\t".join(_text(value) for value in record.values()) + "\n")

    def remark(self, text: str) -> None:
        """Tell a person something, if anything, beside the result. Programs do not hear it."""
        if text and not self.is_json:
            self._remarks.print(text, highlight=False, markup=False, soft_wrap=True)


def print_json(value: object) -> None:
    """Print a value as one line of JSON."""
    sys.stdout.write(msgspec.json.encode(value, enc_hook=str).decode() + "\n")
    sys.stdout.flush()


def _label(name: str) -> str:
    return name.replace("_", " ")


def _text(value: object, between: str = " ") -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%SZ}"
    if isinstance(value, dict):
        members = cast("Mapping[object, object]", value)
        return between.join(f"{name}={_text(member)}" for name, member in members.items())
    if isinstance(value, list | tuple):
        items = cast("Sequence[object]", value)
        return between.join(_text(item) for item in items) or "-"
    return "".join(char if char.isprintable() else " " for char in str(value))
