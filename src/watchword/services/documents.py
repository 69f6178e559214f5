"""Executes GraphQL documents, each parsed and validated once, in a bounded memory."""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    OperationDefinitionNode,
    execute_sync,
    parse,
    validate,
)

from watchword.services.directory import ServiceFailure

if TYPE_CHECKING:
    from watchword.services.directory import Service

_MOST_TOKENS: Final = 10_000
_MOST_ERRORS: Final = 20
_LONGEST_REMEMBERED: Final = 16_384
"""Characters. A longer document is parsed anew each time: memory is bounded by bytes too."""

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
    document: DocumentNode | None
    errors: tuple[GraphQLError, ...]


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

    def answer(self, question: Question, correlation_id: str) -> Answer:
        """Answer a question. Whatever goes wrong is an answer, too."""
        judged = self._judge(question.query)
        if judged.document is None or judged.errors:
            return Answer({"errors": [error.formatted for error in judged.errors]}, False)
        if question.is_query_only and not _is_query(judged.document, question.operation_name):
            return Answer(_one_error("Use POST for anything but a query."), False, True)
        with self._service.request(correlation_id) as context:
            result = execute_sync(
                self._service.schema,
                judged.document,
                context_value=context,
                variable_values=question.variables,
                operation_name=question.operation_name,
            )
        return _to_answer(result, correlation_id)

    def _judge(self, query: str) -> _Judged:
        judged = self._judged.get(query)
        if judged is not None:
            self._judged.move_to_end(query)
            return judged
        judged = self._parse_and_validate(query)
        if len(query) <= _LONGEST_REMEMBERED:
            self._judged[query] = judged
            if len(self._judged) > self._bound:
                self._judged.popitem(last=False)
        return judged

    def _parse_and_validate(self, query: str) -> _Judged:
        try:
            document = parse(query, max_tokens=_MOST_TOKENS)
            errors = validate(self._service.schema, document, max_errors=_MOST_ERRORS)
        except GraphQLError as error:
            return _Judged(None, (error,))
        except RecursionError:
            return _Judged(None, (GraphQLError("The document is nested too deeply."),))
        return _Judged(document, tuple(errors))


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
        return Answer({"data": result.data}, True)
    # Without data the operation never began: a name or a variable did not fit.
    is_executed = result.data is not None or any(error.path for error in errors)
    members: dict[str, Any] = {"errors": [_to_public(error, correlation_id) for error in errors]}
    if is_executed:
        members["data"] = result.data
    return Answer(members, is_executed)


def _to_public(error: GraphQLError, correlation_id: str) -> dict[str, Any]:
    original = error.original_error
    if original is None or isinstance(original, GraphQLError):
        return dict(error.formatted)
    # The text of an unforeseen exception is for the log alone.
    _log.error("a resolver failed", exc_info=original, extra={"correlation_id": correlation_id})
    masked = dict(error.formatted)
    if isinstance(original, ServiceFailure):
        return masked
    masked["message"] = "The service failed. The log has the reason under the correlation id."
    masked["extensions"] = {"code": "INTERNAL_SERVER_ERROR", "correlationId": correlation_id}
    return masked


def _one_error(message: str) -> dict[str, Any]:
    return {"errors": [{"message": message}]}
