"""A file of any version becomes what an import would have made of it."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import apsw
import pytest

from services.imports.tables import select
from support.fakes import StoppedClock
from watchword import sqlite
from watchword.services.imports import import_invented
from watchword.services.records import tables
from watchword.services.records.migrations import MIGRATIONS

if TYPE_CHECKING:
    from pathlib import Path

WAIT = timedelta(seconds=1)
RECORDS = """
INSERT INTO origin VALUES (1, 'old', 0, '2026-01-01T00:00:00+00:00');
INSERT INTO person_identity VALUES (7, 'old', 'person:7');
INSERT INTO organization_identity VALUES (3, 'old', 'organization:3');
INSERT INTO role_identity VALUES (1, 'old', 'role:1'), (2, 'old', 'role:2');
INSERT INTO person VALUES (7, 'Ágnes', NULL, 'Testerby', 'Ágnes Testerby', 'F', '1970-02-03');
INSERT INTO organization VALUES (3, 'Kettles', 'Company', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO role VALUES
  (1, 7, 3, 'Chair', '2001', NULL, 1, 0, 0, 0), (2, 7, 3, 'Trustee', NULL, NULL, 1, 0, 0, 0);
"""


def old_file(path: Path) -> Path:
    with closing(sqlite.connect(path, wait=WAIT, is_reader=False, may_make=True)) as connection:
        sqlite.bring_to_version(connection, tables.APPLICATION_ID, MIGRATIONS[:1])
        connection.execute(RECORDS)
    return path


def schema(path: Path) -> set[tuple[str, str]]:
    with closing(apsw.Connection(str(path))) as connection:
        found = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
        return {(name, " ".join(sql.split())) for name, sql in found}


def test_an_old_file_has_the_tables_of_a_new_one_and_of_an_import(tmp_path: Path) -> None:
    old, new, filled = tmp_path / "old.db", tmp_path / "new.db", tmp_path / "filled.db"
    tables.connect(old_file(old), WAIT).close()
    tables.connect(new, WAIT).close()
    import_invented(filled, seed=1, people=1, clock=StoppedClock())

    assert schema(old) == schema(new) == schema(filled)


@pytest.mark.parametrize("word", ["agnes", "testerby", "kettles"])
def test_people_of_an_old_file_are_found_and_keep_their_ids(tmp_path: Path, word: str) -> None:
    old = old_file(tmp_path / "old.db")

    tables.connect(old, WAIT).close()

    found = "SELECT rowid FROM person_keyword WHERE person_keyword MATCH ?"
    assert select(old, found, word) == [7]
    assert select(old, "SELECT id, start_date, since_with_organization FROM role") == [
        (1, "2001", "2001"),
        (2, "", "2001"),
    ]
