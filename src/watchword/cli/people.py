"""`watchword profile`: the people that the Profile service serves."""

from __future__ import annotations

import sys
from pathlib import Path  # noqa: TC003 - cyclopts reads the annotations at run time
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from watchword.cli import importing
from watchword.cli.context import DEFAULT, Common
from watchword.cli.durations import WHOLE
from watchword.cli.progress import shown_progress
from watchword.services.imports import export_json_lines, generate_json_lines, write_file

if TYPE_CHECKING:
    from collections.abc import Iterable

app = App(name="profile", help="The people, organizations and roles that are served.")
app.command(importing.app)
Force = Annotated[bool, Parameter(help="Write over a file that is there.", negative="")]


@app.command
def export(file: Path | None = None, *, force: Force = False, common: Common = DEFAULT) -> None:
    """Write everything that is served as JSON Lines, from one state of the data.

    Imports and queries go on meanwhile. What comes out can be imported elsewhere.

    Args:
        file: Where to; standard output when left out. A name that ends in .gz is compressed.
    """
    with export_json_lines(common.settings().profile_database) as lines:
        _write(lines, file, is_forced=force)


@app.command
def generate(
    *,
    people: Annotated[int, WHOLE],
    seed: int = 1,
    output: Path | None = None,
    force: Force = False,
    common: Common = DEFAULT,
) -> None:
    """Write plainly invented people as JSON Lines, as many as you like.

    The same seed makes the same people on every machine. Import them with
    watchword profile import jsonl.

    Args:
        people: How many, 1 to 10,000,000.
        seed: Which ones.
        output: Where to; standard output when left out. A name that ends in .gz is compressed.
    """
    with shown_progress(common.output) as progress:
        _write(generate_json_lines(seed, people, progress), output, is_forced=force)


def _write(lines: Iterable[bytes], file: Path | None, *, is_forced: bool) -> None:
    if file is None:
        sys.stdout.buffer.writelines(lines)
    else:
        write_file(file, lines, is_forced=is_forced)
