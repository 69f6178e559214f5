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

if TYPE_CHECKING:
    from watchword.access.model import Account, ApiKey, ServiceUser
    from watchword.access.ports import Clock
    from watchword.access.registration import NewApiKey, Registry

MOST_USABLE: Final = 20
"""Keys that a customer can have at once by its own hand; the operator makes more."""
MOST_KEPT: Final = 500
"""Those that are disabled or expired included."""
LONGEST_DESCRIPTION: Final = 200
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

    def list_plans(self, keys: list[ApiKey]) -> list[PlanName]:
        """Return the plans on which the account may make keys: those that it has already.

        A key that the operator disabled, or that has expired, is no leave to make another.
        """
        now = self._clock.now()
        return sorted({key.plan for key in keys if key.is_usable(now) or self.may_enable(key)})

    def may_enable(self, key: ApiKey) -> bool:
        """Tell whether a disabled key is the customer's to enable: if a customer disabled it."""
        is_over = key.expires_at is not None and key.expires_at <= self._clock.now()
        return (
            not is_over
            and key.disabled_at is not None
            and (key.disabled_by or "").startswith("user:")
        )

    async def make_key(self, plan: str, description: str, lifetime: timedelta | None) -> NewApiKey:
        """Make an API key on a plan that the account has.

        Raises:
            NotAllowed: If the account has no key on the plan, or has too many; if the description
                or the lifetime is too long.
            AccountDisabled: If it may do nothing any more.
            StoreUnavailable: If nothing could be recorded.
        """
        keys = await self.list_keys()
        self._require_room(keys)
        if plan not in self.list_plans(keys):
            raise NotAllowed("your account has no key on this plan; ask your provider")
        if len(description) > LONGEST_DESCRIPTION or not description.isprintable():
            raise NotAllowed(f"a description is one line of up to {LONGEST_DESCRIPTION} characters")
        if lifetime is not None and lifetime > _LONGEST_LIFETIME:
            raise NotAllowed("a key lives ten years at most; leave the days empty for no end")
        account = (await self.get_owner()).account.id
        return await self._registry.add_api_key(account, plan, description, lifetime)

    async def rotate_key(self, key: str, overlap: Overlap) -> NewApiKey:
        """Make a key in the place of one; that one ends with the overlap.

        Raises:
            Unknown: If the account has no such key.
            NotAllowed: If the key is disabled or has expired, or there are too many.
            AccountDisabled: If it may do nothing any more.
            StoreUnavailable: If nothing could be recorded.
        """
        keys = await self.list_keys()
        own = _find(keys, key)
        if overlap:
            self._require_room(keys)
        elif len(keys) >= MOST_KEPT:
            raise _too_many()
        return await self._registry.rotate_api_key(own.id, overlap)

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
        if is_enabled:
            if not self.may_enable(own):
                raise NotAllowed(
                    "your provider disabled this key, or it has expired; make a new one"
                )
            self._require_room(keys)
        return await self._registry.set_api_key_enabled(own.id, is_enabled=is_enabled)

    def _require_room(self, keys: list[ApiKey]) -> None:
        now = self._clock.now()
        usable = sum(key.is_usable(now) for key in keys)
        if usable >= MOST_USABLE or len(keys) >= MOST_KEPT:
            raise _too_many()


def choose_overlap(seconds: str) -> Overlap:
    """Return the one of `OVERLAPS` that is so many seconds. Raises NotAllowed."""
    for overlap in OVERLAPS:
        if seconds == str(overlap // timedelta(seconds=1)):
            return overlap
    raise NotAllowed("choose how long the old one stays valid: one of the times that are offered")


def _find(keys: list[ApiKey], key: str) -> ApiKey:
    for own in keys:
        if own.id == key:
            return own
    raise Unknown("your account has no such API key")


def _too_many() -> NotAllowed:
    return NotAllowed(
        f"an account has {MOST_USABLE} usable keys at most, and {MOST_KEPT} in all; disable one "
        "that is not needed, or ask your provider"
    )
