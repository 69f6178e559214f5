"""What is granted and cannot be used, because no key's plan has a limit for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from watchword.access.model import AccountId
from watchword.access.paging import LONGEST_PAGE
from watchword.access.registration.base import RegistryPart

if TYPE_CHECKING:
    from watchword.access.model import ApiKey, ServiceName


@dataclass(frozen=True, slots=True)
class Unusable:
    """What an account is granted, while each call there is refused.

    Attributes:
        services: The services for which no key's plan has a limit.
        has_key: Whether the account has a key that opens anything.
    """

    services: tuple[ServiceName, ...]
    has_key: bool


class GrantRegistry(RegistryPart):
    """Looks at what accounts, keys and plans grant together."""

    async def find_unusable(self, account: str) -> Unusable:
        """Return what an account is granted and cannot use."""
        kept = await self._store.get_account(AccountId(account))
        keys = [key for key in await self._list_keys(kept.id) if self._is_usable(key)]
        limited: set[ServiceName] = set()
        for plan in {key.plan for key in keys}:
            limited |= set((await self._store.get_plan(plan)).limits)
        services = tuple(service for service in kept.services if service not in limited)
        return Unusable(services, bool(keys))

    async def _list_keys(self, account: AccountId) -> list[ApiKey]:
        keys: list[ApiKey] = []
        while True:
            after = keys[-1].id if keys else None
            page = await self._store.list_api_keys(account, after, LONGEST_PAGE)
            keys += page
            if len(page) < LONGEST_PAGE:
                return keys

    def _is_usable(self, key: ApiKey) -> bool:
        now = self._clock.now()
        return key.disabled_at is None and (key.expires_at is None or now < key.expires_at)
