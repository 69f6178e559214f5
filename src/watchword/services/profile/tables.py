"""The tables of the Profile database and how it is opened. Knows nothing of what is asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw

if TYPE_CHECKING:
    from datetime import timedelta
    from pathlib import Path

APPLICATION_ID = 0x57575046
"""Marks the file as a Profile database (`WWPF`), so that no import overwrites another one."""
VERSION = 1

# The identity tables are never emptied: a record that leaves its source and returns keeps its id,
# and no id is ever given to anything else.
_TABLES = """
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


class ForeignDatabase(Exception):
    """The file is no Profile database, or one of a later version; the text says which."""


def connect(database: Path, patience: timedelta) -> apsw.Connection:
    """Open the database, making it and its tables where there are none.

    Args:
        database: The file. Its directory must exist.
        patience: How long a statement waits for another connection's lock.

    Raises:
        ForeignDatabase: If the file holds something else. It is left as it is.
        apsw.Error: If the file cannot be opened or written.
    """
    connection = apsw.Connection(str(database))
    try:
        connection.set_busy_timeout(int(patience.total_seconds() * 1000))
        _prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_for_reading(database: Path, patience: timedelta) -> apsw.Connection:
    """Open an existing database so that nothing can be changed through the connection.

    Raises:
        ForeignDatabase: If the file holds something else.
        apsw.Error: If there is no such file, or it cannot be opened.
    """
    # Not SQLITE_OPEN_READONLY: a reader of a WAL file may have to make the file's shared memory.
    connection = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.set_busy_timeout(int(patience.total_seconds() * 1000))
        connection.pragma("query_only", True)
        # Intermediate results stay in memory: making a file of their own doubled a short query.
        connection.pragma("temp_store", "memory")
        _require_prepared(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: apsw.Connection) -> None:
    connection.pragma("foreign_keys", True)
    if _is_prepared(connection):
        return
    connection.pragma("journal_mode", "wal")
    connection.execute("BEGIN IMMEDIATE")
    # Asked again under the lock: two processes may have found the same empty file.
    if not _is_prepared(connection):
        connection.execute(_TABLES)
        connection.pragma("application_id", APPLICATION_ID)
        connection.pragma("user_version", VERSION)
    connection.execute("COMMIT")


def _require_prepared(connection: apsw.Connection) -> None:
    if not _is_prepared(connection):
        raise ForeignDatabase("it has no tables of the Profile service")


def _is_prepared(connection: apsw.Connection) -> bool:
    if connection.pragma("application_id") != APPLICATION_ID:
        if connection.execute("SELECT count(*) FROM sqlite_schema").get:
            raise ForeignDatabase("it is another program's database")
        return False
    version = connection.pragma("user_version")
    if version != VERSION:
        raise ForeignDatabase(f"its tables are of version {version}, this program's of {VERSION}")
    return True
