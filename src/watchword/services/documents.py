"""Executes GraphQL documents, each parsed and validated once, in a bounded memory."""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLFormattedError,
    OperationDefinitionNode,
    execute_sync,
    parse,
    validate,
)

from watchword.services.cost import CostEstimator
from watchword.services.directory import ServiceFailure

if TYPE_CHECKING:
    from watchword.services.directory import Service

_MOST_TOKENS: Final = 2_000
_MOST_FIELDS: Final = 25_000
"""Fields of one answer. They take a quarter of a second, in which nobody else is served."""
_MOST_ERRORS: Final = 20
_MOST_ESTIMATES: Final = 20
"""Kept of one document: a caller may name operations that it does not hold."""
_LONGEST_REMEMBERED: Final = 8_192
"""Characters. A longer document is parsed anew each time."""
_MOST_CHARACTERS: Final = 262_144
"""Characters of all remembered documents. A parsed one takes some 130 bytes for each."""

_TOO_DEEP: Final = "The document is nested too deeply."

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
class _Judged:
    """A parsed document, or what is wrong with it: as text, since an error holds the tree."""

    document: DocumentNode | None
    errors: tuple[GraphQLFormattedError, ...]
    costs: dict[str | None, int] = field(default_factory=dict[str | None, int])
    """The estimates by operation, where they do not depend on variables."""


class Documents:
    """Answers questions to one service.

    Args:
        service: Whom to ask.
        remembered: How many parsed and validated documents are kept, refused ones too.
    """

    def __init__(self, service: Service, *, remembered: int) -> None:
        self._service = service
        self._bound = remembered
        self._judged: OrderedDict[str, _Judged] = OrderedDict()
        self._characters = 0

    def answer(self, question: Question, correlation_id: str) -> Answer:
        """Answer a question. Whatever goes wrong is an answer, too."""
        judged = self._judge(question.query)
        if judged.document is None:
            return Answer({"errors": list(judged.errors)}, is_executed=False)
        if question.is_query_only and not _is_query(judged.document, question.operation_name):
            return Answer(
                {"errors": [{"message": "Use POST for anything but a query."}]},
                is_executed=False,
                is_method_refused=True,
            )
        fields = self._estimate(judged, judged.document, question)
        if fields > _MOST_FIELDS:
            return Answer(_too_large(fields), is_executed=False)
        with self._service.request(correlation_id) as context:
            result = execute_sync(
                self._service.schema,
                judged.document,
                context_value=context,
                variable_values=question.variables,
                operation_name=question.operation_name,
            )
        return _to_answer(result, correlation_id)

    def _estimate(self, judged: _Judged, document: DocumentNode, question: Question) -> int:
        known = judged.costs.get(question.operation_name)
        if known is not None:
            return known
        estimator = CostEstimator(self._service.schema, document, question.variables)
        fields = estimator.estimate(question.operation_name)
        if not estimator.uses_variables and len(judged.costs) < _MOST_ESTIMATES:
            judged.costs[question.operation_name] = fields
        return fields

    def _judge(self, query: str) -> _Judged:
        judged = self._judged.get(query)
        if judged is not None:
            self._judged.move_to_end(query)
            return judged
        judged = self._parse_and_validate(query)
        if len(query) <= _LONGEST_REMEMBERED:
            self._remember(query, judged)
        return judged

    def _remember(self, query: str, judged: _Judged) -> None:
        self._judged[query] = judged
        self._characters += len(query)
        while len(self._judged) > self._bound or self._characters > _MOST_CHARACTERS:
            forgotten, _ = self._judged.popitem(last=False)
            self._characters -= len(forgotten)

    def _parse_and_validate(self, query: str) -> _Judged:
        try:
            document = parse(query, max_tokens=_MOST_TOKENS)
            errors = validate(self._service.schema, document, max_errors=_MOST_ERRORS)
        except GraphQLError as error:
            return _Judged(None, (error.formatted,))
        except RecursionError:
            return _Judged(None, ({"message": _TOO_DEEP},))
        if errors:
            return _Judged(None, tuple(error.formatted for error in errors))
        return _Judged(document, ())


def _is_query(document: DocumentNode, operation_name: str | None) -> bool:
    operations = [
        node for node in document.definitions if isinstance(node, OperationDefinitionNode)
    ]
    return all(
        node.operation.value == "query"
        for node in operations
        if operation_name is None or (node.name is not None and node.name.value == operation_name)
    )


def _to_answer(result: ExecutionResult, correlation_id: str) -> Answer:
    errors = result.errors
    if not errors:
        return Answer({"data": result.data}, is_executed=True)
    # Without data the operation never began: a name or a variable did not fit.
    is_executed = result.data is not None or any(error.path for error in errors)
    _log_failures(errors, correlation_id)
    members: dict[str, Any] = {"errors": [_to_public(error, correlation_id) for error in errors]}
    if is_executed:
        members["data"] = result.data
    return Answer(members, is_executed)


def _to_public(error: GraphQLError, correlation_id: str) -> dict[str, Any]:
    formatted = dict(error.formatted)
    if _is_for_callers(error):
        return formatted
    if isinstance(error.original_error, RecursionError):
        formatted["message"] = _TOO_DEEP
        return formatted
    formatted["message"] = "The service failed. The log has the reason under the correlation id."
    formatted["extensions"] = {"code": "INTERNAL_SERVER_ERROR", "correlationId": correlation_id}
    return formatted


def _too_large(fields: int) -> dict[str, Any]:
    message = (
        f"The document asks for up to {fields} fields, and {_MOST_FIELDS} are answered at once. "
        "Ask for smaller pages."
    )
    return {"errors": [{"message": message, "extensions": {"code": "ANSWER_TOO_LARGE"}}]}


def _is_for_callers(error: GraphQLError) -> bool:
    original = error.original_error
    return original is None or isinstance(original, GraphQLError | ServiceFailure)


def _log_failures(errors: list[GraphQLError], correlation_id: str) -> None:
    # A failure shows at every object that asked; it is logged once.
    failures = {
        id(error.original_error): error.original_error
        for error in errors
        if not _is_for_callers(error) and not isinstance(error.original_error, RecursionError)
    }
    for failure in failures.values():
        # The text of an unforeseen exception is for the log alone.
        _log.error("a resolver failed", exc_info=failure, extra={"correlation_id": correlation_id})
