"""What a service user may do with the API keys of its own account, and with nobody else's.

The console, the admin API and the CLI may do more; the functions are the same. A key of another
account and a key that there is not are told apart by nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NewType

from watchword.access.errors import AccountDisabled, NotAllowed, Unknown
from watchword.access.model import PlanName, Username
from watchword.access.paging import read_all
from watchword.access.registration import KeyTerms

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from watchword.access.model import Account, ApiKey, ServiceUser
    from watchword.access.ports import Clock
    from watchword.access.register import RequireKeys
    from watchword.access.registration import NewApiKey, Registry

MOST_USABLE: Final = 20
"""Keys that a customer can have at once by its own hand; the operator makes more."""
MOST_KEPT: Final = 500
"""Those that are disabled or expired included."""
Overlap = NewType("Overlap", timedelta)
"""One of `OVERLAPS`."""
OVERLAPS: Final = tuple(
    map(Overlap, (timedelta(), timedelta(hours=1), timedelta(days=1), timedelta(days=7)))
)
"""How long the old of two keys or passwords may stay valid."""
_LONGEST_LIFETIME: Final = timedelta(days=3_650)


@dataclass(frozen=True, slots=True)
class Owner:
    """A service user with its account, neither of them disabled."""

    user: ServiceUser
    account: Account


class SelfService:
    """Carries out what a service user asks for its own account.

    Args:
        registry: The operator's functions, for whom the audit log names.
        clock: Tells the time.
        username: Who asks.
    """

    def __init__(self, registry: Registry, clock: Clock, username: str) -> None:
        self._registry = registry
        self._clock = clock
        self._username = Username(username)

    async def get_owner(self) -> Owner:
        """Return who asks.

        Raises:
            AccountDisabled: If it may do nothing any more.
            StoreUnavailable: If there is no answer.
        """
        try:
            user = await self._registry.get_service_user(self._username)
            account = await self._registry.get_account(user.account)
        except Unknown:
            raise AccountDisabled(reason="there is no such service user") from None
        if user.disabled_at is not None or account.disabled_at is not None:
            raise AccountDisabled
        return Owner(user, account)

    async def list_keys(self) -> list[ApiKey]:
        """Return the account's keys, newest first. Raises as `get_owner`."""
        owner = await self.get_owner()
        keys = await read_all(lambda after: self._registry.list_api_keys(owner.account.id, after))
        return sorted(keys, key=lambda key: (key.created_at, key.id), reverse=True)

    def list_plans(self, keys: Sequence[ApiKey]) -> dict[PlanName, datetime | None]:
        """Return the plans on which the account may make keys, with when such a key ends at last.

        They are those that it has already, and for as long: what the operator gave until a day,
        nobody gives itself for longer. A key that the operator disabled, or that has expired, is
        no leave to make another.
        """
        now = self._clock.now()
        own = [key for key in keys if key.is_usable(now) or self.may_enable(key)]
        ends = {plan: [key.expires_at for key in own if key.plan == plan] for plan in _plans(own)}
        return {plan: _latest(of_plan) for plan, of_plan in ends.items()}

    def may_enable(self, key: ApiKey) -> bool:
        """Tell whether a disabled key is the customer's to enable: if a customer disabled it."""
        is_over = key.expires_at is not None and key.expires_at <= self._clock.now()
        return (
            not is_over
            and key.disabled_at is not None
            and (key.disabled_by or "").startswith("user:")
        )

    async def make_key(self, plan: str, description: str, lifetime: timedelta | None) -> NewApiKey:
        """Make an API key on a plan that the account has, and for no longer than it has that.

        Raises:
            NotAllowed: If the account has no key on the plan, or has too many; if the lifetime is
                too long.
            Malformed: If the description is.
            AccountDisabled: If it may do nothing any more.
            StoreUnavailable: If nothing could be recorded.
        """
        if not description.isprintable():
            raise NotAllowed("a description is one line")
        if lifetime is not None and lifetime > _LONGEST_LIFETIME:
            raise NotAllowed("a key lives ten years at most; leave the days empty for no end")
        keys = await self.list_keys()
        account = (await self.get_owner()).account.id
        terms = self._terms(keys, plan, self._require_room)
        return await self._registry.add_api_key(account, plan, description, lifetime, terms)

    async def rotate_key(self, key: str, overlap: Overlap) -> NewApiKey:
        """Make a key in the place of one; that one ends with the overlap.

        Raises:
            Unknown: If the account has no such key.
            NotAllowed: If the key is disabled, has expired or was rotated before, or there are
                too many.
            AccountDisabled: If it may do nothing any more.
            StoreUnavailable: If nothing could be recorded.
        """
        keys = await self.list_keys()
        own = _find(keys, key)
        room = self._require_room if overlap else _require_fewer
        terms = self._terms(keys, own.plan, room)
        return await self._registry.rotate_api_key(own.id, overlap, terms)

    async def set_key_enabled(self, key: str, *, is_enabled: bool) -> ApiKey:
        """Enable or disable a key, from the next request on. Twice is once.

        Raises:
            Unknown: If the account has no such key.
            NotAllowed: If the operator disabled it, or too many are usable.
            AccountDisabled: If it may do nothing any more.
            StoreUnavailable: If nothing could be recorded.
        """
        keys = await self.list_keys()
        own = _find(keys, key)
        if is_enabled == (own.disabled_at is None):
            return own

        def require(found: Sequence[ApiKey]) -> None:
            present = _find(found, key)
            if is_enabled == (present.disabled_at is None):
                raise _changed()
            if is_enabled:
                if not self.may_enable(present):
                    raise NotAllowed(
                        "your provider disabled this key, or it has expired; make a new one"
                    )
                self._require_fewer_usable(found)

        return await self._registry.set_api_key_enabled(
            own.id, is_enabled=is_enabled, require=require
        )

    def _terms(self, keys: Sequence[ApiKey], plan: str, require_room: RequireKeys) -> KeyTerms:
        """Return what holds for a key on a plan, judged again when it is recorded.

        Raises:
            NotAllowed: If there may be none.
        """
        plans = self.list_plans(keys)
        name = PlanName(plan)
        if name not in plans:
            raise NotAllowed("your account has no key on this plan; ask your provider")
        require_room(keys)

        def require(found: Sequence[ApiKey]) -> None:
            # Others of the account may make, rotate and enable keys at the same moment.
            require_room(found)
            now_there = self.list_plans(found)
            if name not in now_there or now_there[name] != plans[name]:
                raise _changed()

        return KeyTerms(plans[name], require)

    def _require_room(self, keys: Sequence[ApiKey]) -> None:
        _require_fewer(keys)
        self._require_fewer_usable(keys)

    def _require_fewer_usable(self, keys: Sequence[ApiKey]) -> None:
        now = self._clock.now()
        if sum(key.is_usable(now) for key in keys) >= MOST_USABLE:
            raise _too_many()


def choose_overlap(seconds: str) -> Overlap:
    """Return the one of `OVERLAPS` that is so many seconds. Raises NotAllowed."""
    for overlap in OVERLAPS:
        if seconds == str(overlap // timedelta(seconds=1)):
            return overlap
    raise NotAllowed("choose how long the old one stays valid: one of the times that are offered")


def _plans(keys: Sequence[ApiKey]) -> list[PlanName]:
    return sorted({key.plan for key in keys})


def _latest(ends: Sequence[datetime | None]) -> datetime | None:
    known = [end for end in ends if end is not None]
    return max(known) if len(known) == len(ends) else None


def _require_fewer(keys: Sequence[ApiKey]) -> None:
    if len(keys) >= MOST_KEPT:
        raise _too_many()


def _find(keys: Sequence[ApiKey], key: str) -> ApiKey:
    for own in keys:
        if own.id == key:
            return own
    raise Unknown("your account has no such API key")


def _changed() -> NotAllowed:
    return NotAllowed("your account's keys were changed just now; look at them again")


def _too_many() -> NotAllowed:
    return NotAllowed(
        f"an account has {MOST_USABLE} usable keys at most, and {MOST_KEPT} in all; disable one "
        "that is not needed, or ask your provider"
    )
