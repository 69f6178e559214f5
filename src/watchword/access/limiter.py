"""Limits failed authentications: by address and user name, and by address.

Counts failures only, each in a bucket that empties steadily (GCRA: one moment a bucket). What
fails at one address fills no bucket of another, so nobody can lock the owner out from afar.
The buckets are read and written in the transaction that judges: exact with any number of workers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import IPv6Address
from typing import Final, NewType

from watchword.access.errors import SlowDown

Bucket = NewType("Bucket", bytes)
"""Names a bucket. A digest: what a caller gives for a user name may be a password."""
_LONGEST_NAME: Final = 128
_REMEMBERED: Final = 1_024
Failures = Mapping[Bucket, datetime]
"""The buckets that are not empty, and when each will be."""


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
        wait = self._clamp(full_until, now) - now - (self.burst - 1) * self.refill
        return wait if wait > timedelta() else None

    def count(self, full_until: datetime | None, now: datetime) -> datetime:
        """Return the bucket's moment after one more failure."""
        return max(self._clamp(full_until or now, now), now) + self.refill

    def _clamp(self, full_until: datetime, now: datetime) -> datetime:
        # A bucket is never more than full: what says so was written by a clock that was ahead,
        # or under another limit.
        return min(full_until, now + self.burst * self.refill)


@dataclass(frozen=True, slots=True)
class FailureLimits:
    """How many failures are let through.

    Attributes:
        by_name: Of one user name at one address.
        by_address: Of all user names at one address.
    """

    by_name: FailureLimit
    by_address: FailureLimit

    def find_refusal(self, buckets: Buckets, failures: Failures, now: datetime) -> SlowDown | None:
        """Return the refusal that says for how long a bucket is full; None while none is."""
        if not failures:
            return None
        waits = [
            limit.find_wait(failures.get(bucket), now) for bucket, limit in self._pair(buckets)
        ]
        longest = max((wait for wait in waits if wait is not None), default=None)
        return None if longest is None else SlowDown(retry_after=longest)

    def count(
        self, buckets: Buckets, failures: Failures, now: datetime
    ) -> tuple[dict[Bucket, datetime], bool]:
        """Return both buckets after one more failure, and whether that filled one."""
        pairs = self._pair(buckets)
        after = {bucket: limit.count(failures.get(bucket), now) for bucket, limit in pairs}
        is_full = any(limit.find_wait(after[bucket], now) is not None for bucket, limit in pairs)
        return after, is_full

    def _pair(self, buckets: Buckets) -> tuple[tuple[Bucket, FailureLimit], ...]:
        return (buckets.name, self.by_name), (buckets.address, self.by_address)


@dataclass(frozen=True, slots=True)
class Buckets:
    """The two buckets that a request's failure falls into."""

    name: Bucket
    address: Bucket

    @classmethod
    def of(cls, address: str | None, username: str) -> Buckets:
        """Return the buckets of a user name, known or not, at an address."""
        # No name is longer than what is looked at; a longer one is nobody's.
        return _find_buckets(address, username[:_LONGEST_NAME])


@lru_cache(maxsize=_REMEMBERED)
def _find_buckets(address: str | None, username: str) -> Buckets:
    network = to_network(address).encode()
    return Buckets(
        Bucket(_digest(b"name\0" + network + b"\0" + username.encode())),
        Bucket(_digest(b"address\0" + network)),
    )


def to_bucket(kind: str, name: str) -> Bucket:
    """Return a bucket that fills from whatever address. Those of one kind differ by name."""
    return Bucket(_digest(b"anywhere\0" + f"{kind}\0{name[:_LONGEST_NAME]}".encode()))


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
