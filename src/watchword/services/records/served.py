"""What a service over the records is made of: a schema, and a context for each request."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from watchword.services.records.context import RequestContext
from watchword.services.records.reading import Readers
from watchword.services.records.tables import connect, give_back_disk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from graphql import GraphQLSchema

    from watchword.access.ports import Clock
    from watchword.services.records.reading import Reader

# Several workers may start on the same new database at once.
_PATIENCE: Final = timedelta(seconds=5)
TIME_BUDGET: Final = timedelta(seconds=5)
"""How long one request may read, unless the operator says otherwise."""


class RecordsService(ABC):
    """A GraphQL service over the records of one database.

    Execute a document inside `with service.request(correlation_id) as context`, with that as
    its context value. Several threads may do so at once, each with a request of its own.

    Args:
        database: The file.
        clock: Tells the day, and when a request's time is up.
        version: The program's.
        time_budget: How long one request may read.

    Attributes:
        name: The service's name in addresses and tokens.
        title: Its name for people.
        description: What it is, in a sentence.
        schema: Its GraphQL schema.
    """

    name: str
    title: str
    description: str

    def __init__(
        self, database: Path, *, clock: Clock, version: str, time_budget: timedelta = TIME_BUDGET
    ) -> None:
        self.schema = self._load_schema()
        self._database = database
        self._clock = clock
        self._version = version
        self._time_budget = time_budget
        self._readers = Readers(database, clock)

    @abstractmethod
    def _load_schema(self) -> GraphQLSchema:
        """Return the executable schema."""

    def open(self) -> None:
        """Make an empty database where there is none, and look whether it is one of ours.

        Keeps nothing open: the reading connections are opened by the first queries, so that a
        server may fork after this.

        Raises:
            DatabaseUnusable: If the file cannot be used; the text says what to do.
        """
        connect(self._database, _PATIENCE).close()
        give_back_disk(self._database)

    def close(self) -> None:
        """Close the reading connections. Closing twice is closing once."""
        self._readers.close()

    def request(self, correlation_id: str) -> RecordsRequest:
        """Give the context value of one request, which reads one state of the data.

        What is not read when its time is up is refused as QUERY_TOO_SLOW.
        """
        now = self._clock.now()
        context = partial(RequestContext, correlation_id, now.date(), self._version)
        return RecordsRequest(self._readers, correlation_id, now + self._time_budget, context)


class RecordsRequest:
    """One request: `with` it, a reader is lent to it, and what it reads is one state of the data.

    A class, since a generator for each of the two takes longer than a look into the records.
    """

    __slots__ = ("_correlation_id", "_deadline", "_make", "_reader", "_readers")

    def __init__(
        self,
        readers: Readers,
        correlation_id: str,
        deadline: datetime,
        make: Callable[[Reader], RequestContext],
    ) -> None:
        self._readers = readers
        self._correlation_id = correlation_id
        self._deadline = deadline
        self._make = make
        self._reader: Reader | None = None

    def __enter__(self) -> RequestContext:
        reader = self._reader = self._readers.take()
        reader.begin(self._correlation_id, self._deadline)
        return self._make(reader)

    def require_time(self) -> None:
        """Pass while its time, which counts from when it was made, is not over.

        Raises:
            QueryTooSlow: If it is.
        """
        if self._reader is not None:
            self._reader.require_time()

    def __exit__(self, *_: object) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            try:
                reader.end()
            finally:
                self._readers.give_back(reader)
