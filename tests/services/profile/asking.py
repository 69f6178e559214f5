"""Asks a Profile service as the server would, and counts its SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import ExecutionResult, execute, parse, validate

if TYPE_CHECKING:
    import apsw

    from watchword.services.profile import ProfileService

CORRELATION_ID = "the-correlation-id"


class Asker:
    """Asks a service, as the server would."""

    def __init__(self, service: ProfileService) -> None:
        self.service = service

    def result(self, query: str, **variables: object) -> ExecutionResult:
        document = parse(query)
        assert validate(self.service.schema, document) == []
        with self.service.request(CORRELATION_ID) as context:
            result = execute(
                self.service.schema, document, context_value=context, variable_values=variables
            )
        assert isinstance(result, ExecutionResult)
        return result

    def __call__(self, query: str, **variables: object) -> dict[str, Any]:
        result = self.result(query, **variables)
        assert result.errors is None, result.errors
        assert result.data is not None
        return result.data

    def refusal(self, query: str, **variables: object) -> str:
        """Return the one error's text; it must be a caller's mistake, not a fault of ours."""
        result = self.result(query, **variables)
        assert result.errors is not None
        (error,) = result.errors
        assert error.extensions == {"code": "BAD_USER_INPUT"}
        return error.message


class Statements:
    """The reading SQL statements of every connection opened while it counts."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def watch(self, connection: apsw.Connection) -> None:
        # Not SQLite's own trace, which tells what the full-text index does inside as well.
        def count(_cursor: apsw.Cursor, sql: str, _bindings: object) -> bool:
            if sql not in {"BEGIN", "COMMIT"}:  # the one snapshot of a request
                self.texts.append(sql)
            return True

        connection.set_exec_trace(count)

    def take(self) -> list[str]:
        """Return the statements since the last time."""
        texts, self.texts = self.texts, []
        return texts
