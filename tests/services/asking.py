"""Asks a service over the records as the server would, and counts its SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import ExecutionResult

from watchword.access.model import DocumentLimits
from watchword.services.directory import PACKAGES
from watchword.services.engine.judging import Judged, judge
from watchword.services.engine.operations import run
from watchword.services.engine.running import Run

if TYPE_CHECKING:
    import apsw

    from watchword.services.records.served import RecordsService

CORRELATION_ID = "the-correlation-id"


class Asker:
    """Asks a service, as the server would; its account has every package."""

    def __init__(self, service: RecordsService) -> None:
        self.service = service
        self._judged: dict[str, Judged] = {}

    def result(self, query: str, **variables: object) -> ExecutionResult:
        """Run the document's first operation."""
        return self.run(query, None, variables)

    def run(
        self, query: str, operation: str | None, variables: dict[str, object]
    ) -> ExecutionResult:
        """Run one operation of a document."""
        if query not in self._judged:
            self._judged[query] = judge(self.service.schema, query, DocumentLimits())
        judged = self._judged[query]
        assert judged.operations, judged.errors
        chosen = judged.operations[operation or next(iter(judged.operations))]
        compiled, coerced = chosen.compile(variables), chosen.coerce(variables)
        with self.service.request(CORRELATION_ID) as context:
            state = Run(context, coerced, frozenset(PACKAGES))
            found = run(compiled, state)
        return ExecutionResult(found, state.errors or None)

    def __call__(self, query: str, **variables: object) -> dict[str, Any]:
        result = self.result(query, **variables)
        assert result.errors is None, result.errors
        assert result.data is not None
        answer: dict[str, Any] = result.data
        return answer

    def refusal(self, query: str, **variables: object) -> str:
        """Return the one error's text; it must be a caller's mistake, not a fault of ours."""
        result = self.result(query, **variables)
        assert result.errors is not None
        (error,) = result.errors
        assert error.extensions == {"code": "BAD_USER_INPUT"}
        message: str = error.message
        return message


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
