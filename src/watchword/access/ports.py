"""What the rules ask of the world, named for questions. Each answer is one atomic step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from watchword.access.register import ApiKeys, Catalogue, Customers, Documents

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import date, datetime

    from watchword.access.audit import AuditFilter, AuditRecord, Edge, KeptRecord
    from watchword.access.console import ConsoleCredentials, ConsoleUser
    from watchword.access.ledger import Asked, Found, Verdict
    from watchword.access.metering import BucketName, Kept, Settled
    from watchword.access.model import (
        AccountId,
        Digest,
        OperatorToken,
        ServiceEntry,
        ServiceName,
        Standing,
        Username,
    )
    from watchword.access.paging import Page
    from watchword.access.refusals import RefusalKey, RefusalRow
    from watchword.access.sessions import Session, SessionKind
    from watchword.access.signing import SealedKey
    from watchword.access.trusted_documents import DocumentId
    from watchword.access.usage import AccountSum, UsageKey, UsageRow, UsageSum

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

    def find_version(self) -> int | None:
        """Return a number that is another one once anything may have changed; at once.

        Whoever commits, in whatever process: a call that begins after the commit gets another
        number. None where the store cannot say that; then nothing is remembered.

        Raises:
            StoreUnavailable: If there is no answer.
        """
        ...

    async def find_standing(self, username: Username, key: Digest) -> Standing | None:
        """Return where a service user and the presented key stand now, in one read.

        Returns None when no such service user exists. `Standing.key` is None when the
        key is unknown.

        Raises:
            StoreUnavailable: If there is no answer.
        """
        ...

    async def find_newest_key(
        self, username: Username, service: ServiceName, now: datetime
    ) -> Digest | None:
        """Return the key whose plan counts what a service user asks without naming a key.

        Of the usable keys of its account the newest whose plan grants the service; where none
        does, the newest; None where there is none.

        Raises:
            StoreUnavailable: If there is no answer.
        """
        ...


class ServiceReads(Protocol):
    """What is asked of a registered service, on every call that is passed on."""

    async def find_service(self, service: ServiceName) -> ServiceEntry | None:
        """Return one service, None when there is none.

        Raises:
            StoreUnavailable: If there is no answer.
        """
        ...


class DocumentReads(Protocol):
    """What is asked of registered documents, on every call that names one."""

    def find_version(self) -> int | None:
        """Return a number that is another one after a commit (see `StandingReads`)."""
        ...

    async def find_document(
        self, service: ServiceName, account: AccountId, document: DocumentId
    ) -> str | None:
        """Return the text of a document that an account may run: its own, or everybody's.

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


class PlanBuckets(Protocol):
    """The buckets of the usage plans: one an account, plan and service."""

    async def settle_bucket(
        self, name: BucketName, judge: Callable[[Kept | None], Settled]
    ) -> Settled:
        """Look a bucket up, let `judge` say what follows, and record that: one transaction.

        Atomic and durable, as `Ledger.settle` is. `judge` gets None for a bucket that nobody
        has taken from yet.

        Raises:
            StoreUnavailable: If nothing could be recorded.
        """
        ...


class BucketReads(Protocol):
    """How full the buckets are, for who only looks."""

    async def find_bucket(self, name: BucketName) -> Kept | None:
        """Return a bucket as it was last recorded; None where nobody has taken from it yet.

        Raises:
            StoreUnavailable: If there is no answer.
        """
        ...


class UsageRecords(Protocol):
    """What was admitted, for reports."""

    async def add_usage(self, counts: Mapping[UsageKey, int]) -> None:
        """Add counts to those of before: all of them, or none.

        For a day, account, key and service only the first `MOST_OPERATIONS` operations are
        told apart; what is counted of others is added up under `OTHERS`.

        Raises:
            StoreUnavailable: If nothing could be added.
        """
        ...

    async def read_usage(
        self,
        since: date,
        until: date,
        account: AccountId | None,
        after: UsageKey | None,
        limit: int,
    ) -> list[UsageRow]:
        """Return counts by day, account, key, service and operation, up to so many.

        Args:
            since: The first day.
            until: The last day.
            account: Of one account alone.
            after: Only what comes behind it.
            limit: How many rows at most.
        """
        ...

    async def sum_accounts(self, since: date, until: date, most: int) -> list[AccountSum]:
        """Return the counts by day and account, of the busiest accounts and all others.

        Looks at every row of these days, away from the event loop.

        Args:
            since: The first day.
            until: The last day.
            most: So many accounts are told apart.

        Raises:
            StoreUnavailable: If there is no answer.
        """
        ...

    async def sum_usage(self, account: AccountId, since: date, until: date) -> list[UsageSum]:
        """Return the counts of one account by day, service and operation.

        Reads no other account's.

        Raises:
            StoreUnavailable: If there is no answer.
        """
        ...


class RefusalRecords(Protocol):
    """What was refused, for reports."""

    async def add_refusals(self, counts: Mapping[RefusalKey, int]) -> None:
        """Add counts to those of before: all of them, or none.

        For a day and account only the first `MOST_CODES` services and codes are told apart; of
        others the service is `OTHERS`.

        Raises:
            StoreUnavailable: If nothing could be added.
        """
        ...

    async def read_refusals(
        self, since: date, until: date, account: AccountId | None, limit: int
    ) -> list[RefusalRow]:
        """Return counts, summed up over the days, the largest first, up to so many.

        The day of each row is the last one on which it was counted.
        """
        ...


class Tallies(Protocol):
    """What all workers have counted together, for the metrics: sums that only grow."""

    async def add_tallies(self, deltas: Mapping[str, float]) -> None:
        """Add to the sums, by name. A name that is new begins at nothing.

        Raises:
            StoreUnavailable: If nothing could be added.
        """
        ...

    async def read_tallies(self) -> dict[str, float]:
        """Return all sums by name.

        Raises:
            StoreUnavailable: If there is no answer.
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

    async def is_match(
        self, username: str, password: str, kept: Sequence[str], *, caller: str = ""
    ) -> bool:
        """Tell whether the password is one of those kept, always at the same length.

        Args:
            username: Whose it should be.
            password: What was presented.
            kept: The PHC strings.
            caller: Who waits for it, where comparisons are limited by caller.

        Raises:
            Overloaded: If too many wait already.
            SlowDown: If too many of this caller's do.
        """
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


class ConsoleUsers(Protocol):
    """The people who sign in to the console."""

    async def add_console_user(
        self, user: ConsoleUser, credentials: ConsoleCredentials, record: AuditRecord
    ) -> None:
        """Record a person. Raises AlreadyExists."""
        ...

    async def find_console_user(self, name: str) -> ConsoleUser | None:
        """Return one person, None when nobody has the name."""
        ...

    async def get_console_user(self, name: str) -> ConsoleUser:
        """Return one person. Raises Unknown."""
        ...

    async def find_console_credentials(self, name: str) -> ConsoleCredentials | None:
        """Return what a person proves itself with, None when nobody has the name."""
        ...

    async def list_console_users(self) -> list[ConsoleUser]:
        """Return everybody by name."""
        ...

    async def reset_console_user(
        self, name: str, credentials: ConsoleCredentials, at: datetime, record: AuditRecord
    ) -> None:
        """Put other credentials in place of those of before. Raises Unknown."""
        ...

    async def set_console_user_disabled(
        self, name: str, at: datetime | None, record: AuditRecord
    ) -> None:
        """Disable a person from a moment on, or enable it with None. Raises Unknown."""
        ...

    async def use_console_code(self, name: str, step: int, credentials: ConsoleCredentials) -> bool:
        """Use up a code: of the steps up to this one, none is good any more.

        Atomic and durable. Tells whether it was good until now, the person is not disabled, and
        has these credentials still.
        """
        ...


class AuditLog(Protocol):
    """The audit records, in the order in which they were made."""

    async def read_audit(self, after: int, limit: int) -> list[KeptRecord]:
        """Return the records behind a sequence number, oldest first, up to so many."""
        ...

    async def search_audit(
        self, wanted: AuditFilter, before: int | None, limit: int
    ) -> Page[KeptRecord]:
        """Return records, newest first, up to so many.

        A page may have fewer, and a `next` all the same: what is looked at for one page is
        bounded. The records of a service user are found without looking at others.

        Args:
            wanted: Which.
            before: Only those whose sequence number is below.
            limit: How many at most.
        """
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


class Sessions(Protocol):
    """The browsers in which somebody has signed in, digests only."""

    async def add_session(self, session: Session, record: AuditRecord, *, most: int) -> None:
        """Record a session. Of its name no more than so many stay; the oldest goes.

        The audit record is kept first: who cannot be recorded has not signed in.
        """
        ...

    async def find_session(self, digest: Digest) -> Session | None:
        """Return the session of a secret, whether it still holds or not."""
        ...

    async def touch_session(self, digest: Digest, at: datetime) -> None:
        """Note that a session was used. One that has ended stays ended."""
        ...

    async def note_form(
        self, digest: Digest, note: Callable[[Sequence[str]], Sequence[str]]
    ) -> bool:
        """Change which forms were sent in a session: one transaction.

        `note` gets those of before, and returns those that are known from then on; it may be
        called on another thread. If it raises, nothing is changed, and the error comes out here.

        Returns:
            Whether there is such a session.
        """
        ...

    async def end_session(self, digest: Digest) -> None:
        """End one session. Twice is once."""
        ...

    async def end_sessions(self, kind: SessionKind, *names: str) -> None:
        """End all sessions of some names, in one transaction. Twice is once."""
        ...

    async def list_sessions(self, kind: SessionKind, name: str) -> list[Session]:
        """Return the sessions of a name, newest first."""
        ...

    async def record(self, record: AuditRecord) -> None:
        """Append an audit record of something that changes nothing else."""
        ...


class Totals(Protocol):
    """How much there is, for who only looks."""

    async def count_registered(self) -> dict[str, int]:
        """Return how many accounts, service users, API keys, plans and services there are."""
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
    ServiceReads,
    DocumentReads,
    Ledger,
    PlanBuckets,
    BucketReads,
    UsageRecords,
    RefusalRecords,
    Tallies,
    Customers,
    ApiKeys,
    Catalogue,
    Documents,
    SigningKeys,
    Operators,
    ConsoleUsers,
    AuditLog,
    Sessions,
    Totals,
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

    async def look_for_files(self) -> None:
        """Notice when what was opened is not what the operator sees any more.

        From then on every question is answered with StoreUnavailable, until it is again.
        """
        ...

    async def require_answer(self) -> None:
        """Pass when the store answers. Raises StoreUnavailable."""
        ...

    async def find_problems(self) -> list[str]:
        """Return what is damaged; nothing when the store is sound."""
        ...
