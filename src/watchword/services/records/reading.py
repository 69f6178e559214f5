"""Reads the records' database, one state of it a request. Knows no table and no list."""

from __future__ import annotations

import logging
import os
from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import apsw

from watchword.services.records.errors import DatabaseUnusable, QueryTooSlow, RecordsUnavailable
from watchword.services.records.tables import connect_for_reading

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from pathlib import Path

    from watchword.access.ports import Clock

    Row = tuple[Any, ...]
    Bindings = Mapping[str, str | int | None] | tuple[str | int | None, ...]

_log: Final = logging.getLogger(__name__)
# A reader of a WAL file waits for nobody but in rare recoveries.
_PATIENCE: Final = timedelta(milliseconds=100)
# Of SQLite's virtual machine: a fraction of a millisecond.
_STEPS: Final = 20_000
_MOST_COUNTS: Final = 10_000


class Counts:
    """What was counted, for all readers of a process: a long list is counted once an import."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: OrderedDict[Hashable, int] = OrderedDict()

    def find(self, key: Hashable) -> int | None:
        """Return a number, or None where it was not counted, or is forgotten."""
        with self._lock:
            known = self._counts.get(key)
            if known is not None:
                self._counts.move_to_end(key)
            return known

    def keep(self, key: Hashable, count: int) -> None:
        """Keep a number; forget what was not asked for the longest time."""
        with self._lock:
            self._counts[key] = count
            if len(self._counts) > _MOST_COUNTS:
                self._counts.popitem(last=False)


class Reader:
    """A connection to the database, opened with the first read. One request uses it at a time.

    After a failure the request's other reads fail as well, and the next request opens anew: a
    file that was put right is read again without a restart.
    """

    def __init__(self, database: Path, clock: Clock, counts: Counts) -> None:
        self._database = database
        self._clock = clock
        self._connection: apsw.Connection | None = None
        self._correlation_id: str | None = None
        self._deadline: datetime | None = None
        self._failure: RecordsUnavailable | QueryTooSlow | None = None
        self._counts = counts

    def close(self) -> None:
        """Close the connection; the next read opens another. Closing twice is closing once."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def begin(self, correlation_id: str, deadline: datetime) -> None:
        """Read everything from one state from now on, whatever is imported meanwhile.

        It is opened by the first read, so that a document that reads nothing costs nothing.

        Args:
            correlation_id: The request's.
            deadline: What is not read by then is not read at all.
        """
        self._correlation_id = correlation_id
        self._deadline = deadline

    def end(self) -> None:
        """Leave the state that `begin` began with."""
        self._correlation_id = self._failure = self._deadline = None
        connection = self._connection
        if connection is not None and connection.in_transaction:
            connection.execute("COMMIT")

    def check(self) -> None:
        """Read something.

        Raises:
            RecordsUnavailable: If nothing can be read. So does every other method.
            QueryTooSlow: If the request has used up its time.
        """
        self.rows("SELECT id FROM person LIMIT 1", ())

    def require_time(self) -> None:
        """Pass while the request has not used up its time.

        Raises:
            QueryTooSlow: If it has.
        """
        if isinstance(self._failure, QueryTooSlow):
            raise self._failure
        if self._is_late():
            raise self._give_up()

    def rows(self, sql: str, bindings: Bindings) -> list[Row]:
        """Return the rows of a statement.

        Raises:
            RecordsUnavailable: If nothing can be read.
            QueryTooSlow: If the request has used up its time.
        """
        if self._failure is not None:
            raise self._failure
        self.require_time()
        try:
            connection = self._connection
            if connection is None:
                connection = self._connection = self._open()
            if self._correlation_id is not None and not connection.in_transaction:
                connection.execute("BEGIN")
            return connection.execute(sql, bindings).fetchall()
        except apsw.InterruptError as error:
            raise self._give_up() from error
        except (apsw.Error, DatabaseUnusable) as error:
            self.close()
            failure = self._fail(error)
            raise failure from error

    def count(self, sql: str, bindings: Mapping[str, str | int | None]) -> int:
        """Return the one number of a statement, which is remembered until the next import."""
        # Read in the snapshot that is counted in: so it is exact, whoever imports meanwhile.
        imports = self.rows("SELECT imports FROM origin", ())
        key = (imports[0][0] if imports else 0, sql, tuple(bindings.items()))
        known = self._counts.find(key)
        if known is None:
            ((known,),) = self.rows(sql, bindings)
            self._counts.keep(key, known)
        return known

    def _open(self) -> apsw.Connection:
        connection = connect_for_reading(self._database, _PATIENCE)
        connection.set_progress_handler(self._is_late, _STEPS)
        return connection

    def _is_late(self) -> bool:
        return self._deadline is not None and self._clock.now() > self._deadline

    def _give_up(self) -> QueryTooSlow:
        # Once a request: this failure is raised again by all that is asked of it afterwards.
        _log.warning(
            "a request has used up its time", extra={"correlation_id": self._correlation_id}
        )
        failure = self._failure = QueryTooSlow()
        return failure

    def _fail(self, error: apsw.Error | DatabaseUnusable) -> RecordsUnavailable:
        # Logged here, since a typed error in an answer leaves the server nothing to log. Once a
        # request, without a traceback: all reads fail at the same place.
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        _log.error(
            "the records' database %s cannot be read",
            self._database,
            extra={"cause": repr(cause), "correlation_id": self._correlation_id},
        )
        failure = RecordsUnavailable()
        if self._correlation_id is not None:
            self._failure = failure
        return failure


class Readers:
    """The readers of one process, as many as requests were ever answered at once.

    SQLite connections do not survive a fork: a child has readers of its own, and leaves its
    parent's alone, as closing them would drop the parent's locks.
    """

    def __init__(self, database: Path, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._counts = Counts()
        self._process = os.getpid()
        # The last one given back goes out first: it has the most in its caches.
        self._idle: list[Reader] = []
        self._inherited: list[Reader] = []

    def take(self) -> Reader:
        """Lend a reader that nobody else uses until it is given back."""
        process = os.getpid()
        if process != self._process:
            self._process = process
            self._inherited += self._idle
            self._idle = []
        try:
            return self._idle.pop()
        except IndexError:
            return Reader(self._database, self._clock, self._counts)

    def give_back(self, reader: Reader) -> None:
        """Take a reader back."""
        self._idle.append(reader)

    def close(self) -> None:
        """Close the readers that nobody uses. Closing twice is closing once."""
        if os.getpid() == self._process:
            while self._idle:
                self._idle.pop().close()
