"""What two looks at a client may differ in, and how a refusal is counted, without HTTP or SQL."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import pytest

from support.fakes import StoppedClock
from watchword.access.audit import Source
from watchword.access.authenticating import ClientAuthenticator, Presented
from watchword.access.credentials import PasswordHasher, digest_api_key
from watchword.access.errors import InvalidClient, SlowDown
from watchword.access.ledger import Found, Verdict
from watchword.access.limiter import Buckets, FailureLimit, FailureLimits, to_network
from watchword.access.model import (
    AccountId,
    Client,
    KeyId,
    KeyStanding,
    PlanName,
    ServiceName,
    Username,
)
from watchword.web.responses import oauth_refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from watchword.access.ledger import Asked

T = TypeVar("T")
SECOND = timedelta(seconds=1)
LIMIT = FailureLimit(burst=3, refill=SECOND)
HASHER = PasswordHasher(b"s" * 32)
OLD, NEW = "$argon2id$old", "$argon2id$new"
CLIENT = Client(
    username=Username("svc"),
    account=AccountId("acme"),
    services=(ServiceName("profile"),),
    is_disabled=False,
    passwords=(),
    chosen=(OLD,),
)
KEY = KeyStanding(KeyId("key_1"), AccountId("acme"), PlanName("p"), None, is_disabled=False)
FOUND = Found(CLIENT, KEY, keeps_chosen=True)
PRESENTED = Presented("svc", "the right password", "k", source=Source("192.0.2.1"))


class Truth:
    """A ledger that finds what a test says, look by look."""

    def __init__(self, *looks: Found) -> None:
        self.looks = list(looks)
        self.verdicts: list[Verdict[object]] = []

    async def find_client(self, asked: Asked) -> Found:
        del asked
        return self.looks[0]

    async def settle(self, asked: Asked, judge: Callable[[Found], Verdict[T]]) -> Verdict[T]:
        assert asked.key == digest_api_key("k")
        verdict = judge(self.looks.pop(0))
        self.verdicts.append(verdict)
        return verdict


@dataclass
class Comparing:
    """Compares at once, and remembers nothing."""

    decoy: str = "$argon2id$decoy"
    matching: str = OLD
    asked: list[tuple[str, ...]] = field(default_factory=list)

    async def keep(self, password: str) -> str:
        return password

    def take(self, phc: str) -> str:
        return phc

    def recall(self, password: str, kept: Sequence[str]) -> bool:
        del password, kept
        return False

    async def is_match(
        self, username: str, password: str, kept: Sequence[str], *, caller: str = ""
    ) -> bool:
        del username, password, caller
        self.asked.append(tuple(kept))
        return self.matching in kept


def authenticator(truth: Truth, comparing: Comparing | None = None) -> ClientAuthenticator:
    return ClientAuthenticator(
        truth,
        hasher=HASHER,
        chosen=comparing or Comparing(),
        limits=FailureLimits(LIMIT, LIMIT),
        clock=StoppedClock(),
    )


def ask(truth: Truth, comparing: Comparing | None = None) -> str:
    asking = authenticator(truth, comparing).settle(
        PRESENTED, lambda proven: Verdict(str(proven.client.username))
    )
    return asyncio.run(asking)


def full(found: Found) -> Found:
    """Return what is found when the bucket of the name is full."""
    bucket = Buckets.of("192.0.2.1", "svc").name
    return replace(found, failures={bucket: StoppedClock().now() + LIMIT.burst * LIMIT.refill})


def test_a_chosen_password_that_matches_lets_in() -> None:
    comparing = Comparing()

    assert ask(Truth(FOUND, FOUND), comparing) == "svc"
    assert comparing.asked == [(OLD,)]


def test_a_password_that_took_the_compared_ones_place_meanwhile_was_not_compared() -> None:
    rotated = replace(FOUND, client=replace(CLIENT, chosen=(NEW,)))

    with pytest.raises(InvalidClient):
        ask(Truth(FOUND, rotated))


def test_a_bucket_that_filled_while_a_password_was_compared_refuses_the_right_one() -> None:
    with pytest.raises(SlowDown):
        ask(Truth(FOUND, full(FOUND)))


def test_a_full_bucket_refuses_before_anything_is_compared() -> None:
    comparing = Comparing()

    with pytest.raises(SlowDown):
        ask(Truth(full(FOUND)), comparing)

    assert comparing.asked == []


def test_a_full_bucket_refuses_a_right_password_where_nothing_is_issued() -> None:
    generated = replace(CLIENT, passwords=(HASHER.digest(PRESENTED.password),), chosen=())
    found = full(Found(generated, KEY))

    with pytest.raises(SlowDown):
        asyncio.run(authenticator(Truth(found, found)).authenticate(PRESENTED))


def test_nothing_is_written_for_whoever_is_slowed_down() -> None:
    truth = Truth(full(FOUND))

    with pytest.raises(SlowDown):
        ask(truth)

    (verdict,) = truth.verdicts
    assert (verdict.failures, verdict.audit) == ({}, ())


def test_a_refusal_says_whether_it_waited_for_a_comparison() -> None:
    stranger = Found(keeps_chosen=True)

    with pytest.raises(InvalidClient) as slow:
        ask(Truth(stranger, stranger))
    with pytest.raises(InvalidClient) as fast:
        ask(Truth(Found()))

    assert (slow.value.was_compared, fast.value.was_compared) == (True, False)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        (None, "here"),
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "20010db800010002"),
        ("2001:db8:1:2::9", "20010db800010002"),
        ("2001:db8:1:3::9", "20010db800010003"),
        ("fe80::1%eth0", "fe80000000000000"),
    ],
)
def test_one_site_is_one_caller_however_its_address_is_spelled(
    address: str | None, network: str
) -> None:
    assert to_network(address) == network


def test_a_moment_written_by_a_clock_that_was_ahead_keeps_nobody_out_for_long() -> None:
    now = StoppedClock().now()

    wait = LIMIT.find_wait(now + timedelta(days=365), now)

    assert wait == SECOND
    assert LIMIT.count(now + timedelta(days=365), now) <= now + (LIMIT.burst + 1) * SECOND


def test_a_wait_of_part_of_a_second_is_told_as_a_whole_one() -> None:
    refusal = SlowDown(retry_after=timedelta(milliseconds=1))

    headers = dict(oauth_refusal(refusal, "c").headers)

    assert headers[b"retry-after"] == b"1"
