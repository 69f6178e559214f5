"""The API keys of accounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from watchword.access.audit import Event
from watchword.access.credentials import digest_api_key, make_api_key, make_key_id
from watchword.access.errors import NotAllowed
from watchword.access.model import AccountId, ApiKey, KeyId, PlanName
from watchword.access.names import to_description, to_end
from watchword.access.paging import LONGEST_PAGE, to_page
from watchword.access.registration.base import RegistryPart

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from watchword.access.paging import Page
    from watchword.access.register import RequireKeys


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """An API key's record with the key that is shown once."""

    record: ApiKey
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyTerms:
    """On which terms somebody makes a key who does not operate.

    Attributes:
        ends_by: The key ends no later; None for no such end.
        require: See `RequireKeys`.
    """

    ends_by: datetime | None = None
    require: RequireKeys | None = None

    def bound(self, end: datetime | None) -> datetime | None:
        """Return when a key ends that were to end at a moment, or not at all."""
        if self.ends_by is None:
            return end
        return self.ends_by if end is None else min(end, self.ends_by)


OPERATORS_OWN: Final = KeyTerms()
"""None: an operator makes what key it likes."""


class KeyRegistry(RegistryPart):
    """What the operator does with API keys."""

    async def add_api_key(
        self,
        account: str,
        plan: str,
        description: str,
        lifetime: timedelta | None,
        terms: KeyTerms = OPERATORS_OWN,
    ) -> NewApiKey:
        """Make an API key of an account on a plan, for ever or for a lifetime."""
        now = self._clock.now()
        if lifetime is not None and not lifetime:
            raise NotAllowed("a key that expires at once opens nothing; give it a lifetime")
        expires_at = terms.bound(None if lifetime is None else to_end(now, lifetime))
        made = self._make_key(
            AccountId(account), PlanName(plan), to_description(description), expires_at
        )
        await self._store.add_api_key(
            made.record,
            digest_api_key(made.key),
            self._record(Event.KEY_ADDED, account=account, key_id=made.record.id, plan=plan),
            terms.require,
        )
        return made

    async def list_api_keys(
        self, account: str | None, after: str | None = None, limit: int = LONGEST_PAGE
    ) -> Page[ApiKey]:
        """Return API keys by account and age, of one account or of all."""
        of = await self._known(account)
        found = await self._store.list_api_keys(of, after, limit + 1)
        return to_page(found, limit, lambda key: key.id)

    async def get_api_key(self, key: str) -> ApiKey:
        """Return one API key."""
        return await self._store.get_api_key(KeyId(key))

    async def move_api_key(self, key: str, plan: str) -> ApiKey:
        """Put an API key on another usage plan, from the next request on."""
        kept = await self.get_api_key(key)
        await self._store.move_api_key(
            kept.id,
            PlanName(plan),
            self._record(Event.KEY_MOVED, account=kept.account, key_id=key, plan=plan),
        )
        return await self.get_api_key(key)

    async def set_api_key_enabled(
        self, key: str, *, is_enabled: bool, require: RequireKeys | None = None
    ) -> ApiKey:
        """Enable or disable an API key, from the next request on."""
        event = Event.KEY_ENABLED if is_enabled else Event.KEY_DISABLED
        kept = await self.get_api_key(key)
        await self._store.set_api_key_disabled(
            kept.id,
            None if is_enabled else self._clock.now(),
            self._record(event, account=kept.account, key_id=key),
            require,
        )
        return await self.get_api_key(key)

    async def rotate_api_key(
        self, key: str, overlap: timedelta, terms: KeyTerms = OPERATORS_OWN
    ) -> NewApiKey:
        """Make a key like the present one, with its lifetime; the old one ends with the overlap.

        Raises:
            NotAllowed: If the present one is disabled, has expired, or was rotated before.
        """
        old = await self.get_api_key(key)
        now = self._clock.now()
        _require_rotatable(old, now)
        lifetime = None if old.expires_at is None else old.expires_at - old.created_at
        expires_at = terms.bound(None if lifetime is None else to_end(now, lifetime))
        made = self._make_key(old.account, old.plan, old.description, expires_at)

        def require(keys: Sequence[ApiKey]) -> None:
            if old not in keys:
                # Two who rotate it at once shall not both have a key in its place.
                raise NotAllowed(f"API key {key} was changed just now; look at it again")
            if terms.require is not None:
                terms.require(keys)

        await self._store.rotate_api_key(
            old.id,
            to_end(now, overlap),
            made.record,
            digest_api_key(made.key),
            self._record(
                Event.KEY_ROTATED, account=old.account, key_id=made.record.id, previous=old.id
            ),
            require,
        )
        return made

    def _make_key(
        self, account: AccountId, plan: PlanName, description: str, expires_at: datetime | None
    ) -> NewApiKey:
        key = make_api_key(self._randomness)
        record = ApiKey(
            id=make_key_id(self._randomness),
            account=account,
            plan=plan,
            description=description,
            last_four=key[-4:],
            created_at=self._clock.now(),
            expires_at=expires_at,
        )
        return NewApiKey(record, key)


def _require_rotatable(key: ApiKey, now: datetime) -> None:
    if key.replaced_by is not None:
        # Its end is that of the overlap: a key with that lifetime would be nobody's wish.
        raise NotAllowed(
            f"API key {key.id} was rotated already; rotate {key.replaced_by}, which took its place"
        )
    if not key.is_usable(now):
        raise NotAllowed(f"API key {key.id} is disabled or has expired; make a new one instead")
