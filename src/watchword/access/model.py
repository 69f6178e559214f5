"""The nouns of the contract as values. Owns no rule but what a value may be made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NewType

from watchword.access.errors import OutOfRange

if TYPE_CHECKING:
    from collections.abc import Mapping

AccountId = NewType("AccountId", str)
"""An account's short name, chosen by the operator: `acme`."""
Username = NewType("Username", str)
"""A service user's name. It is the OAuth `client_id` and never given to anyone else."""
KeyId = NewType("KeyId", str)
"""Names an API key in logs and commands. No secret: `key_4fT0...`."""
PlanName = NewType("PlanName", str)
ServiceName = NewType("ServiceName", str)
Digest = NewType("Digest", bytes)
"""32 bytes: of an API key its SHA-256, of a password its HMAC-SHA-256."""
Generation = NewType("Generation", int)
"""Counts the tokens of one service user. It only ever rises."""


class OperatorScope(StrEnum):
    """What an operator token opens."""

    ADMIN = "admin"
    INTROSPECT = "introspect"
    METRICS = "metrics"


TOKEN_LIFETIME = timedelta(seconds=28_800)
MOST = 1_000_000_000_000
"""No figure of a plan is above."""
MOST_OF_A_DOCUMENT: Final[Mapping[str, int]] = MappingProxyType(
    {
        "tokens": 20_000,
        "depth": 50,
        "aliases": 1_000,
        "root_fields": 1_000,
        "list_size": 100,
        "cost": 1_000_000,
    }
)
"""The figures of `DocumentLimits`, and what each is at most. Each is at least 1."""
CLOCK_SKEW = timedelta(seconds=60)
"""How far in the future an `iat` may lie."""


@dataclass(frozen=True, slots=True)
class Account:
    """A customer.

    Attributes:
        services: Those that it is entitled to.
        packages: The parts of their data that it has beyond the core.
    """

    id: AccountId
    name: str
    services: tuple[ServiceName, ...]
    created_at: datetime
    disabled_at: datetime | None = None
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceUser:
    """A machine identity of an account."""

    username: Username
    account: AccountId
    created_at: datetime
    disabled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key as it is kept: never the key itself.

    Attributes:
        disabled_by: Who disabled it, as the audit log names whoever acts.
        replaced_by: The key that was made in its place when it was rotated.
    """

    id: KeyId
    account: AccountId
    plan: PlanName
    description: str
    last_four: str
    created_at: datetime
    expires_at: datetime | None = None
    disabled_at: datetime | None = None
    disabled_by: str | None = None
    replaced_by: KeyId | None = None

    def is_usable(self, now: datetime) -> bool:
        """Tell whether the key opens anything at this moment."""
        return self.disabled_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class Limit:
    """What a plan grants at one service.

    Attributes:
        rate: Requests a second that refill the bucket.
        burst: Size of the bucket, in requests.
        quota: Requests a UTC day; None is without end.
    """

    rate: int
    burst: int
    quota: int | None

    def __post_init__(self) -> None:
        quota = 0 if self.quota is None else self.quota
        figures = (("rate", self.rate, 1), ("burst", self.burst, 1), ("quota", quota, 0))
        for name, figure, least in figures:
            if not least <= figure <= MOST:
                raise OutOfRange(name, least, MOST, figure)


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """How large a GraphQL document may be that a plan lets through, and what it may ask.

    Attributes:
        tokens: Lexical tokens of the document.
        depth: Levels of fields within fields; a root field is at level 1.
        aliases: Fields under another name, in all.
        root_fields: Fields of the operation itself.
        list_size: The largest page and the longest list of ids.
        cost: Of one operation, in points, as the schema states them.
        introspection: Whether it may ask for the schema.
        trusted_only: Whether nothing runs but documents that the operator has registered.
    """

    tokens: int = 2_000
    depth: int = 15
    aliases: int = 30
    root_fields: int = 20
    list_size: int = 100
    cost: int = 25_000
    introspection: bool = False
    trusted_only: bool = False

    def __post_init__(self) -> None:
        for name, most in MOST_OF_A_DOCUMENT.items():
            figure = getattr(self, name)
            if not 1 <= figure <= most:
                raise OutOfRange(name, 1, most, figure)


@dataclass(frozen=True, slots=True)
class Plan:
    """A usage plan: one limit a service, and what documents it lets through."""

    name: PlanName
    limits: dict[ServiceName, Limit] = field(default_factory=dict[ServiceName, Limit])
    documents: DocumentLimits = DocumentLimits()


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """A GraphQL service as the operator registered it.

    Attributes:
        upstream: The URL to which calls are passed on; None where the service runs in this
            process, or behind a proxy that asks `/authorize`.
        allows_preflight: Whether an OPTIONS request passes without credentials, as browsers
            send it before a call.
        signs_identity: Whether the upstream gets a signed statement of who calls.
    """

    name: ServiceName
    title: str
    description: str
    disabled_at: datetime | None = None
    upstream: str | None = None
    allows_preflight: bool = False
    signs_identity: bool = False

    @property
    def is_enabled(self) -> bool:
        """Whether calls are answered."""
        return self.disabled_at is None

    @property
    def passes_preflight(self) -> bool:
        """Whether an OPTIONS request of a browser passes now: not where nothing else would."""
        return self.allows_preflight and self.is_enabled


@dataclass(frozen=True, slots=True)
class OperatorToken:
    """What opens the admin API, as it is kept: never the token itself.

    Attributes:
        name: Who holds it; stands in the audit log.
        scope: What it opens: everything, or one thing alone.
    """

    name: str
    scope: OperatorScope
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None

    def is_usable(self, now: datetime) -> bool:
        """Tell whether the token opens anything at this moment."""
        return self.revoked_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True)
class LiveToken:
    """A service user's row in the ledger.

    Attributes:
        generation: The highest generation ever recorded for the service user.
        jti: Which token carries it; None when a revocation raised the generation.
        changed_at: When it was issued or revoked.
        expires_at: When the token ends by itself; None after a revocation.
    """

    generation: Generation
    jti: str | None
    changed_at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeyStanding:
    """What a caller's API key is worth now."""

    id: KeyId
    account: AccountId
    plan: PlanName
    expires_at: datetime | None
    is_disabled: bool

    def is_usable(self, account: AccountId, now: datetime) -> bool:
        """Tell whether the key opens anything for this account at this moment."""
        return (
            self.account == account
            and not self.is_disabled
            and (self.expires_at is None or now < self.expires_at)
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything the guard asks of the store about one caller, read in one step.

    Attributes:
        limits: What the key's plan grants, by service.
        documents: What documents the key's plan lets through.
        packages: The parts of the data that the account has bought beyond the core.
    """

    username: Username
    account: AccountId
    services: frozenset[str]
    is_disabled: bool
    live: LiveToken | None
    key: KeyStanding | None
    limits: Mapping[ServiceName, Limit] = field(default_factory=dict[ServiceName, Limit])
    documents: DocumentLimits = DocumentLimits()
    packages: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Client:
    """Everything the OAuth endpoints ask of the store about one client, read in one step.

    Attributes:
        passwords: Digests of the generated passwords valid now, two during a rotation.
        chosen: The chosen passwords valid now, each as Argon2id keeps it.
    """

    username: Username
    account: AccountId
    services: tuple[ServiceName, ...]
    is_disabled: bool
    passwords: tuple[Digest, ...] = field(repr=False)
    chosen: tuple[str, ...] = field(default=(), repr=False)
