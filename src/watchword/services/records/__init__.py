"""The records that services serve: how they are kept, and how they are read page by page."""

from watchword.services.records.errors import (
    DatabaseUnusable,
    ExportRefused,
    ImportRefused,
    NobodyYet,
    QueryTooSlow,
    RecordsError,
    RecordsUnavailable,
)
from watchword.services.records.samples import sample_person_id

__all__ = [
    "DatabaseUnusable",
    "ExportRefused",
    "ImportRefused",
    "NobodyYet",
    "QueryTooSlow",
    "RecordsError",
    "RecordsUnavailable",
    "sample_person_id",
]
