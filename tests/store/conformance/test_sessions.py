"""What every store guarantees of browsers in which somebody has signed in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from support.fakes import CountedDice, StoppedClock
from watchword.access.audit import AuditRecord, Event, Source
from watchword.access.errors import NotAllowed
from watchword.access.model import Digest
from watchword.access.sessions import Session, SessionKeeper, SessionKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from support.stores import Harness

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
RECORD = AuditRecord(Event.SESSION_STARTED, NOW, "user:svc")
SESSION = Session(Digest(b"1" * 32), SessionKind.USER, "svc", NOW, NOW, "192.0.2.7", "Firefox")


def add(harness: Harness, *sessions: Session, most: int = 20) -> None:
    for session in sessions:
        harness.run(harness.store.add_session(session, RECORD, most=most))


def numbered(number: int, name: str = "svc", kind: SessionKind = SessionKind.USER) -> Session:
    moment = NOW + timedelta(seconds=number)
    digest = Digest(f"{kind}{name}{number:03d}".encode().ljust(32, b"."))
    return replace(SESSION, digest=digest, name=name, kind=kind, started_at=moment, seen_at=moment)


def test_a_session_is_found_by_its_digest_in_every_worker(harness: Harness) -> None:
    add(harness, SESSION)

    for store in (harness.store, harness.another()):
        assert harness.run(store.find_session(SESSION.digest)) == SESSION
        assert harness.run(store.find_session(Digest(b"2" * 32))) is None


def test_a_beginning_session_is_in_the_audit_log(harness: Harness) -> None:
    add(harness, SESSION)

    (*_, newest) = harness.run(harness.store.read_audit(0, 100))
    assert '"session.started"' in newest.text


def test_a_used_session_is_noted_and_an_ended_one_is_not_brought_back(harness: Harness) -> None:
    add(harness, SESSION)
    later = NOW + timedelta(minutes=5)

    harness.run(harness.store.touch_session(SESSION.digest, later))
    found = harness.run(harness.another().find_session(SESSION.digest))
    harness.run(harness.store.end_session(SESSION.digest))
    harness.run(harness.store.touch_session(SESSION.digest, later))

    assert found == replace(SESSION, seen_at=later)
    assert harness.run(harness.store.find_session(SESSION.digest)) is None


def test_sessions_of_a_name_are_listed_newest_first_and_ended_together(harness: Harness) -> None:
    mine = [numbered(number) for number in range(3)]
    other = numbered(0, name="other")
    operator = numbered(0, kind=SessionKind.CONSOLE)
    add(harness, *mine, other, operator)

    assert harness.run(harness.store.list_sessions(SessionKind.USER, "svc")) == mine[::-1]
    harness.run(harness.another().end_sessions(SessionKind.USER, "svc"))

    assert harness.run(harness.store.list_sessions(SessionKind.USER, "svc")) == []
    assert harness.run(harness.store.list_sessions(SessionKind.USER, "other")) == [other]
    assert harness.run(harness.store.list_sessions(SessionKind.CONSOLE, "svc")) == [operator]


def test_sessions_of_many_names_are_ended_together(harness: Harness) -> None:
    add(harness, *(numbered(1, name=name) for name in ("one", "two", "three")))

    harness.run(harness.store.end_sessions(SessionKind.USER, "one", "two", "nobody"))
    harness.run(harness.store.end_sessions(SessionKind.USER))

    left = [
        harness.run(harness.store.list_sessions(SessionKind.USER, name))
        for name in ("one", "two", "three")
    ]
    assert [len(sessions) for sessions in left] == [0, 0, 1]


def test_of_two_that_send_a_form_at_once_one_does(harness: Harness) -> None:
    add(harness, SESSION, numbered(1))
    another = harness.another()

    def note(sent: Sequence[str]) -> Sequence[str]:
        if "f" in sent:
            raise NotAllowed("sent")
        return [*sent, "f"]

    told = harness.gather(
        *(store.note_form(SESSION.digest, note) for store in (harness.store, another) * 3)
    )
    elsewhere = harness.run(another.note_form(numbered(1).digest, note))
    nowhere = harness.run(another.note_form(Digest(b"2" * 32), note))

    assert told.count(True) == 1
    assert sum(isinstance(answer, NotAllowed) for answer in told) == 5
    assert (elsewhere, nowhere) == (True, False)


def test_the_oldest_sessions_of_a_name_go_and_nobody_elses(harness: Harness) -> None:
    other = numbered(0, name="other")
    add(harness, other)
    add(harness, *(numbered(number) for number in range(6)), most=4)

    kept = harness.run(harness.store.list_sessions(SessionKind.USER, "svc"))
    assert kept == [numbered(number) for number in (5, 4, 3, 2)]
    assert harness.run(harness.store.find_session(other.digest)) == other


def test_what_is_over_is_forgotten_when_another_begins(harness: Harness) -> None:
    add(harness, SESSION)
    moment = NOW + timedelta(days=2)

    add(harness, replace(numbered(1, name="other"), started_at=moment, seen_at=moment))

    assert harness.run(harness.store.find_session(SESSION.digest)) is None


def test_what_was_used_meanwhile_is_not_forgotten_when_another_begins(harness: Harness) -> None:
    add(harness, SESSION, replace(SESSION, digest=Digest(b"2" * 32)))
    used, moment = NOW + timedelta(hours=1, minutes=50), NOW + timedelta(hours=2, minutes=30)
    harness.run(harness.store.touch_session(SESSION.digest, used))

    add(harness, replace(numbered(1, name="other"), started_at=moment, seen_at=moment))

    assert harness.run(harness.store.list_sessions(SessionKind.USER, "svc")) == [
        replace(SESSION, seen_at=used)
    ]


def test_in_twenty_browsers_a_name_is_signed_in_and_the_first_ends_with_the_next(
    harness: Harness,
) -> None:
    clock = StoppedClock()
    keeper = SessionKeeper(harness.store, clock=clock, randomness=CountedDice())
    secrets = list[str]()
    for _ in range(21):
        secrets.append(harness.run(keeper.begin(SessionKind.USER, "svc", Source())).secret)
        clock.advance(timedelta(seconds=1))

    found = [harness.run(keeper.find(SessionKind.USER, secret)) for secret in secrets]

    assert [session is not None for session in found] == [False] + [True] * 20


def test_a_record_may_stand_alone(harness: Harness) -> None:
    harness.run(harness.store.record(AuditRecord(Event.SESSIONS_ENDED, NOW, "user:svc")))

    (*_, newest) = harness.run(harness.another().read_audit(0, 100))
    assert '"sessions.ended"' in newest.text
