"""Says what each code of a GraphQL answer means, from the code that answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watchword.access.errors import (
    AnswerTooLarge,
    DocumentNotFound,
    DocumentNotTrusted,
    MethodNotAllowed,
)
from watchword.services.engine.errors import ADVICE, ERROR_TYPES, Code
from watchword.services.records.errors import QueryTooSlow, RecordsUnavailable
from watchword.services.records.paging import BAD_USER_INPUT
from watchword.web.responses import code_of

if TYPE_CHECKING:
    from collections.abc import Iterable

Rows = list[tuple[str, str]]


def document_rows() -> Rows:
    """Return what can be wrong with a document, by code."""
    return _rows(
        (
            *((code.value, ADVICE[code]) for code in Code),
            (
                MethodNotAllowed.code,
                "A GET asks for more than a query. Use POST. The status is always 405.",
            ),
            *(
                (kind.code, f"{_summary(kind)} The text: *{kind.default_public}*")
                for kind in (DocumentNotFound, DocumentNotTrusted, AnswerTooLarge)
            ),
        )
    )


def field_rows() -> Rows:
    """Return why a field has no answer, by code."""
    return _rows(
        (
            (
                BAD_USER_INPUT,
                "A filter, a page or a cursor makes no sense. Correct what the text names.",
            ),
            *((kind.code, kind.public) for kind in (QueryTooSlow, RecordsUnavailable)),
            (
                code_of(RuntimeError()),
                "The service failed. Tell your provider the `correlationId` beside the code.",
            ),
        )
    )


def soft_rows() -> Rows:
    """Return what an error says that takes nothing from the rest of the answer, by its type."""
    return _rows(ERROR_TYPES.items())


def _rows(said: Iterable[tuple[str, str]]) -> Rows:
    return [(f"`{code}`", text) for code, text in said]


def _summary(kind: type[Exception]) -> str:
    return (kind.__doc__ or "").partition("\n")[0]
