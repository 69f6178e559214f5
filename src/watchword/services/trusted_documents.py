"""Says whether a text is a document that a service can run, before an operator registers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphql import ExecutableDefinitionNode, GraphQLError, OperationDefinitionNode, parse

from watchword.access.errors import Malformed
from watchword.access.model import MOST_OF_A_DOCUMENT, DocumentLimits
from watchword.services.engine.errors import DocumentRefused
from watchword.services.engine.judging import judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from graphql import DocumentNode

    from watchword.services.directory import Service

_WIDEST: Final = DocumentLimits(
    tokens=MOST_OF_A_DOCUMENT["tokens"],
    depth=MOST_OF_A_DOCUMENT["depth"],
    aliases=MOST_OF_A_DOCUMENT["aliases"],
    root_fields=MOST_OF_A_DOCUMENT["root_fields"],
    introspection=True,
)
"""Of any plan: a document that none lets through is not worth registering."""


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
            _require_operations(parse(text, max_tokens=_WIDEST.tokens))
        except GraphQLError as error:
            raise Malformed(_word(error.formatted)) from error
        except RecursionError as error:
            raise Malformed("the document is nested too deeply") from error
        schema = self._schemas.get(service)
        if schema is None:
            return
        judged = judge(schema, text, _WIDEST)
        if judged.errors:
            raise Malformed(_word(judged.errors[0]))
        try:
            judged.require(_WIDEST)
        except DocumentRefused as refused:
            raise Malformed(refused.message) from refused


def _require_operations(document: DocumentNode) -> None:
    definitions = document.definitions
    if not all(isinstance(node, ExecutableDefinitionNode) for node in definitions):
        raise Malformed("the document defines types: register queries and mutations alone")
    if not any(isinstance(node, OperationDefinitionNode) for node in definitions):
        raise Malformed("the document holds no operation")


def _word(error: Mapping[str, Any]) -> str:
    locations = error.get("locations")
    if not locations:
        return str(error["message"])
    return f"line {locations[0]['line']} of the document: {error['message']}"
