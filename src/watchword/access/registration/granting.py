"""What is granted and cannot be used, because no key's plan has a limit for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from watchword.access.model import AccountId
from watchword.access.registration.base import RegistryPart
from watchword.access.usable_keys import list_plans_of, list_usable_keys

if TYPE_CHECKING:
    from watchword.access.model import ServiceName


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
        keys = await list_usable_keys(self._store, kept.id, self._clock.now())
        plans = await list_plans_of(self._store, keys)
        limited = {service for plan in plans for service in plan.limits}
        services = tuple(service for service in kept.services if service not in limited)
        return Unusable(services, bool(keys))
