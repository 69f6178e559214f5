"""What can go wrong with the records, beyond a caller's mistake in a query.

RecordsError
|- RecordsUnavailable  the records cannot be read now: for callers
|- QueryTooSlow        a request has used up its time: for callers
|- DatabaseUnusable    no service can start on this database: for operators
|  |- NobodyYet        it holds no people
|- ImportRefused       an import changed nothing: for operators
|- ExportRefused       nothing was written: for operators
"""

from __future__ import annotations

from typing import Final

from watchword.access.errors import WatchwordError
from watchword.services.directory import ServiceFailure


class RecordsError(WatchwordError):
    """Anything that is raised on purpose about the records."""


class RecordsUnavailable(RecordsError, ServiceFailure):
    """The records cannot be read now; why is in the log already, once a request.

    The text and `extensions` go to the caller, so neither says anything of the
    file, of SQLite or of this machine.
    """

    code = "SERVICE_UNAVAILABLE"
    public = "The service cannot read its records at the moment. Please try again later."


class QueryTooSlow(RecordsError, ServiceFailure):
    """A request has used up its time; nothing more is read for it."""

    code = "QUERY_TOO_SLOW"
    public = "The query takes too long. Narrow the search or ask for less at once, and try again."


class DatabaseUnusable(RecordsError):
    """The database cannot be opened; the text says why, and what to do."""


class NobodyYet(DatabaseUnusable):
    """Nothing was ever imported."""

    def __init__(self) -> None:
        super().__init__("there are no people yet: run 'watchword profile import'")


class ImportRefused(RecordsError):
    """Nothing was imported and nothing was changed; the text says why, and what to do."""


class ExportRefused(RecordsError):
    """Nothing was written; the text says why, and what to do."""


_ADVICE: Final = "Nothing was changed. Correct the file or fetch it anew, then import again."


def refused(file: str, line: int | None, problem: str) -> ImportRefused:
    """Return the refusal of a file, naming the line where there is one."""
    place = file if line is None else f"{file} line {line}"
    return ImportRefused(f"{place}: {problem}. {_ADVICE}")
