"""What an account's API keys open at a moment: the keys that are usable, and their plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watchword.access.paging import LONGEST_PAGE, read_all, to_page

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from watchword.access.model import AccountId, ApiKey, Plan
    from watchword.access.paging import Page
    from watchword.access.register import ApiKeys, Catalogue


async def list_usable_keys(store: ApiKeys, account: AccountId, now: datetime) -> list[ApiKey]:
    """Return all API keys of an account that open anything at this moment."""

    async def list_page(after: str | None) -> Page[ApiKey]:
        found = await store.list_api_keys(account, after, LONGEST_PAGE + 1)
        return to_page(found, LONGEST_PAGE, lambda key: key.id)

    return [key for key in await read_all(list_page) if key.is_usable(now)]


async def list_plans_of(store: Catalogue, keys: Iterable[ApiKey]) -> list[Plan]:
    """Return the usage plans that API keys are on, by name."""
    return [await store.get_plan(name) for name in sorted({key.plan for key in keys})]
