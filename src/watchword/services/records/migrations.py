"""How an older file becomes a current one. A released script is never changed.

The scripts are whole texts, and so repeat what `tables` says of today: what a file of an old
version became on the way must not depend on it. A test shows that they lead to the same tables.
"""

from __future__ import annotations

from typing import Final

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

# What a source does not say of a date of sorting is '' rather than NULL, so that a page can begin
# behind it by one comparison. `detail` is JSON: what is read with a person, and never searched.
_SECOND: Final = """
DROP TABLE person_keyword;
DROP INDEX role_by_date; DROP INDEX role_of_person; DROP INDEX role_at_organization;
ALTER TABLE origin ADD COLUMN imports INTEGER NOT NULL DEFAULT 1;
ALTER TABLE person RENAME TO person_before;
ALTER TABLE organization RENAME TO organization_before;
ALTER TABLE role RENAME TO role_before;

CREATE TABLE event_seen (event INTEGER PRIMARY KEY, day TEXT NOT NULL) STRICT;
CREATE TABLE membership_identity (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL, source_key TEXT NOT NULL,
  UNIQUE (source, source_key)
) STRICT;
CREATE TABLE charitable_donation_identity (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL, source_key TEXT NOT NULL,
  UNIQUE (source, source_key)
) STRICT;
CREATE TABLE political_donation_identity (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL, source_key TEXT NOT NULL,
  UNIQUE (source, source_key)
) STRICT;
CREATE TABLE wealth_asset_identity (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL, source_key TEXT NOT NULL,
  UNIQUE (source, source_key)
) STRICT;

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

INSERT INTO person (id, first_name, middle_name, last_name, name, gender, date_of_birth, source)
  SELECT person_before.id, first_name, middle_name, last_name, name, gender, date_of_birth, source
  FROM person_before JOIN person_identity USING (id);
INSERT INTO organization (
  id, name, type, website, address_line1, city, state, postal_code, country, phone, source
) SELECT organization_before.id, name, type, website,
    address_line1, city, state, postal_code, country, phone, source
  FROM organization_before JOIN organization_identity USING (id);
INSERT INTO role (
  id, person_id, organization_id, title, start_date, end_date,
  is_board, is_committee, is_employment, is_government, since_with_organization, source
) SELECT role_before.id, person_id, organization_id, title, coalesce(start_date, ''), end_date,
    is_board, is_committee, is_employment, is_government,
    coalesce(min(start_date) OVER (PARTITION BY person_id, organization_id), ''), source
  FROM role_before JOIN role_identity USING (id);
DROP TABLE role_before; DROP TABLE person_before; DROP TABLE organization_before;

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
INSERT INTO event_seen
  SELECT 2 * role.id, substr(imported_at, 1, 10) FROM role CROSS JOIN origin WHERE start_date <> '';
INSERT INTO event_seen
  SELECT 2 * role.id + 1, substr(imported_at, 1, 10)
  FROM role CROSS JOIN origin WHERE end_date IS NOT NULL;
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

MIGRATIONS: Final = (_FIRST, _SECOND)
"""Script n brings a file from version n to n + 1."""
