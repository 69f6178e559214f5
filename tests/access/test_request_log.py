"""The request log's buffer: bounded, handed over once, and never in the way."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from support.calls import NOON
from support.fakes import StoppedClock
from watchword.access.errors import About, StoreUnavailable, Unknown
from watchword.access.model import AccountId, KeyId, ServiceName, ServiceUser, Username
from watchword.access.owners import Owners
from watchword.access.request_log import MOST_NOTED, MOST_OF_ONE, RequestLogger

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from watchword.access.request_log import Call, Noted

ABOUT = About(ServiceName("profile"), Username("svc-acme"), AccountId("acme"), KeyId("key_1"))
LIFE = timedelta(days=7)


class LogInMemory:
    """Keeps calls as a log does, for as long as it lives."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.missed: dict[tuple[date, AccountId], int] = {}
        self.pruned_before: datetime | None = None
        self.is_down = False

    async def add_calls(
        self, calls: Sequence[Call], missed: Mapping[tuple[date, AccountId], int]
    ) -> None:
        if self.is_down:
            raise StoreUnavailable("down")
        self.calls += calls
        for key, count in missed.items():
            self.missed[key] = self.missed.get(key, 0) + count

    async def prune_calls(self, before: datetime, *, most: int, limit: int) -> int:
        assert most > 0 < limit
        self.pruned_before = before
        return 0

    def look_for_file(self) -> None:
        """Find it where it was."""


class Users:
    """One service user."""

    def __init__(self) -> None:
        self.times_asked = 0

    async def get_service_user(self, username: Username) -> ServiceUser:
        self.times_asked += 1
        if username != "svc-acme":
            raise Unknown("there is no such user")
        return ServiceUser(username, AccountId("acme"), NOON)


@pytest.fixture
def log() -> LogInMemory:
    return LogInMemory()


@pytest.fixture
def users() -> Users:
    return Users()


@pytest.fixture
def logger(log: LogInMemory, users: Users) -> RequestLogger:
    return RequestLogger(log, Owners(users), clock=StoppedClock(), life=LIFE)  # type: ignore[arg-type]


def noted(number: int = 0, about: About = ABOUT) -> Noted:
    return (about, NOON, "Info", 200, None, 0.0015, f"c{number}", "192.0.2.7", False)


def another(number: int) -> About:
    name = f"acme-{number}"
    return About(ServiceName("profile"), Username(f"svc-{name}"), AccountId(name))


def test_a_call_is_handed_over_once(logger: RequestLogger, log: LogInMemory) -> None:
    logger.note(noted())

    asyncio.run(logger.record())
    asyncio.run(logger.record())

    (call,) = log.calls
    assert (call.account, call.username, call.key) == ("acme", "svc-acme", "key_1")
    assert (call.at, call.microseconds, call.correlation_id) == (NOON, 1_500, "c0")


def test_what_comes_too_fast_is_counted_and_not_kept(
    logger: RequestLogger, log: LogInMemory
) -> None:
    for number in range(MOST_NOTED):
        logger.note(noted(number, another(number % 4)))
    for number in range(7):
        logger.note(noted(number))

    asyncio.run(logger.record())

    assert len(log.calls) == MOST_NOTED
    assert log.missed == {(NOON.date(), AccountId("acme")): 7}


def test_one_account_that_calls_fast_leaves_room_for_all_others(
    logger: RequestLogger, log: LogInMemory
) -> None:
    for number in range(MOST_NOTED):
        logger.note(noted(number))
    logger.note(noted(about=another(1)))

    asyncio.run(logger.record())
    logger.note(noted())
    asyncio.run(logger.record())

    assert Counter(call.account for call in log.calls) == {"acme": MOST_OF_ONE + 1, "acme-1": 1}
    assert log.missed == {(NOON.date(), AccountId("acme")): MOST_NOTED - MOST_OF_ONE}


def test_what_a_log_that_was_down_did_not_take_it_takes_later(
    logger: RequestLogger, log: LogInMemory
) -> None:
    log.is_down = True
    logger.note(noted(1))
    with pytest.raises(StoreUnavailable):
        asyncio.run(logger.record())
    for number in range(MOST_NOTED):
        logger.note(noted(2 + number, ABOUT if number < MOST_OF_ONE else another(number % 4)))

    log.is_down = False
    asyncio.run(logger.record())

    assert [call.correlation_id for call in log.calls[:2]] == ["c1", "c2"]
    assert len(log.calls) + sum(log.missed.values()) == MOST_NOTED + 1


def test_the_account_of_an_expired_tokens_holder_is_looked_up_once(
    logger: RequestLogger, log: LogInMemory, users: Users
) -> None:
    for _ in range(3):
        logger.note(noted(about=About(ServiceName("profile"), Username("svc-acme"))))

    asyncio.run(logger.record())

    assert [call.account for call in log.calls] == ["acme"] * 3
    assert users.times_asked == 1


def test_a_call_of_nobody_is_not_kept(logger: RequestLogger, log: LogInMemory) -> None:
    logger.note(noted(about=About(ServiceName("profile"), Username("nobody"))))

    asyncio.run(logger.record())

    assert log.calls == []


def test_the_name_of_an_operation_is_cut(logger: RequestLogger, log: LogInMemory) -> None:
    whose, at, _, *others = noted()
    logger.note((whose, at, "o" * 100_000, *others))  # type: ignore[arg-type]

    asyncio.run(logger.record())

    assert log.calls[0].operation == "o" * 64


def test_calls_are_forgotten_when_their_time_is_over(
    logger: RequestLogger, log: LogInMemory
) -> None:
    asyncio.run(logger.record())

    assert log.pruned_before == NOON - LIFE
