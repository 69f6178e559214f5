"""What can be wrong with a document, and the soft errors of its fields.

DocumentRefused      the document does not run; the caller reads why, and a code
SoftError            one field of a document that runs
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from watchword.access.errors import WatchwordError

if TYPE_CHECKING:
    from collections.abc import Mapping

UNAUTHORIZED: Final = "unauthorized"
DEPRECATED: Final = "deprecated"
ERROR_TYPES: Final[Mapping[str, str]] = {
    UNAUTHORIZED: (
        "The account may not read the field, which is null. The text names the package that it "
        "belongs to. Ask your provider for it, or leave the field out."
    ),
    DEPRECATED: (
        "The field is about to go, and is answered as before. The text says what to ask for "
        "instead."
    ),
}
"""What the `errorType` of a soft error means to callers."""


class Code(StrEnum):
    """Why a document does not run, as `extensions.code`."""

    DOCUMENT_INVALID = "DOCUMENT_INVALID"
    DOCUMENT_TOO_LARGE = "DOCUMENT_TOO_LARGE"
    DOCUMENT_TOO_DEEP = "DOCUMENT_TOO_DEEP"
    TOO_MANY_ALIASES = "TOO_MANY_ALIASES"
    TOO_MANY_ROOT_FIELDS = "TOO_MANY_ROOT_FIELDS"
    LIST_TOO_LARGE = "LIST_TOO_LARGE"
    COST_TOO_HIGH = "COST_TOO_HIGH"
    INTROSPECTION_FORBIDDEN = "INTROSPECTION_FORBIDDEN"
    OPERATION_UNKNOWN = "OPERATION_UNKNOWN"
    VARIABLES_INVALID = "VARIABLES_INVALID"
    VARIABLES_TOO_LARGE = "VARIABLES_TOO_LARGE"


ADVICE: Final[Mapping[Code, str]] = {
    Code.DOCUMENT_INVALID: (
        "The document does not parse, or does not fit the schema. Correct what the text names."
    ),
    Code.DOCUMENT_TOO_LARGE: (
        "The document is too long, or repeats itself too often. Ask for fewer fields, or split it."
    ),
    Code.DOCUMENT_TOO_DEEP: "Fields are nested too deeply. Nest less.",
    Code.TOO_MANY_ALIASES: "Too many fields are asked for under another name. Use fewer aliases.",
    Code.TOO_MANY_ROOT_FIELDS: "The operation has too many fields of its own. Split it.",
    Code.LIST_TOO_LARGE: "A page or a list of ids is too long. Ask for smaller ones.",
    Code.COST_TOO_HIGH: (
        "The operation may cost more points than the plan allows. Ask for smaller pages or fewer "
        "fields."
    ),
    Code.INTROSPECTION_FORBIDDEN: (
        "The plan does not let documents ask for the schema. Ask your provider for it."
    ),
    Code.OPERATION_UNKNOWN: (
        "The document holds several operations, or none of the name that is asked. Name one of "
        "them by `operationName`."
    ),
    Code.VARIABLES_INVALID: (
        "A variable is missing, or its value does not fit its type. Correct what the text names."
    ),
    Code.VARIABLES_TOO_LARGE: "The variables hold too many values. Ask in several requests.",
}
"""What each code means to callers, and what to do. An answer's own text says more."""


class DocumentRefused(WatchwordError):
    """A document does not run. The text is for callers.

    Args:
        code: Names the reason to programs.
        message: Says it, and what to do.
        facts: What else programs may want to know; they stand beside the code.
    """

    def __init__(self, code: Code, message: str, **facts: int) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.facts = facts


class SoftError(WatchwordError):
    """A field answers null, or less than it could, and the rest of the answer is as usual.

    Args:
        message: For callers.
        error_type: Stands as `errorType` beside the message: `unauthorized` or `deprecated`.
    """

    def __init__(self, message: str, error_type: str) -> None:
        super().__init__(message)
        self.error_type = error_type


def unauthorized(message: str) -> SoftError:
    """Return the error of a field that the caller's account may not read."""
    return SoftError(message, UNAUTHORIZED)
