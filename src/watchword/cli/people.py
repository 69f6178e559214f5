"""`watchword profile`: the people that the Profile service serves."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - cyclopts reads the annotations at run time
from typing import TYPE_CHECKING

from cyclopts import App
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from watchword.cli.context import DEFAULT, Common
from watchword.services.profile import import_congress
from watchword.system import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from watchword.cli.output import Output
    from watchword.services.profile import ImportReport
    from watchword.services.profile import Progress as ProgressCallback

app = App(name="profile", help="The people, organizations and roles that are served.")
import_app = App(name="import", help="Replace the served people by a data set, in one step.")
app.command(import_app)


@import_app.command(name="congress-legislators")
def congress_legislators(directory: Path, *, common: Common = DEFAULT) -> None:
    """Import a folder of the public data set congress-legislators.

    Again and again without duplicates. A broken file is refused with its name and line, and
    nothing is changed. Queries go on meanwhile, on the data of before.

    Args:
        directory: The folder with legislators-current.yaml and its neighbours.
    """
    database = common.settings().profile_database
    report = import_with_progress(
        common.output,
        lambda progress: import_congress(
            database, directory, clock=SystemClock(), progress=progress
        ),
    )
    _tell(common.output, report)


def import_with_progress(
    output: Output, run: Callable[[ProgressCallback], ImportReport]
) -> ImportReport:
    """Run an import with a progress bar on a terminal, and without one elsewhere."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    is_shown = console.is_terminal and not output.is_json
    with Progress(*columns, console=console, disable=not is_shown) as bar:
        task = bar.add_task("Starting", total=None)

        def progress(step: str, done: int, total: int | None) -> None:
            bar.update(task, description=step, completed=done, total=total)

        return run(progress)


def _tell(output: Output, report: ImportReport) -> None:
    types = [f"{held} {type_}" for type_, held in report.organization_types.items()]
    output.record(
        {
            "people": report.people,
            "organizations": report.organizations,
            "organization_types": dict(report.organization_types) if output.is_json else types,
            "roles": report.roles,
            "memberships": report.memberships,
            "charitable_donations": report.charitable_donations,
            "political_donations": report.political_donations,
            "wealth_assets": report.wealth_assets,
            "sources": list(report.sources),
            "notes": list(report.notes),
        }
    )
