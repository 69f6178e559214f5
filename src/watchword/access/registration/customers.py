"""Accounts and their service users."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from watchword.access.audit import Event
from watchword.access.credentials import NO_KEY, make_password
from watchword.access.errors import Unknown
from watchword.access.ledger import Asked
from watchword.access.limiter import Buckets
from watchword.access.model import Account, AccountId, ServiceName, ServiceUser, Username
from watchword.access.names import to_account_id, to_end, to_service_name, to_title, to_username
from watchword.access.paging import LONGEST_PAGE, read_all, to_page
from watchword.access.registration.base import RegistryPart
from watchword.access.revocation import end_token
from watchword.access.sessions import SessionKeeper, SessionKind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta

    from watchword.access.model import Digest, Generation
    from watchword.access.paging import Page


@dataclass(frozen=True, slots=True)
class NewServiceUser:
    """A service user with the password that is shown once."""

    user: ServiceUser
    password: str = field(repr=False)


class CustomerRegistry(RegistryPart):
    """What the operator does with accounts and service users."""

    async def add_account(
        self, account: str, name: str, services: Iterable[str], packages: Iterable[str] = ()
    ) -> Account:
        """Make an account entitled to the services, and to packages of their data."""
        made = Account(
            id=to_account_id(account),
            name=to_title(name, account),
            services=tuple(to_service_name(service) for service in services),
            created_at=self._clock.now(),
            packages=tuple(sorted({self._to_package(package) for package in packages})),
        )
        await self._store.add_account(
            made,
            self._record(
                Event.ACCOUNT_ADDED,
                account=made.id,
                services=" ".join(made.services),
                packages=" ".join(made.packages) or None,
            ),
        )
        return made

    async def list_accounts(
        self, after: str | None = None, limit: int = LONGEST_PAGE
    ) -> Page[Account]:
        """Return accounts by id."""
        found = await self._store.list_accounts(after, limit + 1)
        return to_page(found, limit, lambda account: account.id)

    async def get_account(self, account: str) -> Account:
        """Return one account."""
        return await self._store.get_account(AccountId(account))

    async def set_account_enabled(self, account: str, *, is_enabled: bool) -> Account:
        """Enable or disable an account with all that is its own, from the next request on.

        Its service users' browsers are signed out: they do not come back with it.
        """
        event = Event.ACCOUNT_ENABLED if is_enabled else Event.ACCOUNT_DISABLED
        await self._store.set_account_disabled(
            AccountId(account),
            None if is_enabled else self._clock.now(),
            self._record(event, account=account),
        )
        if not is_enabled:
            users = await read_all(lambda after: self.list_service_users(account, after))
            await self._store.end_sessions(SessionKind.USER, *(user.username for user in users))
        return await self.get_account(account)

    async def set_entitlement(self, account: str, service: str, *, is_granted: bool) -> Account:
        """Grant a service to an account, or take it away."""
        event = Event.ENTITLEMENT_GRANTED if is_granted else Event.ENTITLEMENT_WITHDRAWN
        await self._store.set_entitlement(
            AccountId(account),
            ServiceName(service),
            self._record(event, account=account, service=service),
            is_granted=is_granted,
        )
        return await self.get_account(account)

    async def set_package(self, account: str, package: str, *, is_granted: bool) -> Account:
        """Grant a package of data to an account, or take it away, from the next request on."""
        event = Event.PACKAGE_GRANTED if is_granted else Event.PACKAGE_WITHDRAWN
        await self._store.set_package(
            AccountId(account),
            self._to_package(package),
            self._record(event, account=account, package=package),
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
        return to_page(found, limit, lambda user: user.username)

    async def get_service_user(self, username: str) -> ServiceUser:
        """Return one service user."""
        return await self._store.get_service_user(Username(username))

    async def set_service_user_enabled(self, username: str, *, is_enabled: bool) -> ServiceUser:
        """Enable or disable a service user, from the next request on.

        Its browsers are signed out: they do not come back with it.
        """
        event = Event.USER_ENABLED if is_enabled else Event.USER_DISABLED
        user = await self.get_service_user(username)
        await self._store.set_service_user_disabled(
            user.username,
            None if is_enabled else self._clock.now(),
            self._record(event, account=user.account, username=username),
        )
        if not is_enabled:
            await self._store.end_sessions(SessionKind.USER, user.username)
        return await self.get_service_user(username)

    async def rotate_password(self, username: str, overlap: timedelta) -> NewServiceUser:
        """Make a new password; the present one stays valid for the overlap.

        Its browsers are signed out: whoever knew the present one may have signed in.
        """
        now = self._clock.now()
        old_until = to_end(now, overlap)
        user = await self.get_service_user(username)
        password = make_password(self._randomness)
        await self._store.rotate_password(
            user.username,
            self._hasher.digest(password),
            self._record(Event.PASSWORD_ROTATED, account=user.account, username=username),
            now=now,
            old_until=old_until,
        )
        await self._store.end_sessions(SessionKind.USER, user.username)
        return NewServiceUser(user, password)

    async def revoke_tokens(self, username: str) -> Generation:
        """End the service user's live token without issuing another.

        The generation rises even when no token is live.
        """
        user = await self.get_service_user(username)
        now = self._clock.now()
        asked = Asked(user.username, NO_KEY, Buckets.of(None, user.username), now)
        verdict = await self._store.settle(
            asked, lambda found: end_token(found, user, now, self._by)
        )
        return verdict.get_outcome()

    async def end_sessions(self, username: str) -> int:
        """Sign a service user out of the portal in every browser. Returns of how many.

        Tokens, keys and the password stay as they are.
        """
        user = await self.get_service_user(username)
        keeper = SessionKeeper(self._store, clock=self._clock, randomness=self._randomness)
        sessions = await keeper.list(SessionKind.USER, user.username)
        await keeper.end_all(SessionKind.USER, user.username, self._by)
        return len(sessions)

    def _to_package(self, text: str) -> str:
        if text not in self._packages:
            known = ", ".join(sorted(self._packages))
            raise Unknown(f"there is no package {text!r}; there are {known}")
        return text

    async def _add_user(self, account: str, username: str, password: Digest | str) -> ServiceUser:
        user = ServiceUser(to_username(username), AccountId(account), self._clock.now())
        record = self._record(Event.USER_ADDED, account=account, username=username)
        await self._store.add_service_user(user, password, record)
        return user
