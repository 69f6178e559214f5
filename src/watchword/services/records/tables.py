"""The tables of the records' database and how it is opened. Knows nothing of what is asked."""

from __future__ import annotations

import re
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import apsw

from watchword import sqlite
from watchword.services.records.errors import DatabaseUnusable, NobodyYet
from watchword.services.records.folding import fold
from watchword.services.records.migrations import MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

APPLICATION_ID: Final = 0x57575046
"""Marks the file as a database of records (`WWPF`), so that no import overwrites another one."""

_PATIENCE: Final = timedelta(seconds=1)
# A current state is never so long: reading through more of it makes answers slow.
_MOST_CHANGES: Final = 64 * 1024 * 1024

# The identity tables, which `migrations` makes, are never emptied: a record that leaves its source
# and returns keeps its id, and no id is ever given to anything else. Nor is `event_seen`, which
# says when an event was first served. All others are made anew by each import.
TABLES: Final = """
CREATE TABLE person (
  id INTEGER PRIMARY KEY,
  first_name TEXT NOT NULL, middle_name TEXT, last_name TEXT NOT NULL, name TEXT NOT NULL,
  nickname TEXT,
  gender TEXT, date_of_birth TEXT, nationality TEXT, birthplace TEXT,
  relationship_status TEXT, earning_indicator TEXT,
  detail TEXT,
  source TEXT NOT NULL, source_url TEXT
) STRICT;
CREATE TABLE organization (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL, type TEXT NOT NULL, website TEXT,
  address_line1 TEXT, city TEXT, state TEXT, postal_code TEXT, country TEXT, phone TEXT,
  ticker TEXT, industry TEXT, sector TEXT, date_founded TEXT,
  metrics TEXT,
  source TEXT NOT NULL, source_url TEXT
) STRICT;
CREATE TABLE role (
  id INTEGER PRIMARY KEY,
  person_id INTEGER NOT NULL, organization_id INTEGER NOT NULL,
  title TEXT NOT NULL,
  start_date TEXT NOT NULL, end_date TEXT,
  is_board INTEGER NOT NULL CHECK (is_board IN (0, 1)),
  is_committee INTEGER NOT NULL CHECK (is_committee IN (0, 1)),
  is_employment INTEGER NOT NULL CHECK (is_employment IN (0, 1)),
  is_government INTEGER NOT NULL CHECK (is_government IN (0, 1)),
  since_with_organization TEXT NOT NULL,
  detail TEXT,
  source TEXT NOT NULL, source_url TEXT
) STRICT;
CREATE TABLE role_title (title TEXT PRIMARY KEY, folded TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE spelling (
  field TEXT NOT NULL, folded TEXT NOT NULL, text TEXT NOT NULL,
  PRIMARY KEY (field, folded, text)
) STRICT, WITHOUT ROWID;
CREATE TABLE membership (
  id INTEGER PRIMARY KEY,
  person_id INTEGER NOT NULL, organization_id INTEGER NOT NULL,
  title TEXT, start_date TEXT NOT NULL, end_date TEXT,
  source TEXT NOT NULL, source_url TEXT
) STRICT;
CREATE TABLE charitable_donation (
  id INTEGER PRIMARY KEY,
  donor_organization_id INTEGER, recipient_organization_id INTEGER,
  usd_min REAL, usd_max REAL, measurement_date TEXT NOT NULL,
  source TEXT NOT NULL, source_url TEXT
) STRICT;
CREATE TABLE charitable_donor (
  donation_id INTEGER NOT NULL, person_id INTEGER NOT NULL, PRIMARY KEY (donation_id, person_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE political_donation (
  id INTEGER PRIMARY KEY,
  recipient_organization_id INTEGER, recipient_person_id INTEGER, party_organization_id INTEGER,
  usd_min REAL, usd_max REAL, measurement_date TEXT NOT NULL,
  source TEXT NOT NULL, source_url TEXT
) STRICT;
CREATE TABLE political_donor (
  donation_id INTEGER NOT NULL, person_id INTEGER NOT NULL, PRIMARY KEY (donation_id, person_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE wealth_asset (
  id INTEGER PRIMARY KEY,
  owner_id INTEGER NOT NULL,
  name TEXT, classification TEXT, type TEXT, liquidity_type TEXT, remarks TEXT,
  usd_min REAL, usd_max REAL,
  ownership_percentage REAL, ownership_usd_min REAL, ownership_usd_max REAL,
  organization_id INTEGER, purchase_date TEXT, ticker TEXT,
  source TEXT NOT NULL, source_url TEXT
) STRICT;
CREATE VIRTUAL TABLE person_name_keyword USING fts5 (
  first_name, last_name, name,
  content = '', columnsize = 0, prefix = '1 2 3 4 5', tokenize = 'unicode61 remove_diacritics 2'
);
CREATE VIRTUAL TABLE person_keyword USING fts5 (
  words,
  content = '', columnsize = 0, prefix = '1 2 3 4 5', tokenize = 'unicode61 remove_diacritics 2'
);
CREATE VIRTUAL TABLE organization_keyword USING fts5 (
  name, ticker,
  content = '', columnsize = 0, prefix = '1 2 3 4 5', tokenize = 'unicode61 remove_diacritics 2'
);
"""

INDEXES: Final = """
CREATE INDEX employment_by_date ON role (start_date DESC, id)
  WHERE is_employment OR (is_government AND NOT is_board AND NOT is_committee);
CREATE INDEX board_by_date ON role (start_date DESC, id) WHERE is_board;
CREATE INDEX committee_by_date ON role (start_date DESC, id) WHERE is_committee;
CREATE INDEX role_in_government ON role (person_id) WHERE is_government;
CREATE INDEX role_of_person ON role (person_id, start_date DESC, id);
CREATE INDEX role_at_organization ON role (organization_id, start_date DESC, id);
CREATE INDEX end_of_person ON role (person_id, end_date DESC, id) WHERE end_date IS NOT NULL;
CREATE INDEX end_at_organization ON role (organization_id, end_date DESC, id)
  WHERE end_date IS NOT NULL;
CREATE INDEX role_of_title ON role (title);
CREATE INDEX membership_by_date ON membership (start_date DESC, id);
CREATE INDEX membership_of_person ON membership (person_id, start_date DESC, id);
CREATE INDEX membership_in_organization ON membership (organization_id, start_date DESC, id);
CREATE INDEX charitable_by_date ON charitable_donation (measurement_date DESC, id);
CREATE INDEX charitable_of_person ON charitable_donor (person_id);
CREATE INDEX political_by_date ON political_donation (measurement_date DESC, id);
CREATE INDEX political_of_person ON political_donor (person_id);
CREATE INDEX asset_of_owner ON wealth_asset (owner_id, id);
CREATE INDEX organization_by_ticker ON organization (ticker);
"""

# After the roles and their indexes: what each title is searched by, and each name found by.
KEYWORDS: Final = """
INSERT INTO role_title SELECT title, fold(title) FROM (SELECT DISTINCT title FROM role);
INSERT INTO spelling SELECT 'gender', fold(text), text FROM
  (SELECT DISTINCT gender AS text FROM person WHERE gender IS NOT NULL);
INSERT INTO spelling SELECT 'nationality', fold(text), text FROM
  (SELECT DISTINCT nationality AS text FROM person WHERE nationality IS NOT NULL);
INSERT INTO spelling SELECT 'type', fold(text), text FROM
  (SELECT DISTINCT type AS text FROM organization);
INSERT INTO spelling SELECT 'sector', fold(text), text FROM
  (SELECT DISTINCT sector AS text FROM organization WHERE sector IS NOT NULL);
INSERT INTO spelling SELECT 'industry', fold(text), text FROM
  (SELECT DISTINCT industry AS text FROM organization WHERE industry IS NOT NULL);
INSERT INTO spelling SELECT 'ticker', fold(text), text FROM
  (SELECT DISTINCT ticker AS text FROM organization WHERE ticker IS NOT NULL);
INSERT INTO spelling SELECT 'country', fold(text), text FROM
  (SELECT DISTINCT country AS text FROM organization WHERE country IS NOT NULL);
INSERT INTO person_name_keyword (rowid, first_name, last_name, name)
SELECT id, first_name, last_name, concat_ws(' ', name, nickname) FROM person;
INSERT INTO person_keyword (rowid, words)
SELECT person.id, concat_ws(
  ' ', first_name, last_name, person.name, nickname, group_concat(DISTINCT organization.name)
)
FROM person LEFT JOIN role ON role.person_id = person.id
LEFT JOIN organization ON organization.id = organization_id GROUP BY person.id;
INSERT INTO organization_keyword (rowid, name, ticker) SELECT id, name, ticker FROM organization;
"""

# By an event's number: twice the role's, and one more for its end. Sorted, so that a first import
# adds at the end of the table.
EVENTS_SEEN: Final = """
INSERT OR IGNORE INTO event_seen SELECT event, :day FROM (
  SELECT 2 * id AS event FROM role WHERE start_date <> ''
  UNION ALL SELECT 2 * id + 1 FROM role WHERE end_date IS NOT NULL ORDER BY event
)
"""

TABLE_NAMES: Final = tuple(re.findall(r"^CREATE (?:VIRTUAL )?TABLE (\w+)", TABLES, re.MULTILINE))
"""What `TABLES` makes."""


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
            connection.create_scalar_function("fold", _fold, 1, deterministic=True)
            sqlite.bring_to_version(connection, APPLICATION_ID, MIGRATIONS)
    return connection


def give_back_disk(database: Path) -> None:
    """Give back the disk that an import left when it was killed; without success, no harm is done.

    While anybody reads, SQLite keeps the file of changes as long as it ever was.
    """
    changes = database.with_name(f"{database.name}-wal")
    with suppress(OSError, DatabaseUnusable):
        if changes.stat().st_size > _MOST_CHANGES:
            with explained(database), closing(connect(database, _PATIENCE)) as connection:
                connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)


def connect_for_reading(database: Path, patience: timedelta) -> apsw.Connection:
    """Open an existing database so that nothing can be changed through the connection.

    Raises:
        NobodyYet: If there is no such file, or nothing in it.
        DatabaseUnusable: If it cannot be used.
    """
    if not database.exists():
        raise NobodyYet
    with explained(database):
        connection = sqlite.connect(database, wait=patience, is_reader=True, may_make=False)
        with _closed_on_failure(connection):
            version = sqlite.read_version(connection, APPLICATION_ID, MIGRATIONS)
            if not version:
                raise NobodyYet
            if version < len(MIGRATIONS):
                raise DatabaseUnusable(
                    f"{database} was made by an older version: 'watchword serve' brings it up to "
                    "date"
                )
    return connection


def _fold(*texts: apsw.SQLiteValue) -> str:
    (text,) = texts
    return fold(str(text))


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
