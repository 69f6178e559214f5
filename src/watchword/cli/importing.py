"""`watchword profile import`: what is served is replaced by a data set."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from watchword.cli.context import DEFAULT, Common
from watchword.cli.progress import shown_progress
from watchword.cli.stopping import stoppable
from watchword.deployment import require_initialised
from watchword.services.imports import import_congress, import_json_lines, import_listed_companies
from watchword.system import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from watchword.cli.output import Output
    from watchword.services.imports import ImportReport
    from watchword.services.imports import Progress as ProgressCallback

app = App(name="import", help="Replace the served people by a data set, in one step.")
_STANDARD_INPUT = "-"
File = Annotated[Path, Parameter(allow_leading_hyphen=True)]
AllowEmpty = Annotated[
    bool, Parameter(help="Take files without people, so that nobody is served.", negative="")
]


@app.command(name="congress-legislators")
def congress_legislators(directory: Path, *, common: Common = DEFAULT) -> None:
    """Import a folder of the public data set congress-legislators.

    Again and again without duplicates. A broken file is refused with its name and line, and
    nothing is changed. Queries go on meanwhile, on the data of before.

    Args:
        directory: The folder with legislators-current.yaml and its neighbours.
    """
    database = _database(common)
    _import(
        common,
        lambda progress: import_congress(
            database, directory, clock=SystemClock(), progress=progress
        ),
    )


@app.command
def pytickersymbols(*, common: Common = DEFAULT) -> None:
    """Import the listed companies, and their key people, of the package pytickersymbols.

    The package is an extra: python -m pip install 'watchword[pytickersymbols]'.
    """
    database = _database(common)
    _import(
        common,
        lambda progress: import_listed_companies(database, clock=SystemClock(), progress=progress),
    )


@app.command
def jsonl(
    file: File, *files: File, allow_empty: AllowEmpty = False, common: Common = DEFAULT
) -> None:
    """Import files of JSON Lines, all of them together: your own people, or an export.

    One bad line refuses everything, by its file and number. Names that end in .gz are read as
    compressed.

    Args:
        file: A file; - is standard input.
        files: More files.
    """
    database = _database(common)
    streams = [
        sys.stdin.buffer if str(path) == _STANDARD_INPUT else path for path in (file, *files)
    ]
    _import(
        common,
        lambda progress: import_json_lines(
            database, streams, clock=SystemClock(), progress=progress, may_empty=allow_empty
        ),
    )


def import_with_progress(
    output: Output, run: Callable[[ProgressCallback], ImportReport]
) -> ImportReport:
    """Run an import with a progress bar on a terminal, and without one elsewhere."""
    with stoppable("Nothing was changed."), shown_progress(output) as progress:
        return run(progress)


def _database(common: Common) -> Path:
    settings = common.settings()
    require_initialised(settings)
    return settings.profile_database


def _import(common: Common, run: Callable[[ProgressCallback], ImportReport]) -> None:
    output = common.output
    report = import_with_progress(output, run)
    types = report.organization_types
    output.record(
        {
            "people": report.people,
            "organizations": report.organizations,
            "organization_types": types
            if output.is_json
            else [f"{held} {type_}" for type_, held in types.items()],
            "roles": report.roles,
            "memberships": report.memberships,
            "charitable_donations": report.charitable_donations,
            "political_donations": report.political_donations,
            "wealth_assets": report.wealth_assets,
            "sources": report.sources,
        }
    )
    for note in report.notes:
        output.remark(note)
