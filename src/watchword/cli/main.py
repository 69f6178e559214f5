"""The program `watchword`: its commands, its exit codes, and how errors are told.

Exit codes: 0 done; 1 refused or failed, with the reason on standard error; 2 misused.
"""

from __future__ import annotations

import os
import sys

from cyclopts import App, CycloptsError
from rich.console import Console

from watchword import __version__
from watchword.access.errors import WatchwordError
from watchword.cli import accounts, demo, doctor, keys, operate, people, plans, services, users

_REFUSED = 1
_MISUSED = 2

app = App(
    name="watchword",
    help="The access layer for GraphQL data APIs.",
    version=__version__,
    help_format="markdown",
)
app.command(operate.init)
app.command(operate.serve)
app.command(demo.demo)
app.command(doctor.doctor)
for group in (accounts, users, keys, plans, services, people):
    app.command(group.app)


def main(arguments: list[str] | None = None) -> None:
    """Run the program and exit."""
    os.umask(0o077)  # whatever a command makes, it holds somebody's secrets or data
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run a command and return its exit code."""
    try:
        result = app(
            arguments, exit_on_error=False, print_error=False, result_action="return_value"
        )
        sys.stdout.flush()
    except CycloptsError as error:
        _tell(f"{str(error).strip()} (try --help)")
        return _MISUSED
    except WatchwordError as error:
        _tell(str(error))
        return _REFUSED
    except BrokenPipeError:
        # The reader had enough. Python would complain once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _REFUSED
    except OSError as error:
        _tell(f"{error.filename or 'the system'}: {error.strerror}")
        return _REFUSED
    return result if isinstance(result, int) else 0


def _tell(text: str) -> None:
    Console(stderr=True).print(
        f"watchword: {text}", style="red", highlight=False, markup=False, soft_wrap=True
    )
