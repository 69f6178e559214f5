"""Runs one document that may run, and words what its callers read of whatever went wrong."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from graphql import GraphQLError

from watchword.services.directory import ServiceFailure
from watchword.services.engine.errors import SoftError
from watchword.services.engine.operations import run
from watchword.services.engine.running import Run

if TYPE_CHECKING:
    from watchword.services.directory import ServiceRequest
    from watchword.services.engine.operations import Compiled

_log: Final = logging.getLogger("watchword.services")


@dataclass(slots=True)
class Runnable:
    """An operation with what it needs to run.

    One is made for every request, and a frozen one costs more.

    Attributes:
        points: What it may cost.
        limit: What it might.
    """

    compiled: Compiled
    variables: Any
    packages: frozenset[str]
    points: int
    limit: int
    correlation_id: str

    def run(self, request: ServiceRequest) -> dict[str, Any]:
        """Return `data`, `errors` and `extensions`.

        Where the request's time is over, nothing is left of `data`: before the run or within.
        """
        with request as context:
            state = Run(context, self.variables, self.packages, request.require_time)
            try:
                request.require_time()  # it may have waited for its turn
                data = run(self.compiled, state)
            except ServiceFailure as failure:
                data = None
                state.errors = [GraphQLError(str(failure), original_error=failure)]
        cost = {"requested": self.points, "limit": self.limit}
        members: dict[str, Any] = {"data": data, "extensions": {"cost": cost}}
        if state.errors:
            _log_failures(state.errors, self.correlation_id)
            members["errors"] = [_to_public(error, self.correlation_id) for error in state.errors]
        return members


def _to_public(error: GraphQLError, correlation_id: str) -> dict[str, Any]:
    formatted: dict[str, Any] = {**error.formatted}
    original = error.original_error
    if isinstance(original, SoftError):
        formatted["errorType"] = original.error_type
    elif not _is_for_callers(error):
        formatted["message"] = (
            "The service failed. The log has the reason under the correlation id."
        )
        formatted["extensions"] = {
            "code": "INTERNAL_SERVER_ERROR",
            "correlationId": correlation_id,
        }
    return formatted


def _is_for_callers(error: GraphQLError) -> bool:
    original = error.original_error
    return original is None or isinstance(original, GraphQLError | ServiceFailure | SoftError)


def _log_failures(errors: list[GraphQLError], correlation_id: str) -> None:
    # A failure shows at every object that asked; it is logged once.
    failures = {
        id(error.original_error): error.original_error
        for error in errors
        if not _is_for_callers(error)
    }
    for failure in failures.values():
        # The text of an unforeseen exception is for the log alone.
        _log.error("a resolver failed", exc_info=failure, extra={"correlation_id": correlation_id})
