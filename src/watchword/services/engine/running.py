"""What one run of an operation carries along: the caller's values, and what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphql import GraphQLError, located_error

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graphql import FieldNode

    from watchword.services.engine.errors import SoftError
    from watchword.services.engine.places import Place

# An error names the first place of its field in the document, and not all: to tell the line of one
# place takes a look through the text.
MOST_ERRORS: Final = 100
"""Told of one answer. What has failed beyond is null without a word."""


class Broken:
    """Stands for a value whose error has been told, until something above may be null."""

    def __repr__(self) -> str:
        return "BROKEN"


BROKEN: Final = Broken()


class Run:
    """One run of an operation.

    Args:
        context: What the service's resolvers share.
        variables: The caller's values, as graphql-core coerced them.
        packages: What the caller's account has beyond the core.
        require_time: Raises when the time of the run is over, which ends it.

    Attributes:
        errors: What went wrong so far, soft errors too.
        failures: How often a value was found broken, told or not.
    """

    __slots__ = (
        "_softened",
        "context",
        "errors",
        "failures",
        "packages",
        "require_time",
        "variables",
    )

    def __init__(
        self,
        context: Any,  # noqa: ANN401 - the service's own
        variables: Any,  # noqa: ANN401 - graphql-core's
        packages: frozenset[str],
        require_time: Callable[[], None] = lambda: None,
    ) -> None:
        self.context = context
        self.variables = variables
        self.packages = packages
        self.require_time = require_time
        self.errors: list[GraphQLError] = []
        self.failures = 0
        self._softened: set[int] = set()

    def fail(
        self, error: Exception, nodes: Sequence[FieldNode], place: Place, index: int
    ) -> Broken:
        """Tell that the value at a place has failed, and return what stands for it."""
        self.failures += 1
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(located_error(error, nodes[:1], place.path(index)))
        return BROKEN

    def soften(self, error: SoftError, nodes: Sequence[FieldNode], place: Place) -> None:
        """Tell once of a field what holds of it everywhere, at the first of its places."""
        if id(nodes) not in self._softened and len(self.errors) < MOST_ERRORS:
            self._softened.add(id(nodes))
            self.errors.append(located_error(error, nodes[:1], place.path(0)))
