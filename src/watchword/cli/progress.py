"""The progress bar of long commands: on a terminal only, and never beside JSON."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from collections.abc import Generator

    from watchword.cli.output import Output
    from watchword.services.imports import Progress as ProgressCallback


@contextmanager
def shown_progress(output: Output) -> Generator[ProgressCallback]:
    """Give what is told how far the work is, and shows it on standard error."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[counted]}"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    is_shown = console.is_terminal and not output.is_json
    with Progress(*columns, console=console, transient=True, disable=not is_shown) as bar:
        task = bar.add_task("Starting", total=None, counted="")

        def progress(step: str, done: int, total: int | None) -> None:
            counted = f"{done:,}" if total is None else f"{done:,} of {total:,}"
            bar.update(task, description=step, completed=done, total=total, counted=counted)

        yield progress
