"""Limits failed authentications: by address and user name, and by address.

Counts failures only, each in a bucket that empties steadily (GCRA: one moment a bucket). What
fails at one address fills no bucket of another, so nobody can lock the owner out from afar.
The buckets are read and written in the transaction that judges: exact with any number of workers.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Final, NewType

from watchword.access.errors import SlowDown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

Bucket = NewType("Bucket", bytes)
"""Names a bucket. A digest: what a caller gives for a user name may be a password."""
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class FailureLimit:
    """How many failures are let through.

    Attributes:
        burst: So many at once.
        refill: After so long, one more.
    """

    burst: int
    refill: timedelta

    def find_wait(self, full_until: datetime | None, now: datetime) -> timedelta | None:
        """Return how long nothing is let through; None when the bucket has room.

        Args:
            full_until: When the bucket will be empty again; None when it is.
            now: The present moment.
        """
        if full_until is None:
            return None
        wait = full_until - now - (self.burst - 1) * self.refill
        return wait if wait > timedelta() else None

    def count(self, full_until: datetime | None, now: datetime) -> datetime:
        """Return the bucket's moment after one more failure."""
        return max(full_until or now, now) + self.refill


BY_NAME: Final = FailureLimit(burst=10, refill=timedelta(seconds=6))
"""Of one user name at one address."""
BY_ADDRESS: Final = FailureLimit(burst=100, refill=timedelta(seconds=1))
"""Of all user names at one address."""


@dataclass(frozen=True, slots=True)
class Buckets:
    """The two buckets that a request's failure falls into."""

    name: Bucket
    address: Bucket

    @classmethod
    def of(cls, address: str | None, username: str) -> Buckets:
        """Return the buckets of a user name, known or not, at an address."""
        network = to_network(address).encode()
        return cls(
            Bucket(_digest(b"name\0" + network + b"\0" + username.encode())),
            Bucket(_digest(b"address\0" + network)),
        )

    def find_refusal(self, failures: Mapping[Bucket, datetime], now: datetime) -> SlowDown | None:
        """Return the refusal that says for how long a bucket is full; None while none is."""
        if not failures:
            return None
        waits = [limit.find_wait(failures.get(bucket), now) for bucket, limit in self._limits()]
        longest = max((wait for wait in waits if wait is not None), default=None)
        return None if longest is None else SlowDown(retry_after=longest)

    def count(
        self, failures: Mapping[Bucket, datetime], now: datetime
    ) -> tuple[dict[Bucket, datetime], bool]:
        """Return both buckets after one more failure, and whether that filled one."""
        after = {bucket: limit.count(failures.get(bucket), now) for bucket, limit in self._limits()}
        is_full = any(
            limit.find_wait(after[bucket], now) is not None for bucket, limit in self._limits()
        )
        return after, is_full

    def _limits(self) -> tuple[tuple[Bucket, FailureLimit], ...]:
        return (self.name, BY_NAME), (self.address, BY_ADDRESS)


def to_network(address: str | None) -> str:
    """Return what counts as one caller: an IPv4 address, or the /64 that a site is given."""
    if address is None or ":" not in address:
        return address or "here"
    parsed = IPv6Address(address.partition("%")[0])
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return parsed.packed[:8].hex()


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()[:16]
