"""How long a session holds, by any sequence of visits."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from support.fakes import CountedDice, StoppedClock
from watchword.access.audit import By, Source
from watchword.access.sessions import LIVES, NewSession, Session, SessionKeeper, SessionKind

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from datetime import datetime

    from watchword.access.audit import AuditRecord
    from watchword.access.model import Digest


class SessionsInMemory:
    """Keeps sessions as a store does, for as long as it lives."""

    def __init__(self) -> None:
        self.kept: dict[Digest, Session] = {}
        self.records: list[AuditRecord] = []
        self.touches = 0

    async def add_session(self, session: Session, record: AuditRecord, *, most: int) -> None:
        del most
        self.kept[session.digest] = session
        self.records.append(record)

    async def find_session(self, digest: Digest) -> Session | None:
        return self.kept.get(digest)

    async def touch_session(self, digest: Digest, at: datetime) -> None:
        self.touches += 1
        if digest in self.kept:
            self.kept[digest] = replace(self.kept[digest], seen_at=at)

    async def end_sessions(
        self, kind: SessionKind, name: str, digest: Digest | None = None
    ) -> None:
        ended = [
            session.digest
            for session in self.kept.values()
            if (session.kind, session.name) == (kind, name) and digest in {None, session.digest}
        ]
        for one in ended:
            del self.kept[one]

    async def list_sessions(self, kind: SessionKind, name: str) -> list[Session]:
        return [s for s in self.kept.values() if (s.kind, s.name) == (kind, name)]

    async def record(self, record: AuditRecord) -> None:
        self.records.append(record)


def run(question: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(question)


class Visits(RuleBasedStateMachine):
    """A session opens while it is used often enough, and is not too old, and at no other time."""

    @initialize(kind=st.sampled_from(SessionKind))
    def sign_in(self, kind: SessionKind) -> None:
        self.clock = StoppedClock()
        self.kind = kind
        self.store = SessionsInMemory()
        self.keeper = SessionKeeper(self.store, clock=self.clock, randomness=CountedDice())
        self.new: NewSession = run(self.keeper.begin(kind, "svc", Source("192.0.2.7", "Firefox")))
        self.began = self.last = self.clock.now()
        self.is_over = False

    @rule(minutes=st.integers(0, 150))
    def wait(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))

    @rule()
    def visit(self) -> None:
        now, life = self.clock.now(), LIVES[self.kind]
        self.is_over |= now >= self.last + life.idle or now >= self.began + life.absolute

        found = run(self.keeper.find(self.kind, self.new.secret))

        assert (found is None) == self.is_over
        if found is not None and now - self.last >= timedelta(minutes=1):
            self.last = now

    @rule()
    def sign_out(self) -> None:
        run(self.keeper.end(self.new.session))
        self.is_over = True

    @rule()
    def sign_out_everywhere(self) -> None:
        run(self.keeper.end_all(self.kind, "svc", By("user:svc")))
        self.is_over = True

    @invariant()
    def no_other_kind_opens(self) -> None:
        for kind in set(SessionKind) - {getattr(self, "kind", SessionKind.USER)}:
            if hasattr(self, "new"):
                assert run(self.keeper.find(kind, self.new.secret)) is None


TestVisits = Visits.TestCase


@pytest.fixture
def store() -> SessionsInMemory:
    return SessionsInMemory()


@pytest.fixture
def keeper(store: SessionsInMemory) -> SessionKeeper:
    return SessionKeeper(store, clock=StoppedClock(), randomness=CountedDice())


def begin(keeper: SessionKeeper) -> NewSession:
    new: NewSession = run(keeper.begin(SessionKind.USER, "svc", Source("192.0.2.7", "Firefox")))
    return new


@pytest.mark.parametrize("secret", ["", "x", "a" * 43, "a" * 44, "ä" * 43, "a" * 42 + "\n"])
def test_another_secret_opens_nothing(keeper: SessionKeeper, secret: str) -> None:
    begin(keeper)

    assert run(keeper.find(SessionKind.USER, secret)) is None


def test_the_secret_is_neither_kept_nor_shown(
    keeper: SessionKeeper, store: SessionsInMemory
) -> None:
    new = begin(keeper)

    shown = repr((new, new.session, store.kept, store.records))
    assert new.secret not in shown
    assert new.session.digest.hex() not in shown


def test_a_session_that_is_used_all_the_time_is_noted_once_a_minute(
    keeper: SessionKeeper, store: SessionsInMemory
) -> None:
    new = begin(keeper)

    for _ in range(5):
        assert run(keeper.find(SessionKind.USER, new.secret)) is not None

    assert store.touches == 0


def test_a_session_of_the_future_opens_nothing() -> None:
    store, clock = SessionsInMemory(), StoppedClock()
    keeper = SessionKeeper(store, clock=clock, randomness=CountedDice())
    new = begin(keeper)

    clock.advance(timedelta(days=-1))

    assert run(keeper.find(SessionKind.USER, new.secret)) is None
