"""Says whether a text is a document that a service can run, before an operator registers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphql import (
    ExecutableDefinitionNode,
    GraphQLError,
    OperationDefinitionNode,
    parse,
    validate,
)

from watchword.access.errors import Malformed
from watchword.access.model import MOST_OF_A_DOCUMENT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphql import DocumentNode

    from watchword.services.directory import Service

_MOST_TOKENS: Final = MOST_OF_A_DOCUMENT["tokens"]


class DocumentJudge:
    """Judges documents: by the schema, where the service runs in this process.

    Args:
        services: Those of this process. They may be closed.
    """

    def __init__(self, services: Iterable[Service]) -> None:
        self._schemas = {service.name: service.schema for service in services}

    def require_valid(self, service: str, text: str) -> None:
        """Pass when a service can run a document.

        Raises:
            Malformed: If it does not parse, holds no operation, or does not fit the schema.
        """
        try:
            document = parse(text, max_tokens=_MOST_TOKENS)
            _require_operations(document)
            schema = self._schemas.get(service)
            errors = [] if schema is None else validate(schema, document, max_errors=1)
        except GraphQLError as error:
            raise Malformed(_word(error)) from error
        except RecursionError as error:
            raise Malformed("the document is nested too deeply") from error
        if errors:
            raise Malformed(_word(errors[0]))


def _require_operations(document: DocumentNode) -> None:
    definitions = document.definitions
    if not all(isinstance(node, ExecutableDefinitionNode) for node in definitions):
        raise Malformed("the document defines types: register queries and mutations alone")
    if not any(isinstance(node, OperationDefinitionNode) for node in definitions):
        raise Malformed("the document holds no operation")


def _word(error: GraphQLError) -> str:
    if not error.locations:
        return error.message
    return f"line {error.locations[0].line} of the document: {error.message}"
