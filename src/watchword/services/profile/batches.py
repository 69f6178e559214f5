"""Sibling batches: what one object of a list is asked is read for all objects of that list at once.

graphql-core resolves one object to its end before it turns to the next. Without batches a page of
50 people would read 50 times the roles, and again for each role's organization. A batch lives as
long as the objects that share it, which is one request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping


class Batch:
    """The record numbers of a list's objects, and what was read for them so far."""

    __slots__ = ("_answers", "numbers")

    def __init__(self, numbers: tuple[int, ...]) -> None:
        self.numbers = numbers
        self._answers: dict[Hashable, Mapping[int, Any]] = {}

    def load(
        self, question: Hashable, read: Callable[[tuple[int, ...]], Mapping[int, Any]]
    ) -> Mapping[int, Any]:
        """Return the answers for all objects by number; `read` runs once for a question."""
        answers = self._answers.get(question)
        if answers is None:
            answers = self._answers[question] = read(self.numbers)
        return answers
