"""`list` prints everything, however many pages it stands on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from support.commands import operate
from watchword.access.paging import LONGEST_PAGE

if TYPE_CHECKING:
    from support.deployment import Deployment
    from watchword.access.registration import Registry


def test_a_list_that_is_longer_than_a_page_is_printed_to_its_end(deployment: Deployment) -> None:
    names = [f"acme-{number:04}" for number in range(LONGEST_PAGE + 1)]

    async def make(registry: Registry) -> None:
        await asyncio.gather(*(registry.add_account(name, "", []) for name in names))

    deployment.operate(make)

    listed = operate("account", "list", "--data-dir", str(deployment.settings.data_dir))

    assert [account["account"] for account in listed] == names
