"""The guard's order of checks and the ledger's rule, without HTTP or SQL."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.fakes import BucketsInMemory, StoppedClock
from support.keys import KeyCabinet, keeper_of
from watchword.access.errors import (
    AccountDisabled,
    ApiKeyInvalid,
    ApiKeyMissing,
    PlanGrantsNothing,
    ServiceNotAllowed,
    TokenExpired,
    TokenInvalid,
    TokenRevoked,
    TokenSuperseded,
)
from watchword.access.guard import Guard
from watchword.access.ledger import require_live
from watchword.access.meter import Meter
from watchword.access.model import (
    AccountId,
    Digest,
    Generation,
    KeyId,
    KeyStanding,
    Limit,
    LiveToken,
    PlanName,
    ServiceEntry,
    ServiceName,
    Standing,
    Username,
)
from watchword.access.reading import TokenReader
from watchword.access.signing import Claims, SigningKey

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from watchword.access.metering import BucketName, Kept

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY = SigningKey.generate()
PROFILE = ServiceName("profile")
CLAIMS = Claims(
    issuer="https://a.example",
    username=Username("svc"),
    audience=("profile",),
    jti="j7",
    issued_at=NOW,
    expires_at=NOW + timedelta(hours=8),
    scope="profile",
    generation=Generation(7),
)


class Truth:
    """A store of one service user, as good as a real one."""

    def __init__(self) -> None:
        self.issuers = ["https://a.example"]
        self.times_asked = 0
        self.services = {PROFILE: ServiceEntry(PROFILE, "Profile", "")}
        self.standing: Standing | None = Standing(
            username=CLAIMS.username,
            account=AccountId("acme"),
            services=frozenset({"profile"}),
            is_disabled=False,
            live=LiveToken(Generation(7), "j7", NOW),
            key=KeyStanding(
                KeyId("key_1"), AccountId("acme"), PlanName("p"), None, is_disabled=False
            ),
            limits={PROFILE: Limit(1_000, 1_000, None)},
        )

    def find_version(self) -> int | None:
        return None

    async def find_standing(self, username: Username, key: Digest) -> Standing | None:
        del username, key
        return self.standing

    async def find_newest_key(
        self, username: Username, service: ServiceName, now: datetime
    ) -> Digest | None:
        del username, service, now
        return None if self.standing is None or self.standing.key is None else Digest(bytes(32))

    async def find_bucket(self, name: BucketName) -> Kept | None:
        del name
        return None

    async def find_service(self, service: ServiceName) -> ServiceEntry | None:
        return self.services.get(service)

    async def add_issuer(self, url: str) -> None:
        self.issuers.append(url)

    async def list_issuers(self) -> list[str]:
        self.times_asked += 1
        return self.issuers


def admit(guard: Guard, claims: Claims = CLAIMS) -> str:
    return asyncio.run(guard.admit(KEY.sign(claims), "k", PROFILE)).caller.token_id


@pytest.fixture
def truth() -> Truth:
    return Truth()


@pytest.fixture
def guard(truth: Truth) -> Guard:
    return make_guard(truth, StoppedClock(NOW))


def test_a_token_of_ours_under_a_foreign_name_is_invalid(guard: Guard) -> None:
    with pytest.raises(TokenInvalid):
        admit(guard, replace(CLAIMS, issuer="https://other.example"))


def test_a_token_of_a_sister_server_is_known_without_a_restart(guard: Guard, truth: Truth) -> None:
    admit(guard)
    asyncio.run(truth.add_issuer("https://b.example"))

    assert admit(guard, replace(CLAIMS, issuer="https://b.example")) == "j7"
    assert truth.times_asked == 2


def test_a_known_issuer_is_not_asked_for_again(guard: Guard, truth: Truth) -> None:
    for _ in range(5):
        admit(guard)

    assert truth.times_asked == 1


@pytest.mark.parametrize(
    ("registered", "reason"),
    [
        (None, "there is no such service"),
        (
            ServiceEntry(PROFILE, "Profile", "", disabled_at=NOW),
            "the service is disabled",
        ),
        (ServiceEntry(PROFILE, "Profile", ""), "the account is not entitled to the service"),
    ],
)
def test_the_log_is_told_why_a_service_is_not_allowed_and_the_caller_is_not(
    guard: Guard, truth: Truth, registered: ServiceEntry | None, reason: str
) -> None:
    assert truth.standing is not None
    truth.standing = replace(truth.standing, services=frozenset())
    truth.services = {} if registered is None else {PROFILE: registered}

    with pytest.raises(ServiceNotAllowed) as refused:
        admit(guard)

    assert refused.value.reason == reason
    assert refused.value.public == ServiceNotAllowed.default_public


def test_whoever_has_a_token_for_another_service_is_told_to_ask_for_a_new_one(
    guard: Guard,
) -> None:
    with pytest.raises(ServiceNotAllowed) as refused:
        admit(guard, replace(CLAIMS, audience=("events",)))

    assert refused.value.reason == "the token is not for the service"
    assert "Ask for a new one" in refused.value.public


def test_a_genuine_token_of_nobody_is_invalid(guard: Guard, truth: Truth) -> None:
    truth.standing = None

    with pytest.raises(TokenInvalid):
        admit(guard)


@given(st.integers(1, 50), st.integers(1, 50), st.booleans())
def test_a_token_is_live_when_generation_and_jti_are_the_ledgers_and_never_else(
    token: int, newest: int, is_same_jti: bool
) -> None:
    live = LiveToken(Generation(newest), "a" if is_same_jti else "b", NOW)

    try:
        require_live(Generation(token), "a", live)
        is_live = True
    except (TokenSuperseded, TokenRevoked):
        is_live = False

    assert is_live == (token == newest and is_same_jti)


def test_a_ledger_that_knows_less_than_a_token_refuses_it() -> None:
    for live in (None, LiveToken(Generation(6), "j7", NOW), LiveToken(Generation(6), None, NOW)):
        with pytest.raises(TokenRevoked, match="restored"):
            require_live(Generation(7), "j7", live)


def test_a_second_token_of_the_same_generation_is_superseded() -> None:
    with pytest.raises(TokenSuperseded):
        require_live(Generation(7), "before the restore", LiveToken(Generation(7), "j7", NOW))


class VersionedTruth(Truth):
    """A store that can say whether anything has changed."""

    def __init__(self) -> None:
        super().__init__()
        self.version = 1
        self.times_read = 0
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    def find_version(self) -> int | None:
        return self.version

    async def find_standing(self, username: Username, key: Digest) -> Standing | None:
        self.times_read += 1
        standing = await super().find_standing(username, key)
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()
        return standing

    def commit(self, **changes: Any) -> None:
        assert self.standing is not None
        self.standing = replace(self.standing, **changes)
        self.version += 1


def make_guard(truth: Truth, clock: StoppedClock, cabinet: KeyCabinet | None = None) -> Guard:
    keys = keeper_of(cabinet or KeyCabinet(KEY), clock)
    tokens = TokenReader(keys, clock=clock, remembered=9)
    meter = Meter(BucketsInMemory(), clock=clock, worker="w")
    return Guard(tokens, truth, meter, clock=clock, remembered=9)


SIGNED = KEY.sign(CLAIMS)


async def call(guard: Guard, api_key: str = "k") -> str:
    return (await guard.admit(SIGNED, api_key, PROFILE)).caller.token_id


def test_a_caller_is_not_judged_again_while_nothing_was_committed() -> None:
    truth = VersionedTruth()
    guard = make_guard(truth, StoppedClock(NOW))

    for _ in range(5):
        assert asyncio.run(call(guard)) == "j7"

    assert truth.times_read == 1


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"live": LiveToken(Generation(8), "j8", NOW)}, TokenSuperseded),
        ({"live": LiveToken(Generation(8), None, NOW)}, TokenRevoked),
        ({"is_disabled": True}, AccountDisabled),
        ({"key": None}, ApiKeyInvalid),
        ({"services": frozenset()}, ServiceNotAllowed),
        ({"limits": {}}, PlanGrantsNothing),
    ],
)
def test_a_commit_is_heeded_by_the_next_call(
    changes: dict[str, Any], refusal: type[Exception]
) -> None:
    truth = VersionedTruth()
    guard = make_guard(truth, StoppedClock(NOW))
    asyncio.run(call(guard))

    truth.commit(**changes)

    with pytest.raises(refusal):
        asyncio.run(call(guard))


def test_a_commit_while_a_caller_is_judged_is_heeded_by_the_next_call() -> None:
    truth = VersionedTruth()
    guard = make_guard(truth, StoppedClock(NOW))

    async def commit() -> None:
        truth.commit(live=LiveToken(Generation(8), "j8", NOW))
        # Another call learns of it first, so that this guard knows the newer version.
        with pytest.raises(TokenSuperseded):
            await call(guard)

    truth.meanwhile = commit
    assert asyncio.run(call(guard)) == "j7"  # judged before the commit

    with pytest.raises(TokenSuperseded):
        asyncio.run(call(guard))


def test_a_remembered_caller_ends_with_its_token() -> None:
    clock = StoppedClock(NOW)
    guard = make_guard(VersionedTruth(), clock)
    asyncio.run(call(guard))

    clock.advance(timedelta(hours=8))

    with pytest.raises(TokenExpired):
        asyncio.run(call(guard))


def test_a_remembered_caller_ends_with_its_key() -> None:
    clock, truth = StoppedClock(NOW), VersionedTruth()
    assert truth.standing is not None
    assert truth.standing.key is not None
    end = NOW + timedelta(seconds=2)
    truth.standing = replace(truth.standing, key=replace(truth.standing.key, expires_at=end))
    guard = make_guard(truth, clock)
    asyncio.run(call(guard))

    clock.advance(timedelta(seconds=2))

    with pytest.raises(ApiKeyInvalid):
        asyncio.run(call(guard))


def test_a_remembered_caller_of_a_signing_key_that_was_dropped_ends_with_the_next_look() -> None:
    clock, cabinet = StoppedClock(NOW), KeyCabinet(KEY)
    guard = make_guard(VersionedTruth(), clock, cabinet)
    asyncio.run(call(guard))
    cabinet.kept = KeyCabinet(SigningKey.generate()).kept

    clock.advance(timedelta(seconds=5))

    with pytest.raises(TokenInvalid):
        asyncio.run(call(guard))


def test_one_token_with_another_key_is_another_caller() -> None:
    truth = VersionedTruth()
    guard = make_guard(truth, StoppedClock(NOW))
    asyncio.run(call(guard))

    asyncio.run(call(guard, "another"))
    with pytest.raises(ApiKeyMissing):
        asyncio.run(call(guard, ""))

    assert truth.times_read == 3


def test_callers_are_remembered_up_to_a_bound() -> None:
    guard = make_guard(VersionedTruth(), StoppedClock(NOW))

    for number in range(100):
        asyncio.run(call(guard, f"k{number}"))

    assert len(guard._callers) <= 10
