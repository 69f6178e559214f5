"""The tables of the Profile database and how it is opened. Knows nothing of what is asked of it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import apsw

from watchword import sqlite
from watchword.services.profile.errors import DatabaseUnusable

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import timedelta
    from pathlib import Path

APPLICATION_ID: Final = 0x57575046
"""Marks the file as a Profile database (`WWPF`), so that no import overwrites another one."""

# The identity tables are never emptied: a record that leaves its source and returns keeps its id,
# and no id is ever given to anything else.
_FIRST: Final = """
CREATE TABLE origin (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  source TEXT NOT NULL,
  is_invented INTEGER NOT NULL CHECK (is_invented IN (0, 1)),
  imported_at TEXT NOT NULL
) STRICT;

CREATE TABLE person_identity (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL, source_key TEXT NOT NULL,
  UNIQUE (source, source_key)
) STRICT;
CREATE TABLE organization_identity (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL, source_key TEXT NOT NULL,
  UNIQUE (source, source_key)
) STRICT;
CREATE TABLE role_identity (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL, source_key TEXT NOT NULL,
  UNIQUE (source, source_key)
) STRICT;

CREATE TABLE person (
  id INTEGER PRIMARY KEY REFERENCES person_identity,
  first_name TEXT NOT NULL,
  middle_name TEXT,
  last_name TEXT NOT NULL,
  name TEXT NOT NULL,
  gender TEXT,
  date_of_birth TEXT
) STRICT;
CREATE TABLE organization (
  id INTEGER PRIMARY KEY REFERENCES organization_identity,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  website TEXT,
  address_line1 TEXT, city TEXT, state TEXT, postal_code TEXT, country TEXT, phone TEXT
) STRICT;
CREATE TABLE role (
  id INTEGER PRIMARY KEY REFERENCES role_identity,
  person_id INTEGER NOT NULL REFERENCES person,
  organization_id INTEGER NOT NULL REFERENCES organization,
  title TEXT NOT NULL,
  start_date TEXT,
  end_date TEXT,
  is_board INTEGER NOT NULL CHECK (is_board IN (0, 1)),
  is_committee INTEGER NOT NULL CHECK (is_committee IN (0, 1)),
  is_employment INTEGER NOT NULL CHECK (is_employment IN (0, 1)),
  is_government INTEGER NOT NULL CHECK (is_government IN (0, 1))
) STRICT;
CREATE INDEX role_by_date ON role (start_date DESC, id);
CREATE INDEX role_of_person ON role (person_id, start_date DESC, id);
CREATE INDEX role_at_organization ON role (organization_id, start_date DESC, id);

CREATE VIRTUAL TABLE person_keyword USING fts5 (
  first_name, last_name, name, organization_names,
  content = '', contentless_delete = 1, prefix = '1 2 3',
  tokenize = 'unicode61 remove_diacritics 2'
);
"""

MIGRATIONS: Final = (_FIRST,)
"""Script n brings a file from version n to n + 1. A released script is never changed."""


def connect(database: Path, patience: timedelta) -> apsw.Connection:
    """Open the database, making it and its tables where there are none.

    Args:
        database: The file. Its directory must exist.
        patience: How long a statement waits for another connection's lock.

    Raises:
        DatabaseUnusable: If the file cannot be used; another program's is left as it is.
    """
    with explained(database):
        connection = sqlite.connect(database, wait=patience, is_reader=False, may_make=True)
        with _closed_on_failure(connection):
            sqlite.bring_to_version(connection, APPLICATION_ID, MIGRATIONS)
    return connection


def connect_for_reading(database: Path, patience: timedelta) -> apsw.Connection:
    """Open an existing database so that nothing can be changed through the connection.

    Raises:
        DatabaseUnusable: If there is no such file, or it cannot be used.
    """
    with explained(database):
        connection = sqlite.connect(database, wait=patience, is_reader=True, may_make=False)
        with _closed_on_failure(connection):
            version = sqlite.read_version(connection, APPLICATION_ID, MIGRATIONS)
            if version < len(MIGRATIONS):
                raise DatabaseUnusable(
                    f"{database}: it lacks tables of the Profile service; import people first."
                )
    return connection


@contextmanager
def explained(database: Path) -> Generator[None]:
    """Raise what SQLite says in the block as DatabaseUnusable, in an operator's words."""
    try:
        yield
    except sqlite.FileUnusable as error:
        raise DatabaseUnusable(str(error)) from error
    except apsw.Error as error:
        raise DatabaseUnusable(f"{database}: {sqlite.explain(error)}.") from error


@contextmanager
def _closed_on_failure(connection: apsw.Connection) -> Generator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise
