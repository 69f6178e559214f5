"""The program `watchword`: its commands, its exit codes, and how errors are told.

Exit codes: 0 done; 1 refused or failed, with the reason on standard error; 2 misused; 130 stopped
by Ctrl-C.
"""

from __future__ import annotations

import os
import sys

from cyclopts import App, CycloptsError
from rich.console import Console

from watchword import __version__
from watchword.access.errors import WatchwordError
from watchword.cli.stopping import Stopped

_REFUSED = 1
_MISUSED = 2
_STOPPED = 130  # as of a program that SIGINT has ended

app = App(
    name="watchword",
    help="The access layer for GraphQL data APIs.",
    version=__version__,
    help_format="markdown",
)
# By name, so that a command loads what it needs and no more: most save half of their time.
for command, where, summary in (
    (
        "init",
        "operate:init",
        """Make the data directory.

        Secret, database, signing key, services and the plan 'preview'. Running it again changes
        nothing that is there.
        """,
    ),
    ("serve", "operate:serve", "Run the server until SIGTERM."),
    ("demo", "demo:demo", "Serve invented people on loopback, with everything made."),
    (
        "doctor",
        "doctor:doctor",
        """Check this deployment and say what to mend.

        The exit code is 1 when something is wrong.
        """,
    ),
    ("account", "accounts:app", "Customers: they own service users and API keys."),
    ("user", "users:app", "Service users: the machine identities of an account."),
    ("key", "keys:app", "API keys: they name the account and its usage plan."),
    ("plan", "plans:app", "Usage plans: how much a key may ask of each service, and how."),
    ("usage", "usage:usage", "How many requests were admitted, for reports and bills."),
    ("refusals", "refusals:refusals", "How many calls were refused, to whom and why."),
    ("service", "services:app", "GraphQL services: what tokens and entitlements name."),
    (
        "document",
        "documents:app",
        "Registered GraphQL documents: calls may name them by their ids.",
    ),
    ("signing", "signing:app", "Signing keys: they sign the tokens, one at a time."),
    (
        "operator",
        "operators:app",
        "Operator tokens: they open the admin API, introspection or the metrics.",
    ),
    ("console", "console:app", "People who sign in to the console, `/console` in a browser."),
    ("audit", "audit:app", "The audit log: what happened, chained so that a change shows."),
    ("profile", "people:app", "The people, organizations and roles that are served."),
):
    app.command(f"watchword.cli.{where}", name=command, help=summary)


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
    except (Stopped, KeyboardInterrupt) as error:
        _tell(str(error) or "Stopped.")
        return _STOPPED
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
