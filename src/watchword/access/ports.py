"""What the rules ask of the world, named for questions. Each answer is one atomic step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from watchword.access.audit import AuditRecord, Edge, KeptRecord
    from watchword.access.ledger import Asked, Found, Verdict
    from watchword.access.model import (
        Account,
        AccountId,
        ApiKey,
        Digest,
        KeyId,
        Limit,
        OperatorToken,
        Plan,
        PlanName,
        ServiceEntry,
        ServiceName,
        ServiceUser,
        Standing,
        Username,
    )
    from watchword.access.signing import SealedKey

T = TypeVar("T")


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


class Ledger(Protocol):
    """Clients, and the rows that say which token is live: one a service user, for ever."""

    async def find_client(self, asked: Asked) -> Found:
        """Return what there is of a client and the presented key, in one read.

        Both are looked up whatever the other gives, so that neither shortens the answer.

        Raises:
            StoreUnavailable: If there is no answer.
        """
        ...

    async def settle(self, asked: Asked, judge: Callable[[Found], Verdict[T]]) -> Verdict[T]:
        """Look a client up, let `judge` say what follows, and record that: one transaction.

        Atomic and durable: when this returns, the record has reached the disk, and nothing
        came between what was found and what is recorded. `judge` may be called on another
        thread. If it raises, nothing is recorded, and the error comes out here.

        Raises:
            StoreUnavailable: If nothing could be recorded.
        """
        ...


class ChosenPasswords(Protocol):
    """Keeps and compares passwords that people chose: slow on purpose, off the event loop."""

    decoy: str
    """Kept like a chosen password, and matched by none."""

    async def keep(self, password: str) -> str:
        """Return what is kept of a password (a PHC string). Raises Malformed."""
        ...

    def take(self, phc: str) -> str:
        """Return what is kept of a password that was hashed elsewhere. Raises Malformed."""
        ...

    def recall(self, password: str, kept: Sequence[str]) -> bool:
        """Tell at once whether the password was found to be one of those kept before.

        A no says nothing.
        """
        ...

    async def is_match(self, username: str, password: str, kept: Sequence[str]) -> bool:
        """Tell whether the password is one of those kept, always at the same length.

        Raises:
            Overloaded: If too many wait already.
        """
        ...


class Registrations(Protocol):
    """What the operator registers. Each change is atomic and durable, its audit record in it.

    `add_*` raises AlreadyExists or, for a reference to nothing, Unknown. `get_*` and
    changes raise Unknown. `list_*` returns up to `limit` of them, behind the one that `after`
    names, and costs no more however many there are.
    """

    async def add_account(self, account: Account, record: AuditRecord) -> None:
        """Record an account and the services it is entitled to."""
        ...

    async def get_account(self, account: AccountId) -> Account:
        """Return one account."""
        ...

    async def list_accounts(self, after: str | None, limit: int) -> list[Account]:
        """Return accounts by id."""
        ...

    async def set_account_disabled(
        self, account: AccountId, at: datetime | None, record: AuditRecord
    ) -> None:
        """Disable an account from a moment on, or enable it with None."""
        ...

    async def set_entitlement(
        self, account: AccountId, service: ServiceName, record: AuditRecord, *, is_granted: bool
    ) -> None:
        """Grant a service to an account, or take it away. Twice is once."""
        ...

    async def add_service_user(
        self, user: ServiceUser, password: Digest | str, record: AuditRecord
    ) -> None:
        """Record a service user and its password: a digest, or a chosen one's PHC string."""
        ...

    async def add_service_users(
        self, users: Sequence[tuple[ServiceUser, Digest | str, AuditRecord]]
    ) -> None:
        """Record service users as `add_service_user` does: all of them, or none."""
        ...

    async def get_service_user(self, username: Username) -> ServiceUser:
        """Return one service user."""
        ...

    async def list_service_users(
        self, account: AccountId | None, after: str | None, limit: int
    ) -> list[ServiceUser]:
        """Return service users by name, of one account or of all."""
        ...

    async def set_service_user_disabled(
        self, username: Username, at: datetime | None, record: AuditRecord
    ) -> None:
        """Disable a service user from a moment on, or enable it with None."""
        ...

    async def rotate_password(
        self,
        username: Username,
        password: Digest | str,
        record: AuditRecord,
        *,
        now: datetime,
        old_until: datetime,
    ) -> None:
        """Record a new password; the newest old one stays valid until a moment, no other."""
        ...

    async def add_api_key(self, key: ApiKey, digest: Digest, record: AuditRecord) -> None:
        """Record an API key."""
        ...

    async def get_api_key(self, key: KeyId) -> ApiKey:
        """Return one API key."""
        ...

    async def list_api_keys(
        self, account: AccountId | None, after: str | None, limit: int
    ) -> list[ApiKey]:
        """Return API keys by account and age, of one account or of all.

        Raises:
            Unknown: If `after` names no key.
        """
        ...

    async def rotate_api_key(
        self, old: KeyId, old_until: datetime, new: ApiKey, digest: Digest, record: AuditRecord
    ) -> None:
        """Record a new key and let the old one end at a moment, or earlier if it did anyway."""
        ...

    async def set_api_key_disabled(
        self, key: KeyId, at: datetime | None, record: AuditRecord
    ) -> None:
        """Disable an API key from a moment on, or enable it with None."""
        ...

    async def add_plan(self, plan: Plan, record: AuditRecord) -> None:
        """Record a usage plan."""
        ...

    async def get_plan(self, plan: PlanName) -> Plan:
        """Return one usage plan."""
        ...

    async def list_plans(self, after: str | None, limit: int) -> list[Plan]:
        """Return usage plans by name."""
        ...

    async def set_limit(
        self, plan: PlanName, service: ServiceName, limit: Limit, record: AuditRecord
    ) -> None:
        """Set what a plan grants at one service."""
        ...

    async def add_service(self, service: ServiceEntry, record: AuditRecord) -> None:
        """Record a service."""
        ...

    async def get_service(self, service: ServiceName) -> ServiceEntry:
        """Return one service."""
        ...

    async def list_services(self, after: str | None, limit: int) -> list[ServiceEntry]:
        """Return services by name."""
        ...

    async def set_service_disabled(
        self, service: ServiceName, at: datetime | None, record: AuditRecord
    ) -> None:
        """Disable a service from a moment on, or enable it with None."""
        ...


class SigningKeys(Protocol):
    """The kept signing keys, sealed."""

    async def add_signing_key(
        self, key: SealedKey, record: AuditRecord, *, drop: Collection[str] = ()
    ) -> None:
        """Record a signing key, and forget those of the given `kid`s."""
        ...

    async def list_signing_keys(self) -> list[SealedKey]:
        """Return all signing keys, oldest first."""
        ...


class Operators(Protocol):
    """The operators' tokens, digests only."""

    async def add_operator(
        self, operator: OperatorToken, digest: Digest, record: AuditRecord
    ) -> None:
        """Record an operator token. Raises AlreadyExists."""
        ...

    async def find_operator(self, digest: Digest) -> OperatorToken | None:
        """Return the operator token kept under a digest."""
        ...

    async def list_operators(self) -> list[OperatorToken]:
        """Return all operator tokens by name."""
        ...

    async def revoke_operator(self, name: str, at: datetime, record: AuditRecord) -> None:
        """End an operator token from a moment on. Raises Unknown."""
        ...


class AuditLog(Protocol):
    """The audit records, in the order in which they were made."""

    async def read_audit(self, after: int, limit: int) -> list[KeptRecord]:
        """Return the records behind a sequence number, oldest first, up to so many."""
        ...

    async def find_audit_edges(self) -> tuple[Edge, Edge]:
        """Return the last record that was pruned, and the newest."""
        ...

    async def prune_audit(self, before: datetime, limit: int, record: AuditRecord | None) -> int:
        """Forget the oldest records up to the first that is not older than a moment.

        Args:
            before: The moment.
            limit: Forget so many at most: the others wait meanwhile.
            record: What is recorded of it, when anything is forgotten.

        Returns:
            How many were forgotten.
        """
        ...


class Issuers(Protocol):
    """The URLs under which this deployment has issued tokens."""

    async def add_issuer(self, url: str) -> None:
        """Remember a URL. Twice is once."""
        ...

    async def list_issuers(self) -> list[str]:
        """Return all of them."""
        ...


class Store(
    StandingReads,
    Ledger,
    Registrations,
    SigningKeys,
    Operators,
    AuditLog,
    Issuers,
    Protocol,
):
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
