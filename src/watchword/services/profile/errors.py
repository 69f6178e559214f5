"""What can go wrong in the Profile service, beyond a caller's mistake in a query.

ProfileError
|- StoreUnavailable    the records cannot be read now: for callers
|- DatabaseUnusable    the service cannot start on this database: for operators
|- ImportRefused       an import changed nothing: for operators
"""

from __future__ import annotations

from watchword.services.directory import ServiceFailure


class ProfileError(Exception):
    """Anything the Profile service raises on purpose."""


class StoreUnavailable(ProfileError, ServiceFailure):
    """The records cannot be read now; the cause (`__cause__`) is for the log only.

    graphql-core copies the text and `extensions` to the caller, so neither says anything of the
    file, of SQLite or of this machine.
    """

    code = "SERVICE_UNAVAILABLE"
    public = "The Profile service cannot read its records at the moment. Please try again later."

    def __init__(self) -> None:
        super().__init__(self.public)
        self.extensions = {"code": self.code}


class DatabaseUnusable(ProfileError):
    """The database cannot be opened; the text says why, and what to do."""


class ImportRefused(ProfileError):
    """Nothing was imported and nothing was changed; the text says why, and what to do."""
