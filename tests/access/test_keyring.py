"""The life of a signing key follows from one moment, and every worker learns of it in time."""

from __future__ import annotations

import asyncio
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.fakes import CountedDice, StoppedClock
from support.keys import SECRET, KeyCabinet, keeper_of
from watchword.access.audit import AuditRecord, By, Event
from watchword.access.errors import NotAllowed, StoreUnavailable, TokenInvalid
from watchword.access.keyring import (
    JWKS_LIFETIME,
    OUTLIVES,
    REFRESH,
    SHORTEST_WAIT,
    KeyKeeper,
    KeyRing,
    Stage,
)
from watchword.access.model import CLOCK_SKEW, TOKEN_LIFETIME, Generation, Username
from watchword.access.reading import TokenReader
from watchword.access.rotation import SigningRotation
from watchword.access.signing import Claims, SealedKey, SigningKey

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEYS = [SigningKey.generate() for _ in range(5)]
RECORD = AuditRecord(Event.SIGNING_ROTATED, NOW, "cli:tester")

moments = st.integers(-200_000, 200_000).map(lambda seconds: NOW + timedelta(seconds=seconds))
rings = st.lists(moments, min_size=1, max_size=len(KEYS)).map(
    lambda starts: KeyRing(zip(KEYS, starts, strict=False))
)


def claims_at(moment: datetime) -> Claims:
    return Claims(
        "https://api.example.com", Username("svc"), ("profile",), "j", moment,
        moment + TOKEN_LIFETIME, "profile", Generation(1),
    )  # fmt: skip


def kids(ring: KeyRing, now: datetime) -> set[str]:
    return {key["kid"] for key in ring.public_jwks(now)["keys"]}


class Workers:
    """Two workers over one cabinet of keys, and an operator."""

    def __init__(self) -> None:
        self.clock = StoppedClock(NOW)
        self.cabinet = KeyCabinet(KEYS[0])
        self.one = keeper_of(self.cabinet, self.clock)
        self.other = keeper_of(self.cabinet, self.clock)
        self.rotation = SigningRotation(
            self.cabinet,
            SECRET,
            clock=self.clock,
            randomness=CountedDice("rotation"),
            by=By("cli:tester"),
        )

    def ring_of(self, keeper: KeyKeeper) -> KeyRing:
        return asyncio.run(keeper.current())


@pytest.fixture
def workers() -> Workers:
    return Workers()


@given(ring=rings, now=moments)
def test_one_key_signs_at_any_moment_the_last_that_has_begun(ring: KeyRing, now: datetime) -> None:
    signing = [item for item in ring.keys if ring.stage_of(item, now) is Stage.SIGNING]

    (only,) = signing
    begun = [item for item in ring.keys if item.signs_from <= now]
    assert only is (begun[-1] if begun else ring.keys[0])
    assert ring.sign(claims_at(now)).startswith(only.key.header + ".")


@given(ring=rings, now=moments)
def test_stages_follow_one_another_in_the_order_of_the_keys(ring: KeyRing, now: datetime) -> None:
    stages = [ring.stage_of(item, now) for item in ring.keys]

    order = [Stage.RETIRED, Stage.VERIFYING, Stage.SIGNING, Stage.PUBLISHED]
    assert stages == sorted(stages, key=order.index)


@given(ring=rings, issued=moments, age=st.integers(0, int((TOKEN_LIFETIME + CLOCK_SKEW).seconds)))
@settings(max_examples=100)
def test_a_token_verifies_for_as_long_as_it_lives(
    ring: KeyRing, issued: datetime, age: int
) -> None:
    now = issued + timedelta(seconds=age)
    token = ring.sign(claims_at(issued))

    payload = ring.verify(token, now)

    assert json.loads(payload)["iat"] == int(issued.timestamp())
    assert any(token.startswith(item.key.header) for item in ring.keys)


@given(ring=rings, now=moments)
def test_what_is_published_is_what_verifies(ring: KeyRing, now: datetime) -> None:
    published = kids(ring, now)

    for item in ring.keys:
        token = item.key.sign(claims_at(now))
        if item.key.kid in published:
            ring.verify(token, now)
        else:
            with pytest.raises(TokenInvalid):
                ring.verify(token, now)


@given(starts=st.lists(moments, min_size=1, max_size=len(KEYS), unique=True), now=moments)
def test_the_order_of_the_rows_does_not_matter(starts: list[datetime], now: datetime) -> None:
    rows = list(zip(KEYS, starts, strict=False))

    forwards, backwards = KeyRing(rows), KeyRing(reversed(rows))

    assert [item.key.kid for item in forwards.keys] == [item.key.kid for item in backwards.keys]
    assert kids(forwards, now) == kids(backwards, now)


@given(ring=rings, now=moments)
def test_a_published_key_set_holds_no_private_member(ring: KeyRing, now: datetime) -> None:
    for key in ring.public_jwks(now)["keys"]:
        assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}


def test_the_lengths_of_time_leave_room_for_one_another() -> None:
    assert OUTLIVES >= TOKEN_LIFETIME + CLOCK_SKEW + REFRESH
    assert SHORTEST_WAIT >= JWKS_LIFETIME + REFRESH


def test_a_ring_without_keys_says_what_to_do() -> None:
    with pytest.raises(NotAllowed, match="watchword init"):
        KeyRing([])


def test_a_key_that_one_worker_rotated_is_known_to_the_other_in_time(workers: Workers) -> None:
    made = asyncio.run(workers.rotation.rotate(SHORTEST_WAIT))

    workers.clock.advance(REFRESH)

    for keeper in (workers.one, workers.other):
        assert made.kid in kids(workers.ring_of(keeper), workers.clock.now())


def test_all_workers_begin_to_sign_with_a_new_key_at_the_same_moment(workers: Workers) -> None:
    made = asyncio.run(workers.rotation.rotate(SHORTEST_WAIT))
    workers.clock.advance(SHORTEST_WAIT - timedelta(microseconds=1))
    before = claims_at(workers.clock.now())
    workers_before = [workers.ring_of(keeper).sign(before) for keeper in (workers.one,)]
    workers.clock.advance(timedelta(microseconds=1))

    signed = [
        workers.ring_of(keeper).sign(claims_at(workers.clock.now()))
        for keeper in (workers.one, workers.other)
    ]

    header = SigningKey.unseal(made, SECRET).header
    assert all(token.startswith(header) for token in signed)
    assert not any(token.startswith(header) for token in workers_before)


def test_tokens_with_unknown_keys_cost_one_look_in_a_few_seconds(workers: Workers) -> None:
    tokens = TokenReader(workers.one, clock=workers.clock, remembered=10)
    read_before = workers.cabinet.times_read

    async def present(count: int) -> None:
        for number in range(count):
            kid = urlsafe_b64encode(str(number).encode()).decode()
            header = urlsafe_b64encode(json.dumps({"alg": "ES256", "kid": kid}).encode()).decode()
            with pytest.raises(TokenInvalid):
                await tokens.read(f"{header}.e30.c2ln")

    asyncio.run(present(1_000))
    assert workers.cabinet.times_read == read_before
    workers.clock.advance(REFRESH)
    asyncio.run(present(1_000))

    assert workers.cabinet.times_read == read_before + 1


def test_a_key_that_leaked_ends_remembered_tokens_within_a_refresh(workers: Workers) -> None:
    tokens = TokenReader(workers.other, clock=workers.clock, remembered=10)
    token = workers.ring_of(workers.other).sign(claims_at(NOW))
    assert asyncio.run(tokens.read(token)).jti == "j"

    asyncio.run(workers.rotation.rotate_at_once())
    workers.clock.advance(REFRESH)

    with pytest.raises(TokenInvalid):
        asyncio.run(tokens.read(token))


def test_a_clock_that_was_set_back_does_not_put_the_look_off(workers: Workers) -> None:
    workers.clock.advance(timedelta(days=-1))

    assert workers.one.is_due


def test_a_ring_that_did_not_change_stays_the_same_object(workers: Workers) -> None:
    before = workers.ring_of(workers.one)
    workers.clock.advance(REFRESH)

    assert workers.ring_of(workers.one) is before


def test_a_keeper_that_has_not_read_says_so() -> None:
    keeper = KeyKeeper(KeyCabinet(KEYS[0]), SECRET, StoppedClock(NOW))

    assert keeper.is_due
    with pytest.raises(ValueError, match="were not read yet"):
        _ = keeper.ring


def test_keys_that_cannot_be_read_admit_nobody(workers: Workers) -> None:
    class Silent(KeyCabinet):
        async def list_signing_keys(self) -> list[SealedKey]:
            raise StoreUnavailable("no answer")

    tokens = TokenReader(workers.one, clock=workers.clock, remembered=10)
    token = workers.ring_of(workers.one).sign(claims_at(NOW))
    asyncio.run(tokens.read(token))
    workers.one._store = Silent(KEYS[0])
    workers.clock.advance(REFRESH)

    with pytest.raises(StoreUnavailable):
        asyncio.run(tokens.read(token))


def test_a_key_under_another_secret_is_not_taken(workers: Workers) -> None:
    foreign = KEYS[1].seal(b"t" * 32, CountedDice(), NOW, NOW)
    asyncio.run(workers.cabinet.add_signing_key(foreign, RECORD))
    workers.clock.advance(REFRESH)

    with pytest.raises(NotAllowed, match="another secret"):
        workers.ring_of(workers.one)
