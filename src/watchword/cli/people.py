"""`watchword profile`: the people that the Profile service serves."""

from __future__ import annotations

import sys
from pathlib import Path  # noqa: TC003 - cyclopts reads the annotations at run time
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from watchword.access.errors import NotAllowed
from watchword.cli import importing
from watchword.cli.context import DEFAULT, Common
from watchword.cli.durations import WHOLE
from watchword.cli.output import Output
from watchword.cli.progress import shown_progress
from watchword.cli.stopping import stoppable
from watchword.deployment import require_initialised
from watchword.services.imports import export_json_lines, generate_json_lines, write_file
from watchword.settings import is_of_deployment

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
    settings = common.settings()
    require_initialised(settings)
    with export_json_lines(settings.profile_database) as lines:
        _write(lines, file, is_forced=force, result=common.output)


@app.command
def generate(
    *,
    people: Annotated[int, WHOLE],
    seed: int = 1,
    output: Path | None = None,
    force: Force = False,
    json: Annotated[bool, Parameter(help="Print what was written as JSON.", negative="")] = False,
) -> None:
    """Write plainly invented people as JSON Lines, as many as you like.

    The same seed makes the same people on every machine. Import them with
    watchword profile import jsonl.

    Args:
        people: How many, 1 to 10,000,000.
        seed: Which ones.
        output: Where to; standard output when left out. A name that ends in .gz is compressed.
    """
    result = Output(is_json=json)
    # A bar between lines that run over the same terminal would be in their way.
    is_shown = output is not None or not sys.stdout.isatty()
    with shown_progress(result, is_wanted=is_shown) as progress:
        lines = generate_json_lines(seed, people, progress)
        _write(lines, output, is_forced=force, result=result)


def _write(lines: Iterable[bytes], file: Path | None, *, is_forced: bool, result: Output) -> None:
    if file is None:
        with stoppable("What was written lacks its end."):
            sys.stdout.buffer.writelines(lines)
        return
    if is_of_deployment(file.resolve()):
        raise NotAllowed(f"{file} is the deployment's own; name another file.")
    with stoppable("Nothing was written."):
        written = write_file(file, lines, is_forced=is_forced)
    result.record({"file": str(written.path), "lines": written.lines, "bytes": written.octets})
