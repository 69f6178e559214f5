"""What can be wrong with a document, and the soft errors of its fields.

DocumentRefused      the document does not run; the caller reads why, and a code
SoftError            one field of a document that runs
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from watchword.access.errors import WatchwordError

UNAUTHORIZED: Final = "unauthorized"
DEPRECATED: Final = "deprecated"


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
