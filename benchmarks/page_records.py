"""Fills a deployment with what pages look into: calls, usage counts and audit records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from customers import crowd_account
from watchword.access.audit import AuditRecord, Event, Source
from watchword.access.credentials import NO_KEY
from watchword.access.ledger import Asked, Verdict
from watchword.access.limiter import Buckets
from watchword.access.model import AccountId, KeyId, ServiceName, Username
from watchword.access.request_log import Call
from watchword.access.usage import UsageKey
from watchword.deployment import open_deployment
from watchword.store.sqlite.requests import SqliteRequestLog
from watchword.system import SystemClock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from customers import Deployment
    from watchword.access.ports import Store

_AT_ONCE: Final = 2_000
_ACCOUNT: Final = AccountId("bench")
_USER: Final = Username("svc-caller")
# Four of five calls are the caller's own, so that its pages have the most to look through.
_OTHERS: Final = 5
_REFUSED: Final = 50
_RARE: Final = 250_000
_DAYS: Final = 30
_ACCOUNTS: Final = 100
# Few service users make many tokens: the story of one is looked for among those of all.
_ISSUES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much there is to look into.

    Attributes:
        calls: In the request log.
        counts: Of usage, in 30 days of 100 accounts.
        records: In the audit log.
    """

    calls: int
    counts: int
    records: int


async def fill(made: Deployment, amounts: Amounts) -> None:
    """Make calls, counts and records; the newest are the latest."""
    now = SystemClock().now()
    await _log_calls(made, amounts.calls, now)
    async with open_deployment(made.settings, SystemClock()) as opened:
        keys = [_make_count(number, now) for number in range(amounts.counts)]
        for first in range(0, len(keys), _AT_ONCE):
            await opened.store.add_usage(dict.fromkeys(keys[first : first + _AT_ONCE], 7))
        step = timedelta(days=_DAYS) / max(1, amounts.records)
        start = now - timedelta(days=_DAYS)
        for first in range(0, amounts.records, _AT_ONCE):
            numbers = range(first, min(first + _AT_ONCE, amounts.records))
            records = [_make_record(number, start + number * step) for number in numbers]
            await _record(opened.store, now, records)


async def _record(store: Store, now: datetime, records: Sequence[AuditRecord]) -> None:
    asked = Asked("", NO_KEY, Buckets.of(None, ""), now)
    await store.settle(asked, lambda _: Verdict(audit=records))


async def _log_calls(made: Deployment, count: int, now: datetime) -> None:
    start = now - timedelta(days=6)
    step = timedelta(days=5) / max(1, count)
    async with SqliteRequestLog(made.settings.request_database).open() as log:
        for first in range(0, count, _AT_ONCE):
            numbers = range(first, min(first + _AT_ONCE, count))
            calls = [_make_call(number, start + number * step) for number in numbers]
            await log.add_calls(calls, {})


def _make_call(number: int, at: datetime) -> Call:
    is_own, is_refused = number % _OTHERS > 0, number % _REFUSED == 1
    return Call(
        at=at,
        account=_ACCOUNT if is_own else AccountId(crowd_account(number)),
        username=_USER if is_own else Username(f"svc-{number % _ACCOUNTS}"),
        key=KeyId(f"key_{number % 3}"),
        service=ServiceName("rare" if number % _RARE == 1 else "profile"),
        operation=f"Op{number % 7}",
        status=429 if is_refused else 200,
        code="RATE_LIMITED" if is_refused else None,
        microseconds=1_500,
        correlation_id=f"c0ffee{number:08x}",
        address="192.0.2.7",
        is_explorer=False,
    )


def _make_count(number: int, now: datetime) -> UsageKey:
    rest, account = divmod(number, _ACCOUNTS)
    operation, day = divmod(rest, _DAYS)
    return UsageKey(
        day=(now - timedelta(days=day)).date(),
        account=AccountId(crowd_account(account)) if account else _ACCOUNT,
        key=KeyId(f"key_{account}"),
        service=ServiceName("profile"),
        operation=f"Op{operation}",
    )


def _make_record(number: int, at: datetime) -> AuditRecord:
    user = _USER if number % _ISSUES == 0 else f"svc-{number % _ACCOUNTS}"
    facts: dict[str, str | int | None] = {
        "username": user,
        "key_id": f"key_{number % 3}",
        "jti": f"jti-{number}",
        "generation": number,
    }
    source = Source("192.0.2.7", "benchmarks", f"c0ffee{number:08x}")
    return AuditRecord(Event.TOKEN_ISSUED, at, f"user:{user}", source, facts)
