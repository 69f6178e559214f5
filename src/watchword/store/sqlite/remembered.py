"""Answers that are remembered while nobody, in any process, has committed anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from watchword.store.sqlite.database import Database

V = TypeVar("V")
_MOST: Final = 16_384
"""Answers kept in memory; the longest take about 2 kB each."""


class Remembered(Generic[V]):
    """What was read before, taken only while the file has not changed: that is asked each time.

    The version is asked before anything is read. So a commit in between makes what is
    remembered newer than its version, and never older.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._version: int | None = None
        self._answers: dict[Hashable, V] = {}

    def find(self, asked: Hashable, read: Callable[[], V]) -> V:
        """Return the answer to a question.

        Args:
            asked: The question.
            read: Reads the answer, in one statement.

        Raises:
            StoreUnavailable: If there is none.
        """
        version = self._database.read_version()
        answers = self._answers
        if version != self._version or len(answers) >= _MOST:
            answers.clear()
            self._version = version
        try:
            return answers[asked]
        except KeyError:
            answer = answers[asked] = read()
            return answer
