"""The tables of the request log, in a file of their own: large, and of the last days alone."""

from __future__ import annotations

from typing import Final

APPLICATION_ID: Final = 0x57575352
"""Marks the file as a request log (`WWSR`)."""

# Every index ends with the id by itself: what is asked for comes out newest first, unsorted.
_FIRST: Final = """
-- Moments are microseconds since 1970 UTC. An id is never given twice: who follows the log
-- goes on from the last one seen.
CREATE TABLE call (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    at             INTEGER NOT NULL,
    account        TEXT NOT NULL,
    username       TEXT NOT NULL,
    key            TEXT,
    service        TEXT NOT NULL,
    operation      TEXT NOT NULL,
    status         INTEGER NOT NULL,
    code           TEXT,
    microseconds   INTEGER NOT NULL,
    correlation_id TEXT NOT NULL,
    address        TEXT,
    is_explorer    INTEGER NOT NULL
) STRICT;
CREATE INDEX call_account ON call (account);
CREATE INDEX call_username ON call (account, username);
CREATE INDEX call_operation ON call (account, operation);
CREATE INDEX call_key ON call (account, key);
CREATE INDEX call_correlation ON call (correlation_id);
-- Few calls are: these cost next to nothing.
CREATE INDEX call_code ON call (account, code) WHERE code IS NOT NULL;
CREATE INDEX call_failed ON call (account, id, status) WHERE status >= 400;

-- How many calls of a day were kept, and how many not, or not for long. Days since 1970.
CREATE TABLE counted (
    day     INTEGER NOT NULL,
    account TEXT NOT NULL,
    kept    INTEGER NOT NULL,
    missed  INTEGER NOT NULL,
    PRIMARY KEY (day, account)
) STRICT, WITHOUT ROWID;
"""

MIGRATIONS: Final = (_FIRST,)
"""Script n brings a file from version n to n + 1. A released script is never changed."""
