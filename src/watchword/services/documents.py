"""Answers questions to one service. Whatever goes wrong is an answer, too."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from graphql import GraphQLError

from watchword.access.errors import StoreUnavailable
from watchword.access.model import DocumentLimits
from watchword.services.directory import ServiceFailure
from watchword.services.engine.errors import Code, DocumentRefused, SoftError
from watchword.services.engine.judging import TOO_DEEP, judge, word_error
from watchword.services.engine.operations import VariablesRefused, run
from watchword.services.engine.remembering import Remembered
from watchword.services.engine.running import Run
from watchword.services.engine.variables import require_small

if TYPE_CHECKING:
    from watchword.services.directory import Service
    from watchword.services.engine.judging import Judged
    from watchword.services.engine.operations import Compiled, Operation
    from watchword.services.engine.pricing import Price

_QUICK: Final = 2_000
"""Points. What costs more is answered beside the event loop, so that others are served."""
_THREADS: Final = 2
_MOST_WAITING: Final = 32
"""Slow documents of one worker, the running ones too. One more is asked to come again."""
_NO_PACKAGES: Final[frozenset[str]] = frozenset()

_log: Final = logging.getLogger("watchword.services")


@dataclass(frozen=True, slots=True)
class Question:
    """What a caller asks of a service (GraphQL over HTTP, section 5.1)."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None
    is_query_only: bool
    """Refuse anything but a query, as a GET must."""


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a caller asks.

    Attributes:
        limits: What documents its plan lets through.
        packages: What its account has beyond the core.
    """

    limits: DocumentLimits = field(default_factory=DocumentLimits)
    packages: frozenset[str] = _NO_PACKAGES


@dataclass(frozen=True, slots=True)
class Answer:
    """A GraphQL response.

    Attributes:
        members: `data`, `errors`, `extensions`, as JSON values.
        is_executed: False when the document was refused before it ran.
        is_method_refused: The document holds more than a query, and only one may run.
    """

    members: dict[str, Any]
    is_executed: bool
    is_method_refused: bool = False


@dataclass(frozen=True, slots=True)
class _Ready:
    """A question that may run."""

    compiled: Compiled
    price: Price
    variables: Any


class Documents:
    """Answers questions to one service.

    Args:
        service: Whom to ask.
        remembered: How many judged documents are kept, refused ones too.
    """

    def __init__(self, service: Service, *, remembered: int) -> None:
        self._service = service
        self._remembered = Remembered(remembered)
        self._threads: ThreadPoolExecutor | None = None
        self._waiting = 0

    async def answer(self, question: Question, terms: Terms, correlation_id: str) -> Answer:
        """Answer a question.

        Raises:
            StoreUnavailable: If too many slow questions wait already.
        """
        ready = self._prepare(question, terms)
        if isinstance(ready, Answer):
            return ready
        if not ready.compiled.is_slow and ready.price.points <= _QUICK:
            return self._run(ready, terms, correlation_id)
        if self._waiting >= _MOST_WAITING:
            raise StoreUnavailable("too many slow documents wait")
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="documents")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._threads, self._run, ready, terms, correlation_id
            )
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """End the threads. Closing twice is closing once."""
        threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown(wait=True, cancel_futures=True)

    def _prepare(self, question: Question, terms: Terms) -> _Ready | Answer:
        limits = terms.limits
        judged = self._judge(question.query, limits)
        try:
            judged.require(limits)
            if not judged.operations:
                errors = judged.errors if limits.introspection else judged.bare_errors
                return Answer({"errors": errors}, is_executed=False)
            operation = _choose(judged, question.operation_name)
            if question.is_query_only and not operation.is_query:
                return _METHOD_REFUSED
            given = question.variables or {}
            require_small(given)
            variables = operation.coerce(given)
            size = operation.size
            compiled = operation.compile(given)
            if operation.size != size:
                self._remembered.keep(question.query, judged)
            price = compiled.prices.find(given)
            _require_price(price, limits)
        except DocumentRefused as refused:
            return _refusal(refused)
        except VariablesRefused as refused:
            errors = [
                word_error(error, Code.VARIABLES_INVALID, may_suggest=limits.introspection)
                for error in refused.errors
            ]
            return Answer({"errors": errors}, is_executed=False)
        except RecursionError:
            return _refusal(DocumentRefused(Code.DOCUMENT_TOO_DEEP, TOO_DEEP))
        return _Ready(compiled, price, variables)

    def _judge(self, query: str, limits: DocumentLimits) -> Judged:
        judged = self._remembered.find(query)
        if judged is None or not judged.is_known_to(limits):
            judged = judge(self._service.schema, query, limits)
            self._remembered.keep(query, judged)
        return judged

    def _run(self, ready: _Ready, terms: Terms, correlation_id: str) -> Answer:
        with self._service.request(correlation_id) as context:
            state = Run(context, ready.variables, terms.packages)
            data = run(ready.compiled, state)
        cost = {"requested": ready.price.points, "limit": terms.limits.cost}
        members: dict[str, Any] = {"data": data, "extensions": {"cost": cost}}
        if state.errors:
            _log_failures(state.errors, correlation_id)
            members["errors"] = [_to_public(error, correlation_id) for error in state.errors]
        return Answer(members, is_executed=True)


_METHOD_REFUSED: Final = Answer(
    {"errors": [{"message": "Use POST for anything but a query."}]},
    is_executed=False,
    is_method_refused=True,
)


def _choose(judged: Judged, name: str | None) -> Operation:
    operations = judged.operations
    if name is not None:
        operation = operations.get(name)
        if operation is None:
            raise DocumentRefused(
                Code.OPERATION_UNKNOWN, "The document has no operation of the name that is asked."
            )
        return operation
    if len(operations) > 1:
        raise DocumentRefused(
            Code.OPERATION_UNKNOWN,
            "The document has several operations. Name one by 'operationName'.",
        )
    return next(iter(operations.values()))


def _require_price(price: Price, limits: DocumentLimits) -> None:
    if price.largest > limits.list_size:
        raise DocumentRefused(
            Code.LIST_TOO_LARGE,
            f"The document asks for a page or list of {price.largest}, and {limits.list_size} "
            "are let through. Ask for smaller pages.",
            limit=limits.list_size,
            requested=price.largest,
        )
    if price.points > limits.cost:
        raise DocumentRefused(
            Code.COST_TOO_HIGH,
            f"The document costs up to {price.points} points, and {limits.cost} are let through. "
            "Ask for smaller pages or fewer fields.",
            limit=limits.cost,
            requested=price.points,
        )


def _refusal(refused: DocumentRefused) -> Answer:
    extensions = {"code": refused.code.value, **refused.facts}
    return Answer(
        {"errors": [{"message": refused.message, "extensions": extensions}]}, is_executed=False
    )


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
