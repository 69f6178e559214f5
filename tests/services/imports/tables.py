"""Looks into the tables of the records' database."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import apsw

from watchword.services.records.tables import TABLE_NAMES

if TYPE_CHECKING:
    from pathlib import Path

RECORDS = (
    "person",
    "organization",
    "role",
    "membership",
    "charitable_donation",
    "political_donation",
    "wealth_asset",
)
IDENTITIES = tuple(f"{table}_identity" for table in RECORDS)


def select(database: Path, sql: str, *bindings: Any) -> list[Any]:
    """Return the rows; those of one column without their tuples."""
    with closing(apsw.Connection(str(database))) as connection:
        rows = connection.execute(sql, bindings).fetchall()
    return [row[0] if len(row) == 1 else row for row in rows]


def everything(database: Path) -> dict[str, list[Any]]:
    """Return all that the database holds.

    But for the words that people are found by, and for how often there was an import.
    """
    tables = [name for name in TABLE_NAMES if not name.endswith("_keyword")]
    # How often it was imported is no part of what was.
    origin = select(database, "SELECT source, is_invented, imported_at FROM origin")
    return {"origin": origin} | {
        table: select(database, f"SELECT * FROM {table} ORDER BY 1, 2")  # noqa: S608 - ours
        for table in (*tables, *IDENTITIES, "event_seen")
    }


def found(database: Path, words: str) -> list[str]:
    """Return the names of the people that a full-text expression finds."""
    return select(
        database,
        "SELECT name FROM person WHERE id IN "
        "(SELECT rowid FROM person_keyword WHERE person_keyword MATCH ?) ORDER BY id",
        words,
    )
