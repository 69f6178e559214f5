"""What the rules ask of the world, named for questions. Each answer is one atomic step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from watchword.access.issuing import MintedToken
    from watchword.access.model import (
        Account,
        AccountId,
        ApiKey,
        Client,
        Digest,
        Generation,
        KeyId,
        KeyStanding,
        Limit,
        Plan,
        PlanName,
        ServiceEntry,
        ServiceName,
        ServiceUser,
        Standing,
        Username,
    )
    from watchword.access.signing import SealedKey


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...


class Randomness(Protocol):
    """Draws random numbers fit for secrets."""

    def token_bytes(self, count: int) -> bytes:
        """Return `count` random bytes."""
        ...

    def below(self, limit: int) -> int:
        """Return a whole number from 0 to `limit` - 1, without bias."""
        ...


class StandingReads(Protocol):
    """What the guard asks, on every call."""

    async def find_standing(self, username: Username, key: Digest) -> Standing | None:
        """Return where a service user and the presented key stand now, in one read.

        Returns None when no such service user exists. `Standing.key` is None when the
        key is unknown.

        Raises:
            StoreUnavailable: If there is no answer.
        """
        ...


class ClientReads(Protocol):
    """What the token endpoint asks before it issues."""

    async def find_client(
        self, username: str, key: Digest, now: datetime
    ) -> tuple[Client | None, KeyStanding | None]:
        """Return the client and the presented key, each None when unknown.

        Both are looked up whatever the other gives, so that neither shortens the answer.

        Raises:
            StoreUnavailable: If there is no answer.
        """
        ...


class Ledger(Protocol):
    """The rows that say which token is live: one a service user, for ever."""

    async def issue(
        self, username: Username, mint: Callable[[Generation], MintedToken]
    ) -> MintedToken:
        """Raise the generation and record the token that `mint` makes for it.

        Atomic and durable: when this returns, the record has reached the disk. `mint` is
        called with the generation to come, before anything is written; if it raises,
        nothing is, and the error comes out here. It may be called on another thread.

        Raises:
            Unknown: If there is no such service user.
            StoreUnavailable: If nothing could be recorded.
        """
        ...

    async def revoke(self, username: Username, now: datetime) -> Generation:
        """Raise the generation without a token, durably. Every token issued so far is dead.

        Raises:
            Unknown: If there is no such service user.
            StoreUnavailable: If nothing could be recorded.
        """
        ...


class Registrations(Protocol):
    """What the operator registers. Each change is atomic and durable.

    `add_*` raises AlreadyExists or, for a reference to nothing, Unknown. `get_*` and
    changes raise Unknown.
    """

    async def add_account(self, account: Account) -> None:
        """Record an account and the services it is entitled to."""
        ...

    async def get_account(self, account: AccountId) -> Account:
        """Return one account."""
        ...

    async def list_accounts(self) -> list[Account]:
        """Return all accounts by id."""
        ...

    async def set_account_disabled(self, account: AccountId, at: datetime | None) -> None:
        """Disable an account from a moment on, or enable it with None."""
        ...

    async def set_entitlement(
        self, account: AccountId, service: ServiceName, *, is_granted: bool
    ) -> None:
        """Grant a service to an account, or take it away. Twice is once."""
        ...

    async def add_service_user(self, user: ServiceUser, password: Digest) -> None:
        """Record a service user and its password."""
        ...

    async def get_service_user(self, username: Username) -> ServiceUser:
        """Return one service user."""
        ...

    async def list_service_users(self, account: AccountId | None) -> list[ServiceUser]:
        """Return the service users of one account, or of all."""
        ...

    async def set_service_user_disabled(self, username: Username, at: datetime | None) -> None:
        """Disable a service user from a moment on, or enable it with None."""
        ...

    async def rotate_password(
        self, username: Username, password: Digest, *, now: datetime, old_until: datetime
    ) -> None:
        """Record a new password; the newest old one stays valid until a moment, no other."""
        ...

    async def add_api_key(self, key: ApiKey, digest: Digest) -> None:
        """Record an API key."""
        ...

    async def get_api_key(self, key: KeyId) -> ApiKey:
        """Return one API key."""
        ...

    async def list_api_keys(self, account: AccountId | None) -> list[ApiKey]:
        """Return the API keys of one account, or of all."""
        ...

    async def rotate_api_key(
        self, old: KeyId, old_until: datetime, new: ApiKey, digest: Digest
    ) -> None:
        """Record a new key and let the old one end at a moment, or earlier if it did anyway."""
        ...

    async def set_api_key_disabled(self, key: KeyId, at: datetime | None) -> None:
        """Disable an API key from a moment on, or enable it with None."""
        ...

    async def add_plan(self, plan: Plan) -> None:
        """Record a usage plan."""
        ...

    async def get_plan(self, plan: PlanName) -> Plan:
        """Return one usage plan."""
        ...

    async def list_plans(self) -> list[Plan]:
        """Return all usage plans by name."""
        ...

    async def set_limit(self, plan: PlanName, service: ServiceName, limit: Limit) -> None:
        """Set what a plan grants at one service."""
        ...

    async def add_service(self, service: ServiceEntry) -> None:
        """Record a service."""
        ...

    async def get_service(self, service: ServiceName) -> ServiceEntry:
        """Return one service."""
        ...

    async def list_services(self) -> list[ServiceEntry]:
        """Return all services by name."""
        ...

    async def set_service_disabled(self, service: ServiceName, at: datetime | None) -> None:
        """Disable a service from a moment on, or enable it with None."""
        ...


class SigningKeys(Protocol):
    """The kept signing keys, sealed."""

    async def add_signing_key(self, key: SealedKey) -> None:
        """Record a signing key."""
        ...

    async def list_signing_keys(self) -> list[SealedKey]:
        """Return all signing keys, oldest first."""
        ...


class Issuers(Protocol):
    """The URLs under which this deployment has issued tokens."""

    async def add_issuer(self, url: str) -> None:
        """Remember a URL. Twice is once."""
        ...

    async def list_issuers(self) -> list[str]:
        """Return all of them."""
        ...


class Store(StandingReads, ClientReads, Ledger, Registrations, SigningKeys, Issuers, Protocol):
    """All that a backend answers. Each passes `tests/store/conformance`."""

    async def open(self, *, may_make: bool = False) -> None:
        """Open the store and bring it to the current version.

        Args:
            may_make: Make it when it is not there.

        Raises:
            NotAllowed: If it is not there, or of a version that is not known.
            StoreUnavailable: If it cannot be opened.
        """
        ...

    async def close(self) -> None:
        """Finish what is being written, then close. Twice is once."""
        ...

    async def require_answer(self) -> None:
        """Pass when the store answers. Raises StoreUnavailable."""
        ...

    async def find_problems(self) -> list[str]:
        """Return what is damaged; nothing when the store is sound."""
        ...
