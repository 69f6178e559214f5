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
from watchword.access.errors import NotAllowed, SessionEnded
from watchword.access.sessions import (
    MOST_FORMS,
    NewSession,
    Session,
    SessionKeeper,
    SessionKind,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from datetime import datetime

    from watchword.access.audit import AuditRecord
    from watchword.access.model import Digest


class SessionsInMemory:
    """Keeps sessions as a store does, for as long as it lives."""

    def __init__(self) -> None:
        self.kept: dict[Digest, Session] = {}
        self.records: list[AuditRecord] = []
        self.touches = 0
        self.forms: dict[Digest, Sequence[str]] = {}

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

    async def note_form(
        self, digest: Digest, note: Callable[[Sequence[str]], Sequence[str]]
    ) -> bool:
        if digest in self.kept:
            self.forms[digest] = note(self.forms.get(digest, ()))
        return digest in self.kept

    async def end_session(self, digest: Digest) -> None:
        self.kept.pop(digest, None)

    async def end_sessions(self, kind: SessionKind, *names: str) -> None:
        ended = [s.digest for s in self.kept.values() if s.kind == kind and s.name in names]
        for one in ended:
            del self.kept[one]

    async def list_sessions(self, kind: SessionKind, name: str) -> list[Session]:
        return [s for s in self.kept.values() if (s.kind, s.name) == (kind, name)]

    async def record(self, record: AuditRecord) -> None:
        self.records.append(record)


def run(question: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(question)


# As the documentation says: idle, and in any case.
LIVES = {
    SessionKind.USER: (timedelta(hours=2), timedelta(hours=12)),
    SessionKind.CONSOLE: (timedelta(minutes=30), timedelta(hours=8)),
}


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
        now, (idle, absolute) = self.clock.now(), LIVES[self.kind]
        self.is_over |= now >= self.last + idle or now >= self.began + absolute

        found = run(self.keeper.find(self.kind, self.new.secret))

        assert (found is None) == self.is_over
        if found is not None and now - self.last >= timedelta(minutes=1):
            self.last = now

    @rule()
    def poll(self) -> None:
        now, (idle, absolute) = self.clock.now(), LIVES[self.kind]
        self.is_over |= now >= self.last + idle or now >= self.began + absolute

        found = run(self.keeper.find(self.kind, self.new.secret, is_use=False))

        assert (found is None) == self.is_over

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


@pytest.mark.parametrize("kind", LIVES)
def test_a_session_that_nobody_uses_holds_for_its_time_and_not_a_second_longer(
    kind: SessionKind,
) -> None:
    clock, second = StoppedClock(), timedelta(seconds=1)
    keeper = SessionKeeper(SessionsInMemory(), clock=clock, randomness=CountedDice())
    new: NewSession = run(keeper.begin(kind, "svc", Source()))

    clock.advance(LIVES[kind][0] - second)
    before = run(keeper.find(kind, new.secret, is_use=False))
    clock.advance(second)

    assert before is not None
    assert run(keeper.find(kind, new.secret)) is None


@pytest.mark.parametrize("kind", LIVES)
def test_a_session_that_is_used_all_the_time_ends_in_any_case(kind: SessionKind) -> None:
    clock, second, step = StoppedClock(), timedelta(seconds=1), timedelta(minutes=10)
    keeper = SessionKeeper(SessionsInMemory(), clock=clock, randomness=CountedDice())
    new: NewSession = run(keeper.begin(kind, "svc", Source()))

    visits = [step] * (LIVES[kind][1] // step - 1) + [step - second]
    for wait in visits:
        clock.advance(wait)
        assert run(keeper.find(kind, new.secret)) is not None
    clock.advance(second)

    assert run(keeper.find(kind, new.secret)) is None


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


def test_what_a_browser_says_it_is_is_cut(keeper: SessionKeeper) -> None:
    new = run(keeper.begin(SessionKind.USER, "svc", Source("192.0.2.7", "x" * 100_000)))

    assert new.session.user_agent == "x" * 200


def test_a_form_is_sent_once_in_a_session(keeper: SessionKeeper) -> None:
    first, second = begin(keeper).session, begin(keeper).session
    form = keeper.make_form()

    for session in (first, second):
        run(keeper.require_unsent(session, form))
        with pytest.raises(NotAllowed, match="already"):
            run(keeper.require_unsent(session, form))


@pytest.mark.parametrize("form", ["", "a b", "ä", "x" * 65, "1\n"])
def test_what_is_no_form_of_ours_is_not_taken(keeper: SessionKeeper, form: str) -> None:
    with pytest.raises(NotAllowed, match="not whole"):
        run(keeper.require_unsent(begin(keeper).session, form))


def test_so_many_forms_are_remembered(keeper: SessionKeeper, store: SessionsInMemory) -> None:
    session = begin(keeper).session
    for number in range(MOST_FORMS + 3):
        run(keeper.require_unsent(session, str(number)))

    assert len(store.forms[session.digest]) == MOST_FORMS
    with pytest.raises(NotAllowed):
        run(keeper.require_unsent(session, "3"))


def test_a_session_that_has_ended_sends_no_form(keeper: SessionKeeper) -> None:
    session = begin(keeper).session
    run(keeper.end(session))

    with pytest.raises(SessionEnded):
        run(keeper.require_unsent(session, "1"))
