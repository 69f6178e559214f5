"""The audit log: what is recorded, and the chain that shows a changed or missing record.

Owns the words and the links; `verification.py` looks whether the chain is whole. Where the
records are kept is behind a port. Each is written in the transaction of what it tells, so that
neither is there without the other.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_LONGEST_AGENT: Final = 200
START: Final = bytes(hashlib.sha256().digest_size)
"""What the first record is chained to."""


class Event(StrEnum):
    """What a record tells."""

    TOKEN_ISSUED = "token.issued"  # noqa: S105 - an event
    TOKEN_SUPERSEDED = "token.superseded"  # noqa: S105 - an event
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 - an event
    AUTHENTICATION_REFUSED = "authentication.refused"
    AUTHENTICATION_LOCKED = "authentication.locked"
    SESSION_STARTED = "session.started"
    SESSIONS_ENDED = "sessions.ended"
    ACCOUNT_ADDED = "account.added"
    ACCOUNT_DISABLED = "account.disabled"
    ACCOUNT_ENABLED = "account.enabled"
    ENTITLEMENT_GRANTED = "entitlement.granted"
    ENTITLEMENT_WITHDRAWN = "entitlement.withdrawn"
    PACKAGE_GRANTED = "package.granted"
    PACKAGE_WITHDRAWN = "package.withdrawn"
    USER_ADDED = "user.added"
    USER_DISABLED = "user.disabled"
    USER_ENABLED = "user.enabled"
    PASSWORD_ROTATED = "password.rotated"  # noqa: S105 - an event
    KEY_ADDED = "key.added"
    KEY_ROTATED = "key.rotated"
    KEY_MOVED = "key.moved"
    KEY_DISABLED = "key.disabled"
    KEY_ENABLED = "key.enabled"
    PLAN_ADDED = "plan.added"
    LIMIT_SET = "limit.set"
    LIMIT_REMOVED = "limit.removed"
    DOCUMENTS_SET = "documents.set"
    SERVICE_ADDED = "service.added"
    SERVICE_SET = "service.set"
    SERVICE_DISABLED = "service.disabled"
    SERVICE_ENABLED = "service.enabled"
    DOCUMENT_ADDED = "document.added"
    DOCUMENT_REMOVED = "document.removed"
    SIGNING_ROTATED = "signing.rotated"
    OPERATOR_ADDED = "operator.added"
    OPERATOR_REVOKED = "operator.revoked"
    OPERATOR_REFUSED = "operator.refused"
    CONSOLE_ADDED = "console.added"
    CONSOLE_RESET = "console.reset"
    CONSOLE_DISABLED = "console.disabled"
    CONSOLE_ENABLED = "console.enabled"
    CONSOLE_REFUSED = "console.refused"
    AUDIT_STARTED = "audit.started"
    AUDIT_PRUNED = "audit.pruned"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a request came from.

    Attributes:
        address: The caller's network address.
        user_agent: What the caller says it is.
        correlation_id: Finds the request in the log.
    """

    address: str | None = None
    user_agent: str | None = None
    correlation_id: str | None = None

    @property
    def agent(self) -> str | None:
        """What is kept of `user_agent`: a caller says whatever it likes, at any length."""
        return None if self.user_agent is None else self.user_agent[:_LONGEST_AGENT]


HERE: Final = Source()
"""The machine itself: what a command does comes from no address."""


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One thing that happened. Holds no secret.

    Attributes:
        actor: Who did it: `user:svc-acme`, `operator:alice` with a token, `console:alice` in the
            console, `cli:root`.
        facts: What it was done to.
    """

    event: Event
    at: datetime
    actor: str
    source: Source = HERE
    facts: Mapping[str, str | int | None] = field(default_factory=dict[str, "str | int | None"])

    def members(self) -> dict[str, object]:
        """Return what is kept of it, without what is not known."""
        members: dict[str, object] = {
            "time": self.at,
            "event": self.event,
            "actor": self.actor,
            "address": self.source.address,
            "user_agent": self.source.agent,
            "correlation_id": self.source.correlation_id,
            **self.facts,
        }
        return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True, slots=True)
class By:
    """Who operates, and from where; stands in every record of what it does.

    Attributes:
        actor: `cli:root`, `operator:alice`.
    """

    actor: str
    source: Source = HERE

    def record(self, event: Event, at: datetime, **facts: str | int | None) -> AuditRecord:
        """Return a record of what was done."""
        return AuditRecord(event, at, self.actor, self.source, facts)


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """A record as it is kept.

    Attributes:
        sequence: Counts the records from 1, without a gap.
        recorded_at: The record's time in microseconds since 1970 UTC, as it is kept.
        text: JSON, to the byte as it was recorded.
        link: What chains it to the record before.
    """

    sequence: int
    recorded_at: int
    text: str
    link: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which records are asked for. What is None is not looked at.

    Attributes:
        username: Of this service user, or about it.
        account: About this account.
        event: That tell this; with a dot at its end, of this family: `token.`.
        text: In which this stands, whatever its case.
    """

    username: str | None = None
    account: str | None = None
    event: str | None = None
    text: str | None = None


class End(StrEnum):
    """Which end of the log an edge is."""

    FLOOR = "floor"
    HEAD = "head"


@dataclass(frozen=True, slots=True)
class Edge:
    """An end of the chain: the last record that was pruned, or the newest.

    Attributes:
        seal: Shows that nobody without the secret has moved the end.
    """

    sequence: int = 0
    link: bytes = START
    seal: bytes = b""


class Chain:
    """Links records by keyed BLAKE2b (RFC 7693), so that nobody without the secret rewrites it.

    Args:
        secret: The deployment's.
    """

    def __init__(self, secret: bytes) -> None:
        key = hmac.digest(secret, b"watchword audit log", "sha256")
        self._keyed = hashlib.blake2b(key=key, digest_size=len(START))

    def link(self, previous: bytes, sequence: int, recorded_at: int, text: str) -> bytes:
        """Return what chains a record to the one before."""
        numbers = _eight_bytes(sequence) + _eight_bytes(recorded_at)
        return self._digest(previous + numbers + text.encode())

    def seal(self, end: End, sequence: int, link: bytes) -> bytes:
        """Return what shows that a record was once that end of the log."""
        return self._digest(end.encode() + _eight_bytes(sequence) + link)

    def _digest(self, octets: bytes) -> bytes:
        keyed = self._keyed.copy()
        keyed.update(octets)
        return keyed.digest()

    def is_sealed(self, end: End, edge: Edge) -> bool:
        """Tell whether an end of the log is where we put it."""
        return hmac.compare_digest(self.seal(end, edge.sequence, edge.link), edge.seal)


def _eight_bytes(number: int) -> bytes:
    # Signed: whatever somebody wrote into the file has to be judged, not to break the judge.
    return number.to_bytes(8, "big", signed=True)
