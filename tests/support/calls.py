"""Calls as the request log keeps them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from watchword.access.model import AccountId, KeyId, ServiceName, Username
from watchword.access.request_log import Call

NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
"""When the stopped clock stands."""


def make_call(number: int = 0, **members: Any) -> Call:
    """Return a call that was answered, and differs from those of other numbers."""
    usual = Call(
        at=NOON + timedelta(seconds=number),
        account=AccountId("acme"),
        username=Username("svc-acme"),
        key=KeyId("key_1"),
        service=ServiceName("profile"),
        operation="Info",
        status=200,
        code=None,
        microseconds=1_500,
        correlation_id=f"c0ffee{number:08x}",
        address="192.0.2.7",
        is_explorer=False,
    )
    changed: Call = usual._replace(**members)
    return changed
