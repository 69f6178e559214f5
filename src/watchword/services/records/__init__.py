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
from watchword.services.records.tables import give_back_disk

__all__ = [
    "DatabaseUnusable",
    "ExportRefused",
    "ImportRefused",
    "NobodyYet",
    "QueryTooSlow",
    "RecordsError",
    "RecordsUnavailable",
    "give_back_disk",
    "sample_person_id",
]
