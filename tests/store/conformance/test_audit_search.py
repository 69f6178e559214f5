"""What every store guarantees of a search of the audit log: complete, bounded, by an index."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import apsw
import pytest

from support.stores import Harness, append_records
from watchword.access.audit import AuditFilter, AuditRecord, Chain, Event
from watchword.store.sqlite import SqliteStore, audit
from watchword.store.sqlite.schema import AUDITED_USER

if TYPE_CHECKING:
    from pathlib import Path

    from watchword.access.audit import KeptRecord

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


def told(number: int, event: Event = Event.TOKEN_ISSUED, **facts: str) -> AuditRecord:
    return AuditRecord(event, NOW, "user:svc", facts={**facts, "jti": f"n{number:03d}"})


def add(harness: Harness, *records: AuditRecord) -> None:
    harness.run(append_records(harness.store, NOW, records))


def numbers(records: list[KeptRecord]) -> list[int]:
    texts = [record.text for record in records if '"jti"' in record.text]
    return [int(text.partition('"jti":"n')[2][:3]) for text in texts]


def find(harness: Harness, limit: int = 50, **wanted: str) -> list[int]:
    """Return what all pages have, by number."""
    found: list[KeptRecord] = []
    before: int | None = None
    while True:
        page = harness.run(harness.store.search_audit(AuditFilter(**wanted), before, limit))
        found += page.items
        if page.next is None:
            return numbers(found)
        before = int(page.next)


@pytest.fixture
def filled(harness: Harness) -> Harness:
    add(
        harness,
        told(1, username="svc-a", account="acme"),
        told(2, username="svc-b", account="acme"),
        told(3, Event.KEY_ADDED, account="beta", key_id="key_9"),
        told(4, Event.TOKEN_REVOKED, username="svc-a", account="acme"),
        told(5, Event.KEY_DISABLED, account="acme", key_id="key_7"),
    )
    return harness


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, [5, 4, 3, 2, 1]),
        ({"username": "svc-a"}, [4, 1]),
        ({"account": "acme"}, [5, 4, 2, 1]),
        ({"event": "token.issued"}, [2, 1]),
        ({"event": "key."}, [5, 3]),
        ({"event": "ey."}, []),
        ({"text": "KEY_9"}, [3]),
        ({"text": "%"}, []),
        ({"username": "svc-a", "event": "token.revoked"}, [4]),
        ({"username": "svc-a", "account": "beta"}, []),
    ],
)
@pytest.mark.parametrize("limit", [1, 50])
def test_records_are_found_by_what_is_asked_for(
    filled: Harness, wanted: dict[str, str], expected: list[int], limit: int
) -> None:
    assert find(filled, limit, **wanted) == expected


def test_what_is_rare_is_looked_for_page_by_page_to_the_end(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "LOOKED_AT", 10)
    add(harness, told(0, Event.KEY_ADDED, account="acme"))
    add(harness, *[told(number, username="svc", account="beta") for number in range(1, 45)])

    first = harness.run(harness.store.search_audit(AuditFilter(account="acme"), None, 50))

    assert (first.items, first.next is None) == ([], False)
    assert find(harness, account="acme") == [0]


def test_a_record_that_somebody_broke_ends_no_search(tmp_path: Path) -> None:
    path = tmp_path / "watchword.db"
    harness = Harness(lambda: SqliteStore(path, path.with_name("usage.db"), Chain(b"s" * 32)))
    add(harness, told(1, username="svc-a"), told(2, username="svc-a"))
    connection = apsw.Connection(str(path))
    connection.execute("DROP TRIGGER audit_stays_as_it_is")
    connection.execute("UPDATE audit SET record = '{broken' WHERE record LIKE '%n002%'")
    connection.close()

    assert find(harness, username="svc-a") == [1]
    assert find(harness, event="token.issued") == [1]
    harness.close()


def test_the_records_of_one_service_user_are_found_by_an_index(tmp_path: Path) -> None:
    path = tmp_path / "watchword.db"
    harness = Harness(lambda: SqliteStore(path, path.with_name("usage.db"), Chain(b"s" * 32)))
    connection = apsw.Connection(str(path))

    plan = connection.execute(
        f"EXPLAIN QUERY PLAN SELECT sequence FROM audit WHERE {AUDITED_USER} = ? "  # noqa: S608 - our own words
        "AND sequence < ? ORDER BY sequence DESC LIMIT 50",
        ("svc-a", 10),
    ).fetchall()

    (step,) = [str(row[3]) for row in plan]
    assert "INDEX audit_username (<expr>=? AND rowid<?)" in step
    harness.close()
