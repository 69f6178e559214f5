"""The page about the audit log names every event, and no other."""

from __future__ import annotations

import re

from docs.pages import DOCS
from watchword.access.audit import Event

_ROW = re.compile(r"^\| `([a-z.]+)` \| (.+) \|$", re.MULTILINE)


def test_every_event_has_a_row_that_says_what_it_means() -> None:
    page = (DOCS / "how-to" / "read-the-audit-log.md").read_text("utf-8")
    table = page.partition("## What the events mean")[2]

    told = [event for event, _ in _ROW.findall(table)]

    assert told == [str(event) for event in Event]
