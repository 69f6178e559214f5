"""The tables, and how an older file becomes a current one. Rules that can be constraints are."""

from __future__ import annotations

from typing import Final

APPLICATION_ID: Final = 0x57575354
"""Marks the file as a store (`WWST`), so that no other database is taken for one."""

# Moments are microseconds since 1970 UTC.
_FIRST: Final = """
CREATE TABLE service (
    name        TEXT PRIMARY KEY,
    title       TEXT NOT NULL,
    description TEXT NOT NULL,
    disabled_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    disabled_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE entitlement (
    account TEXT NOT NULL REFERENCES account,
    service TEXT NOT NULL REFERENCES service,
    PRIMARY KEY (account, service)
) STRICT, WITHOUT ROWID;

CREATE TABLE plan (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

CREATE TABLE plan_limit (
    plan    TEXT NOT NULL REFERENCES plan,
    service TEXT NOT NULL,
    rate    INTEGER NOT NULL CHECK (rate >= 1),
    burst   INTEGER NOT NULL CHECK (burst >= 1),
    quota   INTEGER CHECK (quota >= 0),
    PRIMARY KEY (plan, service)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_key (
    id          TEXT PRIMARY KEY,
    digest      BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    account     TEXT NOT NULL REFERENCES account,
    plan        TEXT NOT NULL REFERENCES plan,
    description TEXT NOT NULL,
    last_four   TEXT NOT NULL CHECK (length(last_four) = 4),
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER,
    disabled_at INTEGER
) STRICT;
CREATE INDEX api_key_account ON api_key (account);

CREATE TABLE service_user (
    username    TEXT PRIMARY KEY,
    account     TEXT NOT NULL REFERENCES account,
    created_at  INTEGER NOT NULL,
    disabled_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX service_user_account ON service_user (account);

CREATE TABLE password (
    username   TEXT NOT NULL REFERENCES service_user,
    digest     BLOB NOT NULL CHECK (length(digest) = 32),
    expires_at INTEGER
) STRICT;
CREATE INDEX password_user ON password (username);
-- At most one current and one outgoing password a service user.
CREATE UNIQUE INDEX password_current ON password (username) WHERE expires_at IS NULL;
CREATE UNIQUE INDEX password_outgoing ON password (username) WHERE expires_at IS NOT NULL;

-- The ledger. The primary key is the rule of one live token; the triggers say that a
-- generation only rises, for ever.
CREATE TABLE live_token (
    username   TEXT PRIMARY KEY REFERENCES service_user,
    generation INTEGER NOT NULL CHECK (generation >= 1),
    jti        TEXT,
    changed_at INTEGER NOT NULL,
    expires_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE TRIGGER live_token_rises BEFORE UPDATE ON live_token
    WHEN NEW.generation <= OLD.generation
    BEGIN SELECT RAISE(ABORT, 'a generation only rises'); END;
CREATE TRIGGER live_token_stays BEFORE DELETE ON live_token
    BEGIN SELECT RAISE(ABORT, 'a ledger row is for ever'); END;

-- The URLs under which tokens were issued. A deployment that moves keeps its tokens.
CREATE TABLE issuer (url TEXT PRIMARY KEY) STRICT;

CREATE TABLE signing_key (
    position   INTEGER PRIMARY KEY,
    kid        TEXT NOT NULL UNIQUE,
    sealed     BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
"""

_SECOND: Final = """
-- Chosen passwords, as Argon2id keeps them, beside the digests of generated ones.
CREATE TABLE kept_password (
    username   TEXT NOT NULL REFERENCES service_user,
    digest     BLOB CHECK (length(digest) = 32),
    chosen     TEXT,
    expires_at INTEGER,
    CHECK ((digest IS NULL) <> (chosen IS NULL))
) STRICT;
INSERT INTO kept_password (username, digest, expires_at)
    SELECT username, digest, expires_at FROM password;
DROP TABLE password;
ALTER TABLE kept_password RENAME TO password;
CREATE INDEX password_user ON password (username);
-- At most one current and one outgoing password a service user.
CREATE UNIQUE INDEX password_current ON password (username) WHERE expires_at IS NULL;
CREATE UNIQUE INDEX password_outgoing ON password (username) WHERE expires_at IS NOT NULL;
CREATE INDEX password_chosen ON password (chosen) WHERE chosen IS NOT NULL;

-- From when on a key signs. Those of before have signed from their making on.
ALTER TABLE signing_key ADD COLUMN signs_from INTEGER NOT NULL DEFAULT 0;
UPDATE signing_key SET signs_from = created_at;

-- Failed authentications: a bucket, and when it will be empty again.
CREATE TABLE failure (
    bucket   BLOB PRIMARY KEY CHECK (length(bucket) = 16),
    empty_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX failure_empty ON failure (empty_at);

-- In the order in which they are listed, page by page.
DROP INDEX api_key_account;
CREATE INDEX api_key_order ON api_key (account, created_at, id);

CREATE TABLE operator_token (
    name       TEXT PRIMARY KEY,
    digest     BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    scope      TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;

-- The audit log: chained, and only ever added to. What lies at or below the floor was pruned.
CREATE TABLE audit (
    sequence    INTEGER PRIMARY KEY CHECK (sequence >= 1),
    recorded_at INTEGER NOT NULL,
    record      TEXT NOT NULL,
    link        BLOB NOT NULL CHECK (length(link) = 32)
) STRICT;
CREATE TABLE audit_edge (
    place    TEXT PRIMARY KEY CHECK (place IN ('floor', 'head')),
    sequence INTEGER NOT NULL,
    link     BLOB NOT NULL CHECK (length(link) = 32),
    seal     BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER audit_stays_as_it_is BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
CREATE TRIGGER audit_stays BEFORE DELETE ON audit
    WHEN OLD.sequence > coalesce((SELECT sequence FROM audit_edge WHERE place = 'floor'), 0)
    BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
"""

_THIRD: Final = """
-- Where calls to a service are passed on to, and how.
ALTER TABLE service ADD COLUMN upstream TEXT;
ALTER TABLE service ADD COLUMN allows_preflight INTEGER NOT NULL DEFAULT 0;
ALTER TABLE service ADD COLUMN signs_identity INTEGER NOT NULL DEFAULT 0;
"""

_FOURTH: Final = """
-- What documents a plan lets through. Kept, and not looked up among the defaults of a program:
-- another version of it changes no customer's plan.
ALTER TABLE plan ADD COLUMN tokens INTEGER NOT NULL DEFAULT 2000 CHECK (tokens >= 1);
ALTER TABLE plan ADD COLUMN depth INTEGER NOT NULL DEFAULT 15 CHECK (depth >= 1);
ALTER TABLE plan ADD COLUMN aliases INTEGER NOT NULL DEFAULT 30 CHECK (aliases >= 1);
ALTER TABLE plan ADD COLUMN root_fields INTEGER NOT NULL DEFAULT 20 CHECK (root_fields >= 1);
ALTER TABLE plan ADD COLUMN list_size INTEGER NOT NULL DEFAULT 100 CHECK (list_size >= 1);
ALTER TABLE plan ADD COLUMN cost INTEGER NOT NULL DEFAULT 25000 CHECK (cost >= 1);
ALTER TABLE plan ADD COLUMN introspection INTEGER NOT NULL DEFAULT 0;
ALTER TABLE plan ADD COLUMN trusted_only INTEGER NOT NULL DEFAULT 0;

-- The parts of the data that an account has beyond the core.
CREATE TABLE account_package (
    account TEXT NOT NULL REFERENCES account,
    package TEXT NOT NULL,
    PRIMARY KEY (account, package)
) STRICT, WITHOUT ROWID;

-- Documents that an operator has registered. Those with the account '' are everybody's.
CREATE TABLE trusted_document (
    service   TEXT NOT NULL REFERENCES service,
    account   TEXT NOT NULL,
    id        TEXT NOT NULL,
    added_at  INTEGER NOT NULL,
    -- Before the text: a list reads this and leaves the rest where it is.
    beginning TEXT NOT NULL GENERATED ALWAYS AS (substr(text, 1, 80)) STORED,
    text      TEXT NOT NULL,
    PRIMARY KEY (service, account, id)
) STRICT;
CREATE INDEX trusted_document_account ON trusted_document (account, service, id);
"""

_FIFTH: Final = """
-- People who sign in to the console. What their app knows is sealed; `last_step` is the half
-- minute of the code that was used last.
CREATE TABLE console_user (
    name        TEXT PRIMARY KEY,
    role        TEXT NOT NULL,
    password    TEXT NOT NULL,
    factor      BLOB NOT NULL,
    last_step   INTEGER NOT NULL DEFAULT 0,
    created_at  INTEGER NOT NULL,
    changed_at  INTEGER NOT NULL,
    disabled_at INTEGER
) STRICT, WITHOUT ROWID;
"""

AUDITED_USER: Final = "CASE WHEN json_valid(record) THEN json_extract(record, '$.username') END"
"""Of whom an audit record tells. A record that somebody broke tells of nobody."""

_SIXTH: Final = f"""
-- The audit log of one service user is read without looking at everybody's.
CREATE INDEX audit_username ON audit ({AUDITED_USER});

-- Who disabled a key: what the operator disabled, no customer enables.
ALTER TABLE api_key ADD COLUMN disabled_by TEXT;

-- Which key was made in its place: a key is rotated once.
ALTER TABLE api_key ADD COLUMN replaced_by TEXT;
"""

MIGRATIONS: Final = (_FIRST, _SECOND, _THIRD, _FOURTH, _FIFTH, _SIXTH)
"""Script n brings a file from version n to n + 1. A released script is never changed."""
AUDITED_FROM: Final = 2
"""A file of this version or a later one has an audit log with at least one record."""
