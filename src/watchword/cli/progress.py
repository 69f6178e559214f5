"""The progress bar of long commands: on a terminal only, and never beside JSON."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from watchword.services.imports import READING

if TYPE_CHECKING:
    from collections.abc import Generator

    from watchword.cli.output import Output
    from watchword.services.imports import Progress as ProgressCallback

_MEGABYTE = 1_000_000


@contextmanager
def shown_progress(output: Output, *, is_wanted: bool = True) -> Generator[ProgressCallback]:
    """Give what is told how far the work is, and shows it on standard error where it is wanted."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[counted]}"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    is_shown = is_wanted and console.is_terminal and not output.is_json
    with Progress(*columns, console=console, transient=True, disable=not is_shown) as bar:
        task = bar.add_task("Starting", total=None, counted="")

        def progress(step: str, done: int, total: int | None) -> None:
            counted = count(step, done, total)
            bar.update(task, description=step, completed=done, total=total, counted=counted)

        yield progress


def count(step: str, done: int, total: int | None) -> str:
    """Return how far a step is: of files it is told in bytes, which are too many to be read."""
    if step == READING:
        numbers = [f"{number / _MEGABYTE:,.1f}" for number in (done, total) if number is not None]
        return f"{' of '.join(numbers)} MB"
    return f"{done:,}" if total is None else f"{done:,} of {total:,}"
