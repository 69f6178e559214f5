"""The tables of what is counted, in a file of their own: they change with every request.

So a commit to the other file says that a customer, a key, a plan or a token has changed.
"""

from __future__ import annotations

from typing import Final

APPLICATION_ID: Final = 0x57575355
"""Marks the file as a store's counts (`WWSU`)."""

_FIRST: Final = """
-- Tokens are in millionths, moments in microseconds since 1970 UTC, days counted from there.
-- The leases are JSON: {"worker": [count, until]}.
CREATE TABLE bucket (
    account TEXT NOT NULL,
    plan    TEXT NOT NULL,
    service TEXT NOT NULL,
    tokens  INTEGER NOT NULL CHECK (tokens >= 0),
    at      INTEGER NOT NULL,
    day     INTEGER NOT NULL,
    taken   INTEGER NOT NULL CHECK (taken >= 0),
    leases  TEXT,
    PRIMARY KEY (account, plan, service)
) STRICT, WITHOUT ROWID;

-- Admitted requests, for reports.
CREATE TABLE usage (
    day       INTEGER NOT NULL,
    account   TEXT NOT NULL,
    key       TEXT NOT NULL,
    service   TEXT NOT NULL,
    operation TEXT NOT NULL,
    requests  INTEGER NOT NULL,
    PRIMARY KEY (day, account, key, service, operation)
) STRICT, WITHOUT ROWID;

-- What all workers have counted, for the metrics.
CREATE TABLE tally (
    name  TEXT PRIMARY KEY,
    value REAL NOT NULL
) STRICT, WITHOUT ROWID;
"""

_SECOND: Final = """
-- Browsers in which somebody has signed in. Here, as they change while they are used.
CREATE TABLE session (
    digest     BLOB PRIMARY KEY CHECK (length(digest) = 32),
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    ends_at    INTEGER NOT NULL,
    address    TEXT,
    user_agent TEXT,
    -- Ids of the forms that may be sent once, and were; parted by spaces.
    sent_forms TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_name ON session (kind, name, started_at);
CREATE INDEX session_end ON session (ends_at);

-- Refused calls, for reports.
CREATE TABLE refusal (
    day     INTEGER NOT NULL,
    account TEXT NOT NULL,
    service TEXT NOT NULL,
    code    TEXT NOT NULL,
    calls   INTEGER NOT NULL,
    PRIMARY KEY (day, account, service, code)
) STRICT, WITHOUT ROWID;
"""

MIGRATIONS: Final = (_FIRST, _SECOND)
"""Script n brings a file from version n to n + 1. A released script is never changed."""
