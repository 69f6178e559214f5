"""Registers service users by the hundred thousand, as fast as the store takes them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from customers import ACCOUNTS, BY, crowd_account
from watchword.access.audit import Event
from watchword.access.model import AccountId, ServiceUser, Username
from watchword.deployment import open_deployment
from watchword.system import SystemClock

if TYPE_CHECKING:
    from watchword.deployment import Deployment as Opened
    from watchword.settings import Settings


_BATCH: Final = 10_000


def register_many(settings: Settings, count: int) -> None:
    """Register further service users in the accounts of a crowd of at least 100.

    Rows and audit records are those of any other. Their names sort between those of the crowd,
    so that these lie far apart in the file.
    """

    async def register() -> None:
        clock = SystemClock()
        async with open_deployment(settings, clock) as opened:
            for account in range(ACCOUNTS):
                share = count // ACCOUNTS + (account < count % ACCOUNTS)
                for start in range(0, share, _BATCH):
                    await _register(opened, account, range(start, min(start + _BATCH, share)))

    asyncio.run(register())


async def _register(opened: Opened, account: int, numbers: range) -> None:
    """Register a batch in one transaction."""
    now, of = SystemClock().now(), AccountId(crowd_account(account))
    made = []
    for number in numbers:
        user = ServiceUser(Username(f"svc-{account}-{number:07}"), of, now)
        record = BY.record(Event.USER_ADDED, now, account=of, username=user.username)
        made.append((user, opened.hasher.digest(f"password of {user.username}"), record))
    await opened.store.add_service_users(made)
