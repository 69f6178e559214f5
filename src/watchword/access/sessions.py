"""Browser sessions: who has signed in, for how long that holds, and how it ends.

A session opens pages. It issues no access token, and never touches the ledger. What a browser
keeps is a secret of 256 bits; only its SHA-256 digest is stored.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from watchword.access.audit import AuditRecord, Event, Source
from watchword.access.credentials import PASSWORD_LENGTH, make_password
from watchword.access.errors import NotAllowed, SessionEnded
from watchword.access.model import Digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from watchword.access.audit import By
    from watchword.access.ports import Clock, Randomness, Sessions

_SECRET: Final = re.compile(rf"[0-9A-Za-z]{{{PASSWORD_LENGTH}}}", re.ASCII)
_ID_CHARACTERS: Final = 16
_FORM: Final = re.compile(r"[0-9A-Za-z]{1,64}", re.ASCII)
_TOUCHED_AFTER: Final = timedelta(minutes=1)
"""A session that is used is noted so often: not on every page."""
MOST_SESSIONS: Final = 20
"""Of one name at once. The oldest ends when another begins."""
MOST_FORMS: Final = 100
"""Of so many forms that were sent in a session it is known that they were."""


class SessionKind(StrEnum):
    """Whose session it is."""

    USER = "user"
    CONSOLE = "console"


@dataclass(frozen=True, slots=True)
class SessionLife:
    """How long a session holds.

    Attributes:
        idle: So long after it was last used.
        absolute: So long after it began, however much it is used.
    """

    idle: timedelta
    absolute: timedelta


LIVES: Final[Mapping[SessionKind, SessionLife]] = MappingProxyType(
    {
        SessionKind.USER: SessionLife(timedelta(hours=2), timedelta(hours=12)),
        SessionKind.CONSOLE: SessionLife(timedelta(minutes=30), timedelta(hours=8)),
    }
)


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which somebody has signed in.

    Attributes:
        digest: Of the secret that the browser keeps.
        name: The service user, or the operator.
        address: Where it began.
        user_agent: What the browser said it is, cut.
    """

    digest: Digest = field(repr=False)
    kind: SessionKind
    name: str
    started_at: datetime
    seen_at: datetime
    address: str | None = None
    user_agent: str | None = None

    @property
    def id(self) -> str:
        """Names the session in logs and lists. No secret."""
        return self.digest.hex()[:_ID_CHARACTERS]

    @property
    def ends_at(self) -> datetime:
        """From then on it opens nothing, unless it is used before."""
        life = LIVES[self.kind]
        return min(self.seen_at + life.idle, self.started_at + life.absolute)


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session with the secret that the browser keeps."""

    session: Session
    secret: str = field(repr=False)


class SessionKeeper:
    """Begins, finds and ends sessions.

    Args:
        store: Keeps them.
        clock: Tells the time.
        randomness: Draws the secrets.
    """

    def __init__(self, store: Sessions, *, clock: Clock, randomness: Randomness) -> None:
        self._store = store
        self._clock = clock
        self._randomness = randomness

    async def begin(self, kind: SessionKind, name: str, source: Source) -> NewSession:
        """Begin a session of somebody who has just been authenticated.

        Raises:
            StoreUnavailable: If it could not be recorded.
        """
        secret = make_password(self._randomness)
        now = self._clock.now()
        session = Session(_digest(secret), kind, name, now, now, source.address, source.agent)
        record = AuditRecord(
            Event.SESSION_STARTED,
            now,
            f"{kind}:{name}",
            source,
            {"username": name if kind is SessionKind.USER else None, "session": session.id},
        )
        await self._store.add_session(session, record, most=MOST_SESSIONS)
        return NewSession(session, secret)

    async def find(self, kind: SessionKind, secret: str, *, is_use: bool = True) -> Session | None:
        """Return the session that a secret opens; None when it opens none, or none any more.

        Whether whoever signed in may still do so is for the caller to ask.

        Args:
            kind: Of which kind.
            secret: What the browser keeps.
            is_use: Whether somebody is there who uses it. What a page asks by itself, every
                few seconds, does not keep the session of a browser that was left alone.

        Raises:
            StoreUnavailable: If there is no answer.
        """
        if not _SECRET.fullmatch(secret):
            return None
        session = await self._store.find_session(_digest(secret))
        now = self._clock.now()
        if session is None or session.kind != kind or not session.started_at <= now:
            return None
        if now >= session.ends_at:
            return None
        if is_use and now - session.seen_at >= _TOUCHED_AFTER:
            await self._store.touch_session(session.digest, now)
        return session

    async def end(self, session: Session) -> None:
        """End one session. Twice is once."""
        await self._store.end_session(session.digest)

    def make_form(self) -> str:
        """Return what a form of a page carries that may be sent once."""
        return make_password(self._randomness)

    async def require_unsent(self, session: Session, form: str) -> None:
        """Pass the first time that a form is sent in a session.

        A page that is the answer to a form sends it again when it is reloaded.

        Raises:
            NotAllowed: If it was sent before, or is no form of ours.
            SessionEnded: If the session has ended meanwhile.
            StoreUnavailable: If that could not be recorded.
        """
        if not _FORM.fullmatch(form):
            raise NotAllowed("the form is not whole; load this page again, and send its form")

        def note(sent: Sequence[str]) -> Sequence[str]:
            if form in sent:
                raise NotAllowed(
                    "this form was sent already, and what it asks for was done then; to do it "
                    "again, send the form of this page"
                )
            return [*sent, form][-MOST_FORMS:]

        if not await self._store.note_form(session.digest, note):
            raise SessionEnded

    async def end_all(self, kind: SessionKind, name: str, by: By) -> None:
        """End every session of a name, from the next request on."""
        await self._store.end_sessions(kind, name)
        record = by.record(Event.SESSIONS_ENDED, self._clock.now(), kind=kind, name=name)
        await self._store.record(record)

    async def list(self, kind: SessionKind, name: str) -> list[Session]:
        """Return the sessions of a name that hold, newest first."""
        now = self._clock.now()
        return [
            session
            for session in await self._store.list_sessions(kind, name)
            if now < session.ends_at
        ]


def _digest(secret: str) -> Digest:
    return Digest(hashlib.sha256(secret.encode()).digest())
