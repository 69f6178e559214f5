"""Operator tokens open what their scope names, until they end, and nothing else does."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import pytest

from support.fakes import CountedDice, StoppedClock
from watchword.access.audit import By, Chain, Source
from watchword.access.credentials import is_operator_token, make_api_key, make_operator_token
from watchword.access.errors import (
    AlreadyExists,
    Malformed,
    NotAllowed,
    OperatorRefused,
    SlowDown,
    Unknown,
)
from watchword.access.limiter import FailureLimit, FailureLimits
from watchword.access.model import OperatorScope
from watchword.access.operators import OperatorGate, OperatorRegistry, PresentedToken
from watchword.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Awaitable, Generator
    from pathlib import Path

    from watchword.access.operators import NewOperator

T = TypeVar("T")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
QUARTER = timedelta(days=90)
LIMIT = FailureLimit(burst=4, refill=timedelta(seconds=20))


class Operators:
    """The registry and the gate over one real store."""

    def __init__(self, path: Path) -> None:
        self._runner = asyncio.Runner()
        self.clock = StoppedClock(NOW)
        self.store = SqliteStore(path, path.with_name("usage.db"), Chain(b"s" * 32))
        self.run(self.store.open(may_make=True))
        self.registry = OperatorRegistry(
            self.store, clock=self.clock, randomness=CountedDice(), by=By("cli:tester")
        )
        self.gate = OperatorGate(
            self.store, limits=FailureLimits(by_name=LIMIT, by_address=LIMIT), clock=self.clock
        )

    def run(self, awaitable: Awaitable[T]) -> T:
        async def wait() -> T:
            return await awaitable

        return self._runner.run(wait())

    def add(self, name: str, scope: OperatorScope = OperatorScope.ADMIN) -> NewOperator:
        return self.run(self.registry.add_operator(name, scope, QUARTER))

    def opens(self, token: str | None, address: str = "192.0.2.1") -> list[str]:
        """Return what a token opens."""
        presented = PresentedToken(token, Source(address))
        opened: list[str] = []
        for name, require in (
            ("admin", self.gate.require_admin),
            ("introspection", self.gate.require_introspection),
        ):
            try:
                self.run(require(presented))
            except OperatorRefused:
                continue
            opened.append(name)
        return opened

    def last_records(self, count: int) -> list[dict[str, str]]:
        _, head = self.run(self.store.find_audit_edges())
        records = self.run(self.store.read_audit(head.sequence - count, count))
        return [json.loads(record.text) for record in records]

    def close(self) -> None:
        self.run(self.store.close())
        self._runner.close()


@pytest.fixture
def operators(tmp_path: Path) -> Generator[Operators]:
    made = Operators(tmp_path / "watchword.db")
    yield made
    made.close()


def test_a_token_opens_what_its_scope_names(operators: Operators) -> None:
    admin = operators.add("alice")
    gateway = operators.add("gateway", OperatorScope.INTROSPECT)

    assert operators.opens(admin.token) == ["admin", "introspection"]
    assert operators.opens(gateway.token) == ["introspection"]


def test_a_token_is_shown_once_and_kept_as_a_digest(operators: Operators, tmp_path: Path) -> None:
    made = operators.add("alice")

    assert is_operator_token(made.token)
    assert made.token not in repr(made)
    assert operators.run(operators.registry.list_operators()) == [made.record]
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("watchword.db*"))
    assert made.token.encode() not in kept


def test_a_revoked_token_opens_nothing_from_the_next_request_on(operators: Operators) -> None:
    made = operators.add("alice")

    operators.run(operators.registry.revoke_operator("alice"))

    assert operators.opens(made.token) == []


def test_a_token_ends_with_its_lifetime(operators: Operators) -> None:
    made = operators.add("alice")

    operators.clock.advance(QUARTER - timedelta(microseconds=1))
    assert operators.opens(made.token) == ["admin", "introspection"]
    operators.clock.advance(timedelta(microseconds=1))

    assert operators.opens(made.token) == []


@pytest.mark.parametrize(
    "token",
    [None, "", "x", make_operator_token(CountedDice("other")), make_api_key(CountedDice())],
)
def test_what_is_no_operators_token_opens_nothing(operators: Operators, token: str | None) -> None:
    operators.add("alice")

    assert operators.opens(token) == []


def test_the_kept_digest_is_no_token(operators: Operators) -> None:
    operators.add("alice")
    ((digest,),) = operators.store._database.read("SELECT digest FROM operator_token", ())

    assert operators.opens(digest.hex()) == []


def test_a_name_is_given_once_even_when_it_was_revoked(operators: Operators) -> None:
    operators.add("alice")
    operators.run(operators.registry.revoke_operator("alice"))

    with pytest.raises(AlreadyExists, match="choose another name"):
        operators.add("alice")


@pytest.mark.parametrize(
    ("name", "lifetime", "error"),
    [
        ("alice", timedelta(), NotAllowed),
        ("alice", timedelta(days=-1), NotAllowed),
        ("alice", timedelta(days=9_999_999), NotAllowed),
        ("Alice Smith", QUARTER, Malformed),
        ("", QUARTER, Malformed),
    ],
)
def test_a_token_that_could_not_be_used_is_not_made(
    operators: Operators, name: str, lifetime: timedelta, error: type[Exception]
) -> None:
    with pytest.raises(error):
        operators.run(operators.registry.add_operator(name, OperatorScope.ADMIN, lifetime))

    assert operators.run(operators.registry.list_operators()) == []


def test_revoking_nobody_says_so(operators: Operators) -> None:
    with pytest.raises(Unknown, match="there is no operator 'nobody'"):
        operators.run(operators.registry.revoke_operator("nobody"))


def test_making_revoking_and_refusing_stand_in_the_audit_log(operators: Operators) -> None:
    made = operators.add("alice")
    operators.run(operators.registry.revoke_operator("alice"))
    operators.opens(made.token)

    added, revoked, refused, _ = operators.last_records(4)

    assert (added["event"], added["actor"], added["operator"], added["scope"]) == (
        "operator.added", "cli:tester", "alice", "admin",
    )  # fmt: skip
    assert (revoked["event"], revoked["operator"]) == ("operator.revoked", "alice")
    assert (refused["event"], refused["actor"]) == ("operator.refused", "operator:alice")
    assert refused["address"] == "192.0.2.1"
    assert made.token not in json.dumps([added, revoked, refused])


def test_an_unknown_token_is_recorded_without_the_token(operators: Operators) -> None:
    operators.opens("wo-something-typed-by-mistake")

    (refused, _) = operators.last_records(2)

    assert refused["actor"] == "operator:unknown"
    assert "mistake" not in json.dumps(refused)


def test_guessing_at_one_address_is_slowed_down_there_and_keeps_no_operator_out(
    operators: Operators,
) -> None:
    made = operators.add("alice")
    operators.opens("wrong")
    operators.opens("wrong too")

    with pytest.raises(SlowDown) as refused:
        operators.opens("wrong")

    assert timedelta() < refused.value.retry_after <= LIMIT.refill
    assert operators.opens("wrong", "198.51.100.7") == []
    assert operators.opens(made.token) == ["admin", "introspection"]
