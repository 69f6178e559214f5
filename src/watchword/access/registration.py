"""What the operator may do: accounts, service users, API keys, plans and services.

The CLI, the admin API and later the console call these functions and no other. Secrets are
returned once, by the call that made them, and kept as digests only. Every change is recorded
in the audit log, in the transaction that makes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from watchword.access.audit import Event
from watchword.access.credentials import (
    NO_KEY,
    digest_api_key,
    make_api_key,
    make_key_id,
    make_password,
)
from watchword.access.errors import NotAllowed
from watchword.access.ledger import Asked, Found, Verdict
from watchword.access.limiter import Buckets
from watchword.access.model import (
    Account,
    AccountId,
    ApiKey,
    Generation,
    KeyId,
    Limit,
    LiveToken,
    Page,
    Plan,
    PlanName,
    ServiceEntry,
    ServiceName,
    ServiceUser,
    Username,
)
from watchword.access.names import (
    to_account_id,
    to_end,
    to_plan_name,
    to_service_name,
    to_username,
)
from watchword.access.ports import Ledger, Registrations

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping
    from datetime import datetime, timedelta

    from watchword.access.audit import AuditRecord, By
    from watchword.access.credentials import PasswordHasher
    from watchword.access.model import Digest
    from watchword.access.ports import ChosenPasswords, Clock, Randomness

T = TypeVar("T")
LONGEST_PAGE: Final = 1_000
"""So many are listed at once at most: reading them must not keep others waiting."""

PREVIEW: Plan = Plan(
    PlanName("preview"),
    {
        ServiceName("profile"): Limit(rate=5, burst=3, quota=100),
        ServiceName("matching"): Limit(rate=100, burst=50, quota=1_000_000),
        ServiceName("events"): Limit(rate=2, burst=2, quota=None),
        ServiceName("relationships"): Limit(rate=100, burst=50, quota=None),
    },
)
"""The published default plan."""


class RegistryStore(Registrations, Ledger, Protocol):
    """What the registry asks of the store."""


@dataclass(frozen=True, slots=True)
class NewServiceUser:
    """A service user with the password that is shown once."""

    user: ServiceUser
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """An API key's record with the key that is shown once."""

    record: ApiKey
    key: str = field(repr=False)


async def read_all(list_page: Callable[[str | None], Awaitable[Page[T]]]) -> list[T]:
    """Return what stands on all pages of a list, for who has the time.

    Args:
        list_page: Returns the page behind what it is given; None asks for the first.
    """
    page = await list_page(None)
    items = page.items
    while page.next is not None:
        page = await list_page(page.next)
        items += page.items
    return items


class Registry:
    """The operator's functions.

    Every function raises an OperatorError when it cannot be carried out, and
    StoreUnavailable. `list_*` returns one page: up to `limit`, behind what `after` names.

    Args:
        by: Who operates.
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
    ) -> None:
        self._store = store
        self._hasher = hasher
        self._chosen = chosen
        self._clock = clock
        self._randomness = randomness
        self._by = by

    async def add_account(self, account: str, name: str, services: Iterable[str]) -> Account:
        """Make an account entitled to the services."""
        made = Account(
            id=to_account_id(account),
            name=name.strip() or account,
            services=tuple(to_service_name(service) for service in services),
            created_at=self._clock.now(),
        )
        await self._store.add_account(
            made,
            self._record(Event.ACCOUNT_ADDED, account=made.id, services=" ".join(made.services)),
        )
        return made

    async def list_accounts(
        self, after: str | None = None, limit: int = LONGEST_PAGE
    ) -> Page[Account]:
        """Return accounts by id."""
        found = await self._store.list_accounts(after, limit + 1)
        return _to_page(found, limit, lambda account: account.id)

    async def get_account(self, account: str) -> Account:
        """Return one account."""
        return await self._store.get_account(AccountId(account))

    async def set_account_enabled(self, account: str, *, is_enabled: bool) -> Account:
        """Enable or disable an account with all that is its own, from the next request on."""
        event = Event.ACCOUNT_ENABLED if is_enabled else Event.ACCOUNT_DISABLED
        await self._store.set_account_disabled(
            AccountId(account),
            None if is_enabled else self._clock.now(),
            self._record(event, account=account),
        )
        return await self.get_account(account)

    async def set_entitlement(self, account: str, service: str, *, is_granted: bool) -> Account:
        """Grant a service to an account, or take it away."""
        event = Event.ENTITLEMENT_GRANTED if is_granted else Event.ENTITLEMENT_TAKEN
        await self._store.set_entitlement(
            AccountId(account),
            ServiceName(service),
            self._record(event, account=account, service=service),
            is_granted=is_granted,
        )
        return await self.get_account(account)

    async def add_service_user(self, account: str, username: str) -> NewServiceUser:
        """Make a service user with a generated password."""
        password = make_password(self._randomness)
        user = await self._add_user(account, username, self._hasher.digest(password))
        return NewServiceUser(user, password)

    async def add_service_user_with_password(
        self, account: str, username: str, password: str
    ) -> ServiceUser:
        """Make a service user with a password that somebody chose."""
        return await self._add_user(account, username, await self._chosen.keep(password))

    async def list_service_users(
        self, account: str | None, after: str | None = None, limit: int = LONGEST_PAGE
    ) -> Page[ServiceUser]:
        """Return service users by name, of one account or of all."""
        of = await self._known(account)
        found = await self._store.list_service_users(of, after, limit + 1)
        return _to_page(found, limit, lambda user: user.username)

    async def get_service_user(self, username: str) -> ServiceUser:
        """Return one service user."""
        return await self._store.get_service_user(Username(username))

    async def set_service_user_enabled(self, username: str, *, is_enabled: bool) -> ServiceUser:
        """Enable or disable a service user, from the next request on."""
        event = Event.USER_ENABLED if is_enabled else Event.USER_DISABLED
        await self._store.set_service_user_disabled(
            Username(username),
            None if is_enabled else self._clock.now(),
            self._record(event, username=username),
        )
        return await self.get_service_user(username)

    async def rotate_password(self, username: str, overlap: timedelta) -> NewServiceUser:
        """Make a new password; the present one stays valid for the overlap."""
        now = self._clock.now()
        password = make_password(self._randomness)
        await self._store.rotate_password(
            Username(username),
            self._hasher.digest(password),
            self._record(Event.PASSWORD_ROTATED, username=username),
            now=now,
            old_until=to_end(now, overlap),
        )
        return NewServiceUser(await self.get_service_user(username), password)

    async def revoke_tokens(self, username: str) -> Generation:
        """End the service user's live token without issuing another."""
        user = await self.get_service_user(username)
        now = self._clock.now()

        def revoke(found: Found) -> Verdict[Generation]:
            generation = found.next_generation
            jti = None if found.live is None else found.live.jti
            record = self._record(
                Event.TOKEN_REVOKED, username=username, jti=jti, generation=generation
            )
            return Verdict(generation, live=LiveToken(generation, None, now), audit=(record,))

        asked = Asked(user.username, NO_KEY, Buckets.of(None, user.username), now)
        verdict = await self._store.settle(asked, revoke)
        return Generation(verdict.outcome or 0)

    async def add_api_key(
        self, account: str, plan: str, description: str, lifetime: timedelta | None
    ) -> NewApiKey:
        """Make an API key of an account on a plan, for ever or for a lifetime."""
        now = self._clock.now()
        if lifetime is not None and not lifetime:
            raise NotAllowed("a key that expires at once opens nothing; give it a lifetime")
        expires_at = None if lifetime is None else to_end(now, lifetime)
        made = self._make_key(AccountId(account), PlanName(plan), description, expires_at)
        await self._store.add_api_key(
            made.record,
            digest_api_key(made.key),
            self._record(Event.KEY_ADDED, account=account, key_id=made.record.id, plan=plan),
        )
        return made

    async def list_api_keys(
        self, account: str | None, after: str | None = None, limit: int = LONGEST_PAGE
    ) -> Page[ApiKey]:
        """Return API keys by account and age, of one account or of all."""
        of = await self._known(account)
        found = await self._store.list_api_keys(of, after, limit + 1)
        return _to_page(found, limit, lambda key: key.id)

    async def get_api_key(self, key: str) -> ApiKey:
        """Return one API key."""
        return await self._store.get_api_key(KeyId(key))

    async def set_api_key_enabled(self, key: str, *, is_enabled: bool) -> ApiKey:
        """Enable or disable an API key, from the next request on."""
        await self._store.set_api_key_disabled(
            KeyId(key),
            None if is_enabled else self._clock.now(),
            self._record(Event.KEY_ENABLED if is_enabled else Event.KEY_DISABLED, key_id=key),
        )
        return await self.get_api_key(key)

    async def rotate_api_key(self, key: str, overlap: timedelta) -> NewApiKey:
        """Make a key like the present one, with its lifetime; the old one ends with the overlap."""
        old = await self.get_api_key(key)
        now = self._clock.now()
        if old.disabled_at is not None or (old.expires_at is not None and old.expires_at <= now):
            raise NotAllowed(f"API key {key} is disabled or has expired; make a new one instead")
        expires_at = None
        if old.expires_at is not None:
            expires_at = to_end(now, old.expires_at - old.created_at)
        made = self._make_key(old.account, old.plan, old.description, expires_at)
        await self._store.rotate_api_key(
            old.id,
            to_end(now, overlap),
            made.record,
            digest_api_key(made.key),
            self._record(
                Event.KEY_ROTATED, account=old.account, key_id=made.record.id, previous=old.id
            ),
        )
        return made

    async def add_plan(self, plan: str, limits: Mapping[str, Limit]) -> Plan:
        """Make a usage plan."""
        made = Plan(
            to_plan_name(plan),
            {to_service_name(service): limit for service, limit in limits.items()},
        )
        await self._store.add_plan(made, self._record(Event.PLAN_ADDED, plan=made.name))
        return made

    async def list_plans(self, after: str | None = None, limit: int = LONGEST_PAGE) -> Page[Plan]:
        """Return usage plans by name."""
        found = await self._store.list_plans(after, limit + 1)
        return _to_page(found, limit, lambda plan: plan.name)

    async def get_plan(self, plan: str) -> Plan:
        """Return one usage plan."""
        return await self._store.get_plan(PlanName(plan))

    async def set_limit(self, plan: str, service: str, limit: Limit) -> Plan:
        """Set what a plan grants at one service, from the next request on."""
        await self._store.set_limit(
            PlanName(plan),
            to_service_name(service),
            limit,
            self._record(
                Event.LIMIT_SET,
                plan=plan,
                service=service,
                rate=limit.rate,
                burst=limit.burst,
                quota=limit.quota,
            ),
        )
        return await self.get_plan(plan)

    async def add_service(self, name: str, title: str, description: str) -> ServiceEntry:
        """Register a service."""
        made = ServiceEntry(to_service_name(name), title, description)
        await self._store.add_service(made, self._record(Event.SERVICE_ADDED, service=made.name))
        return made

    async def list_services(
        self, after: str | None = None, limit: int = LONGEST_PAGE
    ) -> Page[ServiceEntry]:
        """Return services by name."""
        found = await self._store.list_services(after, limit + 1)
        return _to_page(found, limit, lambda service: service.name)

    async def get_service(self, service: str) -> ServiceEntry:
        """Return one service."""
        return await self._store.get_service(ServiceName(service))

    async def set_service_enabled(self, service: str, *, is_enabled: bool) -> ServiceEntry:
        """Enable or disable a service for everybody, from the next request on."""
        event = Event.SERVICE_ENABLED if is_enabled else Event.SERVICE_DISABLED
        await self._store.set_service_disabled(
            ServiceName(service),
            None if is_enabled else self._clock.now(),
            self._record(event, service=service),
        )
        return await self.get_service(service)

    async def _add_user(self, account: str, username: str, password: Digest | str) -> ServiceUser:
        user = ServiceUser(to_username(username), AccountId(account), self._clock.now())
        record = self._record(Event.USER_ADDED, account=account, username=username)
        await self._store.add_service_user(user, password, record)
        return user

    def _record(self, event: Event, **facts: str | int | None) -> AuditRecord:
        return self._by.record(event, self._clock.now(), **facts)

    async def _known(self, account: str | None) -> AccountId | None:
        return None if account is None else (await self.get_account(account)).id

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


def _to_page(found: list[T], limit: int, name_of: Callable[[T], str]) -> Page[T]:
    """Return a page of what the store found: one more than asked for tells that there is more."""
    items = found[:limit]
    return Page(items, name_of(items[-1]) if len(found) > limit else None)
