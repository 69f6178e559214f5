"""Tells when the records came in."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from watchword.services.records.reading import Reader


def read_day_of_import(reader: Reader) -> str:
    """Return the day on which the records were imported, in ISO 8601.

    There is one wherever there is a record.
    """
    ((day,),) = reader.rows("SELECT substr(imported_at, 1, 10) FROM origin", ())
    return cast("str", day)
