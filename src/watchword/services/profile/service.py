"""The Profile service as the server runs it: a schema, and a context for each request."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from watchword.services.profile.context import RequestContext
from watchword.services.profile.reading import Reader
from watchword.services.profile.schema import executable_schema
from watchword.services.profile.tables import connect

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from watchword.access.ports import Clock

# Several workers may start on the same new database at once.
_PATIENCE: Final = timedelta(seconds=5)


class ProfileService:
    """People, organizations and roles, by GraphQL.

    Execute a document inside `with service.request(correlation_id) as context`, with that as
    its context value; it runs to its end at once, on the caller's thread.

    Attributes:
        name: The service's name in addresses and tokens.
        title: Its name for people.
        description: What it is, in a sentence.
        schema: Its GraphQL schema.
    """

    name = "profile"
    title = "Profile"
    description = "People, the organizations they serve, and the roles that join the two."

    def __init__(self, database: Path, *, clock: Clock, version: str) -> None:
        self.schema = executable_schema()
        self._database = database
        self._clock = clock
        self._version = version
        self._reader = Reader(database)

    def open(self) -> None:
        """Make an empty database where there is none, and look whether it is one of ours.

        Keeps nothing open: the reading connection is opened by the first query, so that a server
        may fork after this.

        Raises:
            DatabaseUnusable: If the file cannot be used; the text says what to do.
        """
        connect(self._database, _PATIENCE).close()

    def close(self) -> None:
        """Close the reading connection. Closing twice is closing once."""
        self._reader.close()

    @contextmanager
    def request(self, correlation_id: str) -> Generator[RequestContext]:
        """Give the context value of one request, which reads one state of the data."""
        today = self._clock.now().date()
        with self._reader.snapshot(correlation_id):
            yield RequestContext(correlation_id, today, self._version, self._reader)
