"""How a plan's row says what documents the plan lets through."""

from __future__ import annotations

from dataclasses import fields
from typing import Final

from watchword.access.model import DocumentLimits

DOCUMENT_COLUMNS: Final = ", ".join(field.name for field in fields(DocumentLimits))
"""In the order of `DocumentLimits`, whose members they are called after."""


def to_documents(*columns: int) -> DocumentLimits:
    """Read the columns of a plan."""
    tokens, depth, aliases, root_fields, list_size, cost, introspection, trusted_only = columns
    return DocumentLimits(
        tokens,
        depth,
        aliases,
        root_fields,
        list_size,
        cost,
        introspection=bool(introspection),
        trusted_only=bool(trusted_only),
    )
