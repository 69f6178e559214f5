"""What the operator's functions have in common."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from watchword.access.model import AccountId
from watchword.access.ports import Ledger, ServiceReads, Sessions
from watchword.access.register import ApiKeys, Catalogue, Customers

if TYPE_CHECKING:
    from collections.abc import Collection

    from watchword.access.audit import AuditRecord, By, Event
    from watchword.access.credentials import PasswordHasher
    from watchword.access.ports import ChosenPasswords, Clock, Randomness

USUAL_OVERLAP: Final = timedelta(days=1)
"""So long the old of two passwords or keys stays valid when nobody says how long."""


class RegistryStore(Customers, ApiKeys, Catalogue, ServiceReads, Ledger, Sessions, Protocol):
    """What the registry asks of the store."""


class RegistryPart:
    """Carries out what one operator asks.

    Args:
        by: Who operates.
        answered_here: The services that the program answers itself.
        packages: The packages of data that there are.
    """

    def __init__(
        self,
        store: RegistryStore,
        *,
        hasher: PasswordHasher,
        chosen: ChosenPasswords,
        clock: Clock,
        randomness: Randomness,
        by: By,
        answered_here: Collection[str],
        packages: Collection[str],
    ) -> None:
        self._store = store
        self._hasher = hasher
        self._chosen = chosen
        self._clock = clock
        self._randomness = randomness
        self._by = by
        self._answered_here = answered_here
        self._packages = packages

    def _record(self, event: Event, **facts: str | int | None) -> AuditRecord:
        return self._by.record(event, self._clock.now(), **facts)

    async def _known(self, account: str | None) -> AccountId | None:
        """Return the account whose own are listed; None for those of all. Raises Unknown."""
        return None if account is None else (await self._store.get_account(AccountId(account))).id
